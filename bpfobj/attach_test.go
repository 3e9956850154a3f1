package bpfobj

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// needTracefs locks the test to its thread, and mounts tracefs for that thread
// alone if it is not mounted. The thread ends with the test.
func needTracefs(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	if _, err := os.Stat("/sys/kernel/tracing/events"); err == nil {
		return
	}
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	if err := syscall.Unshare(syscall.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, ""); err != nil {
		t.Fatal(err)
	}
}

// TestAttach: each program type runs where its section name says.
func TestAttach(t *testing.T) {
	obj := loadObject(t, "types", nil)
	needTracefs(t)
	if err := obj.Variable("target_pid").Set(int32(sys.Gettid())); err != nil {
		t.Fatal(err)
	}
	if err := obj.Attach(); err != nil {
		t.Fatal(err)
	}
	kinds := [...]string{"tp_btf", "raw_tp", "tracepoint"}
	var ids, want [len(kinds)]int64
	for i := range want {
		want[i] = syscall.SYS_GETPPID
	}
	for range 100 { // the Go runtime's own system calls may come between
		syscall.Getppid()
		for i, kind := range kinds {
			ids[i] = get[int64](t, obj, kind+"_id")
		}
		if ids == want {
			break
		}
	}
	for i, kind := range kinds {
		if n := get[uint64](t, obj, kind+"_calls"); n == 0 || ids[i] != want[i] {
			t.Errorf("%s ran %d times, last for system call %d, want %d", kind, n, ids[i], want[i])
		}
	}
	if err := obj.Close(); err != nil {
		t.Fatal(err)
	}
	if err := obj.Attach(); !errors.Is(err, ErrClosed) {
		t.Errorf("Attach after Close: %v", err)
	}
}

// TestAttachOne: a link detaches when it is closed.
func TestAttachOne(t *testing.T) {
	obj := loadObject(t, "types", nil)
	needTracefs(t)
	if err := obj.Variable("target_pid").Set(int32(sys.Gettid())); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ program, calls string }{{"on_tp_btf", "tp_btf_calls"}, {"on_raw_tp", "raw_tp_calls"}, {"on_tracepoint", "tracepoint_calls"}} {
		link, err := obj.Program(tt.program).Attach()
		if err != nil {
			t.Fatal(err)
		}
		sys.Gettid()
		if link.FD().Int() < 0 || link.Close() != nil || link.Close() != nil {
			t.Errorf("%s: link does not close twice", tt.program)
		}
		ran := get[uint64](t, obj, tt.calls)
		sys.Gettid()
		if after := get[uint64](t, obj, tt.calls); ran == 0 || after != ran {
			t.Errorf("%s: %d calls, %d after detaching", tt.program, ran, after)
		}
	}
}

func TestIter(t *testing.T) {
	obj := loadObject(t, "types", nil)
	link, err := obj.Program("on_iter_task").Attach()
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	for range 2 { // each Iter is a run of its own
		fd, err := link.Iter()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(fd)
		fd.Close()
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for i := 0; i+4 <= len(b); i += 4 {
			found = found || int(binary.NativeEndian.Uint32(b[i:])) == os.Getpid()
		}
		if !found {
			t.Errorf("pid %d is not among %d tasks", os.Getpid(), len(b)/4)
		}
	}
}

func TestRun(t *testing.T) {
	obj := loadObject(t, "types", nil)
	ctx := make([]byte, 16)
	binary.NativeEndian.PutUint64(ctx, 21)
	got, err := obj.Program("on_syscall").Run(ctx)
	if err != nil || got != 42 || binary.NativeEndian.Uint64(ctx[8:]) != 42 {
		t.Errorf("returns %d and leaves %x: %v", got, ctx, err)
	}
	if _, err := obj.Program("on_syscall").Run(ctx[:8]); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("half a context: %v, want EINVAL", err)
	}
	if _, err := obj.Program("on_syscall").Attach(); !errors.Is(err, ErrNotAttached) || err.Error() != `attach program "on_syscall" to syscall: program type does not attach` {
		t.Errorf("Attach: %v", err)
	}
	if _, err := obj.Program("on_fentry").Run(nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("a program that was not asked for: %v", err)
	}
}

func TestTracepointRefuses(t *testing.T) {
	kerneltest.NoLeaks(t)
	needTracefs(t)
	for target, want := range map[string]error{"raw_syscalls/no_such": ErrNotFound, "raw_syscalls": nil, "../x/y": nil} {
		spec := mustParse(t, readObject(t, "types", nativeOrder()))
		spec.Program("on_tracepoint").Target = target
		obj, err := spec.Load(nil)
		kerneltest.Require(t, err)
		err = obj.Attach()
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", target, err, want)
		}
		if len(obj.links) != 0 {
			t.Errorf("%q: %d programs stay attached", target, len(obj.links))
		}
		obj.Close()
	}
}
