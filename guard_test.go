package kptr_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// forgerEnv, "PIN TID", has this test program set the element of a thread that is not its own to its own memory whenever it
// reads a byte, and say then what BPF wrote there so far.
const forgerEnv = "KPTR_TEST_FORGER"

func init() {
	if args := os.Getenv(forgerEnv); args != "" {
		if err := forge(args); err != nil {
			fmt.Fprintln(os.Stderr, "forger:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

func forge(args string) error {
	var pin string
	var tid int
	if _, err := fmt.Sscan(args, &pin, &tid); err != nil {
		return err
	}
	m, err := bpfobj.OpenPinned(pin)
	if err != nil {
		return err
	}
	fd, err := m.FD()
	if err != nil {
		return err
	}
	key, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	if err != nil {
		return err
	}
	mem, err := sys.Mmap(nil, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	hint, err := sys.At[Hint](mem, 0)
	if err != nil {
		return err
	}
	hint.A, hint.B = 40, 2
	var b [1]byte
	for {
		if n, err := syscall.Read(0, b[:]); n != 1 || err != nil {
			return err
		}
		if err := updateFD(fd, key.Int(), words(mem.Addr()), sys.BPF_ANY); err != nil {
			return err
		}
		if _, err := syscall.Write(1, []byte{byte(hint.Result)}); err != nil {
			return err
		}
	}
}

// TestGuard: the guard counts what another process does to a task's element, and a program that asks it leaves the forged
// element alone, until the task's own process has set it anew.
func TestGuard(t *testing.T) {
	kerneltest.NeedLinux(t, "6.13", "user kptrs")
	kerneltest.NeedJIT(t)
	kerneltest.NeedRoot(t) // for the mount
	kerneltest.NoLeaks(t)
	dir := mountBPFFS(t)
	g := &guarded{t: t, pin: dir + "/datamap"}
	if g.guard = g.load(prebuilt.Guard(), &bpfobj.Options{PinDir: dir}); g.guard == nil {
		return // no BPF trampolines, which TestTrampolines of package bpfobj looks into; make vmtest has kernels with them
	}
	b, err := os.ReadFile(testObject("guarded"))
	must(t, err)
	g.obj = g.load(b, &bpfobj.Options{PinDir: dir, Programs: []string{"count_notes"}})
	must(t, g.obj.Map("datamap").Pin(g.pin))
	lockThread(t)
	hints := open[Value](t, g.obj.Map("datamap"))
	early := share(t, hints, kptr.ThisThread())
	must(t, g.obj.Attach())
	must(t, g.guard.Attach())

	g.want("before the guard", early, false, 0, 0)
	must(t, early.Update())
	g.want("own", early, true, 1, 0)

	forger := g.startForger()
	if seen := forger.forge(); seen != 0 {
		t.Errorf("BPF wrote %d before there was an element", seen)
	}
	g.want("forged", early, false, 1, 1)
	if got, want := g.count(g.guard, "last_foreign"), uint64(forger.pid)<<32|uint64(kptr.Gettid()); got != want {
		t.Errorf("last foreign update %#x, want %#x", got, want)
	}
	if seen := forger.forge(); seen != 0 {
		t.Errorf("BPF wrote %d to the forger's memory", seen)
	}
	must(t, early.Update())
	g.want("own again", early, true, 2, 2)

	must(t, g.guard.Variable("trusted_tgid").Set(int32(forger.pid)))
	forger.forge()
	kptr.Gettid()
	if seen := forger.forge(); seen != 42 {
		t.Errorf("BPF wrote %d to the trusted process's memory, want 42", seen)
	}
	g.wantNotes(1)
	must(t, early.Close())
	g.wantNotes(0)
	forger.end()
	kerneltest.Eventually(t, "the trust to end with the process", func() bool {
		var tgid int32
		must(t, g.guard.Variable("trusted_tgid").Get(&tgid))
		return tgid == 0
	})

	var ended sync.WaitGroup
	ended.Go(func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		if _, err := hints.Share(kptr.ThisThread()); err != nil {
			t.Error(err)
		}
	})
	ended.Wait()
	g.wantNotes(0)
	if n := g.count(g.guard, "unnoted_updates"); n != 0 {
		t.Errorf("%d updates were not noted", n)
	}
}

// A guarded is a program that ignores forged elements, with the guard that tells it which those are.
type guarded struct {
	t          *testing.T
	pin        string
	guard, obj *bpfobj.Object
}

// load gives nil on a kernel without BPF trampolines, unless this has to be one that has them.
func (g *guarded) load(b []byte, opts *bpfobj.Options) *bpfobj.Object {
	g.t.Helper()
	obj, err := bpfobj.Load(b, opts)
	if errors.Is(err, sys.ErrNotSupported) && os.Getenv("KPTR_TRAMPOLINES") != "require" {
		return nil
	}
	kerneltest.Require(g.t, err)
	g.t.Cleanup(func() { mustClose(g.t, obj) })
	return obj
}

// want makes a system call and checks whether the program used the block of the thread, and what the guard has counted.
func (g *guarded) want(what string, s *kptr.Shared[Value], used bool, own, foreign uint64) {
	g.t.Helper()
	h := s.Value().Udata
	h.A, h.B, h.Result = 1, 2, 0
	ignored := g.count(g.obj, "ignored")
	kptr.Gettid()
	if h.Result == 3 != used || (g.count(g.obj, "ignored") > ignored) == used {
		g.t.Errorf("%s: result %d, %d elements ignored; want used %v", what, h.Result, g.count(g.obj, "ignored")-ignored, used)
	}
	if o, f := g.count(g.guard, "own_updates"), g.count(g.guard, "foreign_updates"); o != own || f != foreign {
		g.t.Errorf("%s: counted %d own updates and %d foreign, want %d and %d", what, o, f, own, foreign)
	}
}

// wantNotes waits until kptr_guard has so many notes.
func (g *guarded) wantNotes(n uint64) {
	g.t.Helper()
	kerneltest.Eventually(g.t, fmt.Sprintf("%d notes", n), func() bool {
		_, err := g.obj.Program("count_notes").Run(nil)
		must(g.t, err)
		return g.count(g.obj, "notes") == n
	})
}

func (g *guarded) count(obj *bpfobj.Object, name string) (n uint64) {
	g.t.Helper()
	must(g.t, obj.Variable(name).Get(&n))
	return n
}

// A forger is the process of forgerEnv.
type forger struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.Reader
	pid int
}

// startForger has a process forge the element of the calling thread.
func (g *guarded) startForger() *forger {
	g.t.Helper()
	exe, err := os.Executable()
	must(g.t, err)
	cmd := exec.Command(exe)
	cmd.Env, cmd.Stderr = append(os.Environ(), fmt.Sprintf("%s=%s %d", forgerEnv, g.pin, kptr.Gettid())), os.Stderr
	in, err := cmd.StdinPipe()
	must(g.t, err)
	out, err := cmd.StdoutPipe()
	must(g.t, err)
	must(g.t, cmd.Start())
	f := &forger{g.t, cmd, in, out, cmd.Process.Pid}
	g.t.Cleanup(f.end)
	return f
}

// forge gives what BPF has written to the forger's memory before it sets the element again.
func (f *forger) forge() byte {
	f.t.Helper()
	_, err := f.in.Write([]byte{'.'})
	must(f.t, err)
	var result [1]byte
	_, err = io.ReadFull(f.out, result[:])
	must(f.t, err)
	return result[0]
}

// end ends the process. A second call does nothing.
func (f *forger) end() {
	f.in.Close()
	_ = f.cmd.Wait()
}
