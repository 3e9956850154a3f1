package main

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// workerArg, as the first argument, has this test program be a program that gives hints, or that hints are given for.
const workerArg = "worker"

func init() {
	if isWorker() {
		runtime.LockOSThread() // to the first thread: an element survives the exec of that one alone
	}
}

func isWorker() bool { return len(os.Args) > 2 && os.Args[1] == workerArg }

// worker does not return.
func worker(what string, args []string) {
	switch what {
	case "exit":
		code, _ := strconv.Atoi(args[0])
		os.Exit(code)
	case "kill":
		n, _ := strconv.Atoi(args[0])
		syscall.Kill(os.Getpid(), syscall.Signal(n))
		select {}
	case "wait":
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
	case "pause": // until it is told something, then it goes on as another worker
		fmt.Println("ready")
		os.Stdin.Read(make([]byte, 1))
		become(args)
	case "signals":
		tellSignals()
	case "register":
		register(args[0]).Background.Store(1)
		if len(args) > 1 {
			become(args[1:])
		}
	case "spin":
		spin(args[0], args[1])
	}
	os.Exit(0)
}

func workerCheck(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// become executes this program anew.
func become(args []string) {
	workerCheck(syscall.Exec("/proc/self/exe", append([]string{os.Args[0]}, args...), os.Environ()))
}

// tellSignals prints the signals that it is sent, and ends after SIGTERM.
func tellSignals() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals)
	fmt.Println("ready")
	for s := range signals {
		switch s {
		case syscall.SIGURG: // the Go runtime's
		case syscall.SIGTERM:
			fmt.Println(s)
			os.Exit(7)
		default:
			fmt.Println(s)
		}
	}
}

// spin registers a hint for its process through the map at pin, unless that is "-", uses the CPU until its standard input
// ends, and prints what came of it, as a spinReport is read.
func spin(pin, how string) {
	var hint *kptr.Hint
	if pin != "-" {
		hint = register(pin)
	}
	var ended atomic.Bool
	fmt.Println("ready")
	go func() {
		io.Copy(io.Discard, os.Stdin)
		ended.Store(true)
	}()
	var r spinReport
	for last := time.Now(); !ended.Load(); {
		now := time.Now()
		r.Gap = max(r.Gap, now.Sub(last))
		last = now
		r.Turns++
		switch how {
		case "critical":
			hint.Critical.Store(1)
		case "random":
			scribble(hint)
		}
	}
	var u syscall.Rusage
	workerCheck(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	r.CPU = time.Duration(u.Utime.Nano() + u.Stime.Nano())
	fmt.Println(r.Turns, int64(r.CPU), int64(r.Gap))
}

// register registers a hint for the worker's process.
func register(pin string) *kptr.Hint {
	m, err := bpfobj.OpenPinned(pin)
	workerCheck(err)
	hints, err := kptr.Open[kptr.HintValue](m)
	workerCheck(err)
	mine, err := hints.Share(kptr.Process(os.Getpid()))
	workerCheck(err)
	hint := mine.Value().Hint
	hint.Init()
	return hint
}

// scribble writes random bytes all over a block.
func scribble(h *kptr.Hint) {
	h.Version, h.Size = uint16(rand.Uint32()), uint16(rand.Uint32())
	for _, word := range []*atomic.Uint32{&h.Background, &h.Critical, &h.Latency, &h.Weight, &h.Yield, &h.Keep} {
		word.Store(rand.Uint32())
	}
}

// A spinReport is what a worker has done.
type spinReport struct {
	Turns int
	CPU   time.Duration // user and system time
	Gap   time.Duration // the longest time between two turns
}

// A workerProcess is a worker that waits, or works, until it is ended.
type workerProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startWorker starts a worker, by way of kptr-demo if demo has arguments for that, and waits until it is ready.
func startWorker(t *testing.T, demo []string, args ...string) *workerProcess {
	t.Helper()
	args = append([]string{workerArg}, args...)
	if demo != nil {
		args = append(append(demo, "--", "/proc/self/exe"), args...)
	}
	w := &workerProcess{cmd: exec.Command("/proc/self/exe", args...)}
	w.cmd.Env = append(os.Environ(), mainEnv+"=1")
	w.cmd.Stderr = os.Stderr
	var err error
	w.in, err = w.cmd.StdinPipe()
	must(t, err)
	out, err := w.cmd.StdoutPipe()
	must(t, err)
	w.out = bufio.NewReader(out)
	must(t, w.cmd.Start())
	t.Cleanup(func() {
		w.cmd.Process.Kill() // if the test has not ended it
		w.in.Close()
		w.cmd.Wait()
	})
	w.expect(t, "ready")
	return w
}

func (w *workerProcess) line(t *testing.T) string {
	t.Helper()
	line, err := w.out.ReadString('\n')
	must(t, err)
	return strings.TrimSuffix(line, "\n")
}

// say has a worker that pauses go on.
func (w *workerProcess) say(t *testing.T) {
	t.Helper()
	_, err := w.in.Write([]byte("\n"))
	must(t, err)
}

func (w *workerProcess) expect(t *testing.T, want string) {
	t.Helper()
	if line := w.line(t); line != want {
		t.Fatalf("worker says %q, want %q", line, want)
	}
}

// end has the worker end, and gives the exit code.
func (w *workerProcess) end(t *testing.T) int {
	t.Helper()
	must(t, w.in.Close())
	w.cmd.Wait()
	return w.cmd.ProcessState.ExitCode()
}

// hintPins has the maps pinned that a scheduler would, in a bpffs that everybody may look into.
func hintPins(t *testing.T) (dir string) {
	t.Helper()
	requireKernel(t)
	dir = bpffs(t)
	obj, err := bpfobj.Load(prebuilt.Registered(), &bpfobj.Options{PinDir: dir})
	must(t, err)
	must(t, obj.Close())
	return dir
}

// hintPin is the pin of the hints in a directory.
func hintPin(dir string) string { return filepath.Join(dir, hintMap) }
