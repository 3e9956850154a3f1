package kptr_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestKernelPinAccounting: nobody is charged for a pinned page. A thread without CAP_IPC_LOCK, in a process that may lock no
// memory, pins two; neither VmPin nor VmLck of /proc/self/status counts them, /proc/vmstat alone does.
func TestKernelPinAccounting(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN) // to count pinned pages
	b := newBasic(t)
	v := two(b.block(0, 1, 2), b.block(os.Getpagesize(), 3, 4))
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit))
	must(t, unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: 0, Max: limit.Max}))
	t.Cleanup(func() { must(t, unix.Setrlimit(unix.RLIMIT_MEMLOCK, &limit)) })
	charged := statusLines(t, "VmPin:", "VmLck:")
	before, err := kerneltest.PinnedPages()
	must(t, err)
	must(t, unprivileged(t, func() error {
		if err := syscall.Mlock(b.mem.Bytes()); !errors.Is(err, syscall.EPERM) {
			return fmt.Errorf("mlock: %v, want EPERM: no limit holds", err)
		}
		return b.values.Update(b.task, v, sys.BPF_NOEXIST)
	}))
	during, err := kerneltest.PinnedPages()
	if must(t, err); during != before+2 {
		t.Errorf("%d pages are pinned, want 2", during-before)
	}
	if got := statusLines(t, "VmPin:", "VmLck:"); !reflect.DeepEqual(got, charged) {
		t.Errorf("charged %q, before it %q", got, charged)
	}
}

// statusLines gives the lines of /proc/self/status that begin with the names.
func statusLines(t *testing.T, names ...string) (found []string) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	must(t, err)
	for _, name := range names {
		_, rest, ok := strings.Cut(string(status), "\n"+name)
		line, _, _ := strings.Cut(rest, "\n")
		if !ok {
			t.Fatalf("/proc/self/status has no %s", name)
		}
		found = append(found, name+line)
	}
	return found
}

// TestKernelPinSeal: a memfd with a pinned page cannot be sealed against writes, mapped or not. It can be when the element is
// gone and the grace periods after that have passed.
func TestKernelPinSeal(t *testing.T) {
	for _, shares := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared %v", shares), func(t *testing.T) {
			l := newLifetime(t)
			memfd, err := sys.MemfdCreate("page", int64(os.Getpagesize()), unix.MFD_ALLOW_SEALING)
			must(t, err)
			defer memfd.Close()
			mem, err := sys.Mmap(memfd, 0, os.Getpagesize(), readWrite, shared)
			must(t, err)
			defer mem.Close()
			mem.Bytes()[0] = 1 // it has a page
			if shares {
				l.mustSet(mem.Bytes())
			}
			seal := func() error { return sys.AddSeals(memfd, sys.F_SEAL_WRITE) }
			want(t, seal(), syscall.EBUSY, 0) // there is a writable mapping
			must(t, mem.Close())
			if shares {
				want(t, seal(), syscall.EBUSY, 0)
				must(t, l.slots.Delete(l.task))
				kerneltest.Eventually(t, "the seal", func() bool { return !errors.Is(seal(), syscall.EBUSY) })
			}
			must(t, seal())
			_, err = unix.Pwrite(memfd.Int(), []byte{1}, 0)
			want(t, err, syscall.EPERM, 0)
		})
	}
}
