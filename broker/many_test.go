package broker_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"
)

// buildClients compiles testdata/clients.c to where anybody may run it.
func buildClients(t testing.TB, dir string) string {
	t.Helper()
	cc := kerneltest.NeedTool(t, "gcc")
	program := filepath.Join(dir, "clients")
	if out, err := exec.Command(cc, "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-o", program, "testdata/clients.c").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// A crowd is many clients, of one uid.
type crowd struct {
	testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func gather(t testing.TB, program string, s *service, processes, threads int) *crowd {
	t.Helper()
	cmd := exec.Command(program, s.path, strconv.Itoa(processes), strconv.Itoa(threads))
	cmd.Stderr = os.Stderr
	asNobody(cmd)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	return &crowd{t, cmd, in, bufio.NewReader(out)}
}

// served waits until all have registered all of their threads, and logs how long it took.
func (c *crowd) served() {
	c.Helper()
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			c.Fatal(err)
		}
		c.Log(strings.TrimSpace(line))
		if strings.Contains(line, "reason") {
			c.Error("not all were served")
		}
		if strings.HasPrefix(line, "all ") {
			return
		}
	}
}

// die has all be killed with SIGKILL.
func (c *crowd) die() {
	c.Helper()
	must(c, c.in.Close())
	must(c, c.cmd.Wait())
}

// TestManyClients: 1,000 processes of ten threads register at once, while another client sends as fast as it can; all are served, and
// nothing is left of them when they are killed (NoLeaks).
func TestManyClients(t *testing.T) {
	kerneltest.NeedRoot(t)
	s := serve(t, nil)
	program := buildClients(t, filepath.Dir(s.path))
	pins := pinnedPages(t)
	stop := make(chan struct{})
	var flood sync.WaitGroup
	flooder := greet(t, s)
	files := s.openFDs(t)
	flood.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				t.Logf("%d requests of another client meanwhile", n)
				return
			default:
				flooder.ask(wire.Forget, 1, wire.AppendMemory(nil, 1, 0))
			}
		}
	})
	c := gather(t, program, s, 1000, 10)
	c.served()
	close(stop)
	flood.Wait()
	if got := pinnedPages(t) - pins; got != 10000 {
		t.Errorf("%d pages pinned, want one for each thread", got)
	}
	c.die()
	kerneltest.Eventually(t, "the broker's files to go", func() bool { return s.openFDs(t) <= files })
	greet(t, s).lend(1, 1)
}

func pinnedPages(t testing.TB) int64 {
	t.Helper()
	n, err := kerneltest.PinnedPages()
	must(t, err)
	return n
}

// soakEnv sets how long TestSoak runs, as in 10m.
const soakEnv = "KPTR_SOAK"

// TestSoak: clients come, share and die by SIGKILL, again and again; the broker's files and memory stay as they are.
func TestSoak(t *testing.T) {
	kerneltest.NeedRoot(t)
	duration := 3 * time.Second
	if d := os.Getenv(soakEnv); d != "" {
		var err error
		duration, err = time.ParseDuration(d)
		must(t, err)
	}
	s := serve(t, nil)
	program := buildClients(t, filepath.Dir(s.path))
	files, pins := s.openFDs(t), pinnedPages(t)
	round := func() {
		var crowds []*crowd
		for range 2 {
			crowds = append(crowds, gather(t, program, s, 50, 10))
		}
		for _, c := range crowds {
			c.TB = quiet{t}
			c.served()
			c.die()
		}
		kerneltest.Eventually(t, "the last clients to be forgotten", func() bool { return s.openFDs(t) <= files })
	}
	round() // the first one makes room
	memory := residentPages(t)
	clients := 0
	for end := time.Now().Add(duration); time.Now().Before(end) && !t.Failed(); clients += 100 {
		round()
	}
	kerneltest.Eventually(t, "the pinned pages of the start", func() bool { return pinnedPages(t) <= pins })
	grown := residentPages(t) - memory
	t.Logf("%d clients; files %d, %d at the start; pinned pages %d, %d at the start; resident memory %+d KiB", clients, s.openFDs(t), files,
		pinnedPages(t), pins, grown*os.Getpagesize()>>10)
	if bytes := grown * os.Getpagesize(); bytes > 32<<20 {
		t.Errorf("the process has grown by %d bytes", bytes)
	}
}

// quiet keeps the times of each round out of the log.
type quiet struct{ testing.TB }

func (quiet) Log(...any) {}

// residentPages is the second number of /proc/self/statm.
func residentPages(t testing.TB) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	must(t, err)
	n, err := strconv.Atoi(strings.Fields(string(b))[1])
	must(t, err)
	return n
}
