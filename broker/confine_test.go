//go:build !race

// The race detector's runtime is C, whose threads make other system calls than Go's: the filter would end it.

package broker

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"kptr/sys"

	"golang.org/x/sys/unix"
)

const confinedEnv = "KPTR_TEST_CONFINED"

func init() {
	if os.Getenv(confinedEnv) != "" {
		confined()
		os.Exit(0)
	}
}

// confined prints what differs from what it expects.
func confined() {
	list := append(goRuntime(os.Getpid()), Syscall{Name: "bpf", Arg: 0, Only: []uint32{uint32(sys.BPF_MAP_LOOKUP_ELEM)}})
	if err := confine(list); err != nil {
		fmt.Println(err)
		return
	}
	// A thread of its own for each, and the collector's, are started under the filter; so is the sleeping one woken up.
	var started sync.WaitGroup
	for range 4 {
		started.Go(func() {
			runtime.LockOSThread()
			time.Sleep(time.Millisecond)
			runtime.GC()
			try("bpf of a new thread", unix.EPERM, unix.SYS_BPF, uintptr(sys.BPF_PROG_LOAD), 0, 0)
		})
	}
	started.Wait()
	r, w, err := os.Pipe()
	if err == nil {
		_, err = w.Write([]byte("x"))
	}
	if err == nil {
		_, err = r.Read(make([]byte, 1))
	}
	if err != nil {
		fmt.Println("pipe:", err)
	}
	page := uintptr(os.Getpagesize())
	try("openat", unix.EPERM, unix.SYS_OPENAT, 0, 0, 0)
	try("execve", unix.EPERM, unix.SYS_EXECVE, 0, 0, 0)
	try("kill", unix.EPERM, unix.SYS_KILL, 1, 0, 0)
	try("tgkill of another process", unix.EPERM, unix.SYS_TGKILL, 1, 1, 0)
	try("bpf, another command", unix.EPERM, unix.SYS_BPF, uintptr(sys.BPF_PROG_LOAD), 0, 0)
	try("bpf", unix.E2BIG, unix.SYS_BPF, uintptr(sys.BPF_MAP_LOOKUP_ELEM), 0, page+8) // bpf_check_uarg_tail_zero, kernel/bpf/syscall.c
	try("mprotect to executable", unix.EPERM, unix.SYS_MPROTECT, page, page, unix.PROT_EXEC)
	if runtime.GOARCH == "s390x" {
		try("clone of a process", unix.EPERM, unix.SYS_CLONE, 0, uintptr(unix.SIGCHLD), 0)
		return
	}
	try("clone of a process", unix.EPERM, unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
	try("mmap to executable", unix.EPERM, unix.SYS_MMAP, 0, page, unix.PROT_EXEC)
}

func try(what string, want, nr syscall.Errno, a, b, c uintptr) {
	if _, _, errno := unix.RawSyscall(uintptr(nr), a, b, c); errno != want {
		fmt.Printf("%s: errno %d, want %d\n", what, errno, want)
	}
}

// TestConfine: a Go program goes on under the filter, and cannot do what is not in the list.
func TestConfine(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), confinedEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
