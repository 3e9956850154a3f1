package bpfobj

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// trampolinesEnv is the environment variable that, set to "require", makes TestTrampolines fail on
// a kernel without BPF trampolines. kerneltest.Env does not: no version says which kernels have them.
const trampolinesEnv = "KPTR_TRAMPOLINES"

// TestTrampolines attaches fentry and fexit programs to vfs_read() (fs/read_write.c), which read(2)
// calls once, and reads.
func TestTrampolines(t *testing.T) {
	kerneltest.NoLeaks(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	programs := []string{"on_fentry", "on_fexit"}
	obj, err := Load(readObject(t, "types", nativeOrder()), &Options{Programs: programs})
	if errors.Is(err, sys.ErrNotSupported) && os.Getenv(trampolinesEnv) != "require" {
		// A kernel without trampolines: what there is to test is how it is named. make vm has one with.
		if !errors.Is(err, syscall.EPERM) {
			t.Errorf("error %v does not keep EPERM", err)
		}
		return
	}
	kerneltest.Require(t, err)
	defer obj.Close()
	if err := obj.Variable("target_pid").Set(int32(sys.Gettid())); err != nil {
		t.Fatal(err)
	}
	var links []*Link
	for _, name := range programs {
		link, err := obj.Program(name).Attach()
		if err != nil {
			t.Fatal(err)
		}
		defer link.Close()
		links = append(links, link)
	}

	readFile(t, 5)
	checkCalls(t, obj, 5)
	for _, link := range links {
		if err := link.Close(); err != nil {
			t.Error(err)
		}
	}
	readFile(t, 3)
	checkCalls(t, obj, 5)
}

// readFile calls read(2) so many times on this thread.
func readFile(t *testing.T, times int) {
	t.Helper()
	fd, err := syscall.Open("/proc/version", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	for range times {
		if n, err := syscall.Read(fd, make([]byte, 1)); n != 1 || err != nil {
			t.Fatalf("read gave %d bytes, %v", n, err)
		}
	}
}

func checkCalls(t *testing.T, obj *Object, want uint64) {
	t.Helper()
	for _, name := range []string{"fentry_calls", "fexit_calls"} {
		var got uint64
		if err := obj.Variable(name).Get(&got); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", name, got, err, want)
		}
	}
}
