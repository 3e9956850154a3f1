package sys

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Attr is the attribute struct of one command. Only the types of this package implement it, by
// pointer: the kernel may write results back into the struct.
type Attr interface {
	// Cmd tells which command the attributes belong to.
	Cmd() Cmd
	// raw gives the attributes as the kernel reads them. The length ends at the last field that
	// the project uses: an older kernel refuses a longer one with bytes set in its tail.
	raw() (unsafe.Pointer, uintptr)
}

// progLoadTries bounds how often BPF_PROG_LOAD is issued: the verifier gives up with EAGAIN when a
// signal is pending (do_check in kernel/bpf/verifier.c), and the Go runtime sends itself signals.
const progLoadTries = 5

var tracer atomic.Pointer[func(a Attr, result int, err error)]

// SetTrace has f called after every bpf(2) call, each retry included, on the thread that made it;
// f may be called from several threads at once. nil switches the trace off.
func SetTrace(f func(a Attr, result int, err error)) {
	if f == nil {
		tracer.Store(nil)
		return
	}
	tracer.Store(&f)
}

// BPF issues bpf(2) and gives its result, 0 or more. A refusal is an [*Error] that keeps the errno.
// BPF_PROG_LOAD is tried up to five times while the kernel says EAGAIN. All that the attributes
// point to stays reachable until the kernel has answered. A command that opens an fd belongs in
// [OpenFD].
func BPF(a Attr) (int, error) {
	for try := 1; ; try++ {
		r, errno := bpfOnce(a)
		var err error
		if errno != 0 {
			r, err = -1, &Error{Cmd: a.Cmd(), Errno: errno}
		}
		if f := tracer.Load(); f != nil {
			(*f)(a, r, err)
		}
		if errno != unix.EAGAIN || a.Cmd() != BPF_PROG_LOAD || try == progLoadTries {
			return r, err
		}
	}
}

func bpfOnce(a Attr) (int, syscall.Errno) {
	p, size := a.raw()
	r, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(a.Cmd()), uintptr(p), size)
	// The Ptr fields of a are pointers to the collector: what keeps a keeps them.
	runtime.KeepAlive(a)
	return int(r), errno
}
