package broker_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/broker"
	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// loadNothing loads a map whose object has no program that drops elements at execve(2).
func loadNothing(t testing.TB) *bpfobj.Map {
	t.Helper()
	needBroker(t)
	kerneltest.NoLeaks(t)
	obj, err := bpfobj.Load(prebuilt.TaskLocal(), nil)
	kerneltest.Require(t, err)
	t.Cleanup(func() { must(t, obj.Close()) })
	return obj.Map("datamap")
}

// TestRelease: however a client ends, the broker has nothing of it soon, and neither has the kernel (NoLeaks counts the pinned pages).
func TestRelease(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(p *process)
	}{
		{"closes", func(p *process) { p.tell("close") }},
		{"exits", func(p *process) { p.in.Close() }},
		{"is killed", func(p *process) { must(p, p.cmd.Process.Kill()) }},
		{"is killed and not reaped", func(p *process) { must(p, syscall.Kill(p.pid(), syscall.SIGKILL)) }},
		{"executes another program", func(p *process) { must(p, tellNothing(p, "exec")) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveMap(t, loadNothing(t), nil)
			before := s.openFDs(t)
			p := start(t, "client "+s.path, asNobody)
			for _, word := range []string{"share", "all"} {
				if got := p.tell(word); got != "ok" {
					t.Fatalf("%s: %s", word, got)
				}
			}
			leader := pidfd(t, p.pid(), 0)
			if !holds(t, s.m, leader) || s.openFDs(t) < before+4 {
				t.Error("no element, or the broker has no files of it")
			}
			if tt.name == "is killed and not reaped" {
				defer p.kill()
			}
			tt.end(p)
			kerneltest.Eventually(t, "the element to go", func() bool { return !holds(t, s.m, leader) })
			must(t, leader.Close())
			kerneltest.Eventually(t, "the broker's files to go", func() bool { return s.openFDs(t) <= before+3 }) // pipes and pidfd of the process
		})
	}
}

// tellNothing sends a line that has no answer.
func tellNothing(p *process, line string) error {
	_, err := p.in.Write([]byte(line + "\n"))
	return err
}

// TestExec: a client that keeps its socket at execve(2) loses the element all the same, also if it had sent its requests before and
// the broker gets to them afterwards.
func TestExec(t *testing.T) {
	s := serveMap(t, loadNothing(t), nil)
	for range 10 {
		p := start(t, "raw "+s.path, asNobody)
		if got := p.tell("send"); got != "ok" {
			t.Fatal(got)
		}
		must(t, tellNothing(p, "exec"))
		kerneltest.Eventually(t, "exec", func() bool {
			args, err := os.ReadFile("/proc/" + itoa(p.pid()) + "/cmdline")
			return err == nil && string(args) == "sleep\x00"
		})
		kerneltest.Eventually(t, "the element to go", func() bool { return !hasElement(t, s, p.pid()) })
		p.kill()
	}
	greet(t, s)
}

// TestSender: messages of another process than the one that connected are refused, whoever's child it is.
func TestSender(t *testing.T) {
	s := serve(t, nil)
	r := greet(t, s)
	socket := os.NewFile(uintptr(dup(t, r.fd)), "socket")
	defer socket.Close()
	other := start(t, "sender", func(cmd *exec.Cmd) { cmd.ExtraFiles = []*os.File{socket} })
	if got := other.tell("send"); got != "ok" {
		t.Fatal(got)
	}
	reply, _ := r.reply()
	r.refused(reply, wire.Sender, syscall.EPERM)
	if !r.hungUp() {
		t.Error("the connection goes on")
	}
}

func dup(t testing.TB, fd *sys.FD) int {
	n, err := syscall.Dup(fd.Int())
	must(t, err)
	return n
}

// TestHeldSocket: a child that has the socket does not keep the connection of a process that has ended.
func TestHeldSocket(t *testing.T) {
	s := serve(t, nil)
	before := s.openFDs(t)
	p := start(t, "client "+s.path, asNobody)
	p.tell("share")
	leader := pidfd(t, p.pid(), 0)
	socket := steal(t, leader)
	must(t, p.cmd.Process.Kill())
	kerneltest.Eventually(t, "the element to go", func() bool { return !holds(t, s.m, leader) })
	p.kill()
	must(t, leader.Close())
	kerneltest.Eventually(t, "the broker's files to go", func() bool { return s.openFDs(t) <= before+1 })
	must(t, socket.Close())
}

