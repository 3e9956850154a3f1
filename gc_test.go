package kptr_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
)

// markingCalls is how often the collector marked, and did not, as BPF saw it in system calls of this process.
type markingCalls struct{ Unknown, Idle, Marking uint64 }

// takeCalls gives the counts since the last time.
func takeCalls(t *testing.T, obj *bpfobj.Object) (c markingCalls) {
	t.Helper()
	for name, n := range map[string]*uint64{"unknown": &c.Unknown, "idle": &c.Idle, "marking": &c.Marking} {
		must(t, obj.Variable(name).Get(n))
		must(t, obj.Variable(name).Set(uint64(0)))
	}
	return c
}

// tree is a heap for the collector to mark.
type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return nil
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

// TestShareGC: the word is not 0 while the collector marks, and only then, whichever thread asks. A cycle begins and ends with
// runtime.GC, as SetGCPercent(-1) rules out others.
func TestShareGC(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC() // one that was under way ends before this one does
	obj := loadTest(t, "marking")
	m, err := kptr.Open[kptr.GCValue](obj.Map("kptr_gc"))
	must(t, err)
	defer mustClose(t, m)
	must(t, obj.Variable("target_tgid").Set(int32(os.Getpid())))
	must(t, obj.Variable("call_nr").Set(uint64(unix.SYS_GETPPID)))
	must(t, obj.Attach())
	const calls = 1000
	ask := func() {
		for range calls {
			unix.Getppid()
		}
	}

	ask()
	if c := takeCalls(t, obj); c != (markingCalls{Unknown: calls}) {
		t.Fatalf("before: %+v", c)
	}
	shared, err := kptr.ShareGC(m)
	must(t, err)
	heap := grow(20)
	for range 3 {
		ask()
		if c := takeCalls(t, obj); c != (markingCalls{Idle: calls}) {
			t.Errorf("between collections: %+v", c)
		}
		done := make(chan struct{})
		go func() {
			runtime.GC()
			close(done)
		}()
		for collecting := true; collecting; {
			unix.Getppid()
			select {
			case <-done:
				collecting = false
			default:
				runtime.Gosched() // or one CPU has nobody to collect on
			}
		}
		if c := takeCalls(t, obj); c.Marking == 0 || c.Unknown != 0 {
			t.Errorf("during a collection: %+v", c)
		}
	}
	runtime.KeepAlive(heap)
	must(t, shared.Close())
	must(t, shared.Close()) // no element, no error
	takeCalls(t, obj)
	ask()
	if c := takeCalls(t, obj); c != (markingCalls{Unknown: calls}) {
		t.Errorf("after Close: %+v", c)
	}
}

// TestShareGCBuilds: the word is found in programs that were built in other ways.
func TestShareGCBuilds(t *testing.T) {
	for _, row := range []struct {
		name string
		args []string
	}{
		{"static and stripped", []string{"-ldflags=-s -w"}},
		{"position-independent", []string{"-buildmode=pie", "-ldflags=-s -w"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			tool := kerneltest.NeedTool(t, "go")
			program := filepath.Join(t.TempDir(), "program")
			build := exec.Command(tool, append([]string{"test", "-c", "-o", program}, append(row.args, ".")...)...)
			build.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			out, err := exec.Command(program, "-test.run=^TestShareGC$", "-test.v").CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestShareGCRefused: the map is gone, or the process has an element already that is not of ShareGC.
func TestShareGCRefused(t *testing.T) {
	obj := loadTest(t, "marking")
	m, err := kptr.Open[kptr.GCValue](obj.Map("kptr_gc"))
	must(t, err)
	mustClose(t, m)
	if _, err := kptr.ShareGC(m); !errors.Is(err, kptr.ErrClosed) {
		t.Errorf("a closed map: %v", err)
	}
}
