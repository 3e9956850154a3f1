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

// TestTrampolines attaches programs to vfs_read() and security_file_permission() (fs/read_write.c), which read(2) calls once, and
// reads.
func TestTrampolines(t *testing.T) {
	kerneltest.NeedJIT(t)
	kerneltest.NoLeaks(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	obj, err := Load(readObject(t, "trampolines", nativeOrder()), nil)
	if errors.Is(err, sys.ErrNotSupported) && os.Getenv(trampolinesEnv) != "require" {
		// A kernel without trampolines: what there is to test is how it is named. make vmtest has some with.
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
	if err := obj.Attach(); err != nil {
		t.Fatal(err)
	}
	readFile(t, 5)
	for _, name := range []string{"fentry_calls", "fexit_calls", "fmod_ret_calls", "lsm_calls"} {
		equal(t, obj, name, uint64(5))
	}
	equal(t, obj, "lsm_sleepable_calls", uint64(1)) // of open(2)

	link, err := obj.Program("on_fexit").Attach()
	if !errors.Is(err, syscall.EBUSY) {
		t.Errorf("attached a second time: %v, %v", link, err)
	}
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