// steal takes the socket of another process: pidfd_getfd(2).
func steal(t *testing.T, of *sys.FD) *sys.FD {
	const getfd = 438
	for n := range 64 {
		got, _, errno := syscall.Syscall(getfd, uintptr(of.Int()), uintptr(n), 0)
		if errno != 0 {
			continue
		}
		name, err := os.Readlink("/proc/self/fd/" + itoa(int(got)))
		must(t, err)
		fd, err := sys.DupFD(int(got))
		must(t, err)
		must(t, syscall.Close(int(got)))
		if strings.HasPrefix(name, "socket:") {
			return fd
		}
		must(t, fd.Close())
	}
	t.Fatal("no socket found")
	return nil
}

// pinned gives a map with a pin, and its path.
func pinned(t testing.TB, m *bpfobj.Map) string {
	t.Helper()
	dir := t.TempDir()
	must(t, syscall.Mount("bpf", dir, "bpf", 0, ""))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	pin := filepath.Join(dir, "hints")
	must(t, m.Pin(pin))
	t.Cleanup(func() { must(t, os.Remove(pin)) })
	return pin
}

// TestRestart: clients go on without the broker, and with the next one that takes the pin over.
func TestRestart(t *testing.T) {
	needBroker(t)
	kerneltest.NoLeaks(t)
	obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
	kerneltest.Require(t, err)
	defer obj.Close()
	must(t, obj.Attach())
	pin := pinned(t, obj.Map("datamap"))
	path := filepath.Join(t.TempDir(), "socket")
	with := func(o *broker.Options) { o.Pin, o.Path = pin, path }
	s := serveMap(t, obj.Map("datamap"), with)
	must(t, os.Chmod(filepath.Dir(path), 0o755))

	m, err := kptr.Dial[value](path)
	must(t, err)
	lockThread(t)
	mine, err := m.Share(kptr.ThisThread())
	must(t, err)
	orphan := start(t, "client "+path, nil)
	if got := orphan.tell("share"); got != "ok" {
		t.Fatal(got)
	}
	must(t, orphan.cmd.Process.Signal(syscall.SIGSTOP)) // it does not come back
	s.stop(t)()
	if !adds(mine.Value().Udata) {
		t.Error("BPF did not add while there was no broker")
	}
	if _, err := m.Lookup(kptr.ThisThread()); !errors.Is(err, kptr.ErrLost) {
		t.Errorf("Lookup without a broker: %v", err)
	}

	next := serveMap(t, obj.Map("datamap"), with)
	kerneltest.Eventually(t, "the client to come back", func() bool {
		_, err := m.Lookup(kptr.ThisThread())
		return err == nil
	})
	other := greet(t, next) // it lends nothing: what it sets is refused, whoever has the element
	kerneltest.Eventually(t, "the share to come back", func() bool {
		return other.set(sys.BPF_NOEXIST, 1, self(t).Int()).Reason == wire.Taken
	})
	if !adds(mine.Value().Udata) {
		t.Error("BPF did not add with the next broker")
	}
	if !hasElement(t, next, orphan.pid()) {
		t.Error("the other client had no time to come back")
	}
	since := time.Now()
	kerneltest.Eventually(t, "the orphan's element to be deleted", func() bool { return !hasElement(t, next, orphan.pid()) })
	t.Logf("deleted %v after the start", time.Since(since).Round(time.Second))
	if !hasElement(t, next, kptr.Gettid()) {
		t.Error("the share that has come back was deleted too")
	}
	must(t, mine.Close())
	if hasElement(t, next, kptr.Gettid()) {
		t.Error("an element is left")
	}
	must(t, m.Close())
}

// TestTakeOver: a socket that a dead broker has left is replaced, and that of a living one is not, nor what is no socket.
func TestTakeOver(t *testing.T) {
	m := loadNothing(t)
	path := filepath.Join(t.TempDir(), "socket")
	dead, err := sys.ListenUnix(path, 0o600)
	must(t, err)
	must(t, dead.Close())
	s := serveMap(t, m, func(o *broker.Options) { o.Path = path })
	if _, err := broker.New(m, broker.Options{Path: path}); !errors.Is(err, broker.ErrInUse) || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("%v", err)
	}
	greet(t, s)

	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("precious"), 0o600))
	for _, path := range []string{file, dir} {
		if _, err := broker.New(m, broker.Options{Path: path}); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "no socket") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if b, err := os.ReadFile(file); string(b) != "precious" {
		t.Errorf("the file has %q, %v", b, err)
	}
}
