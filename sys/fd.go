package sys

import (
	"io"
	"os"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// firstFD is the lowest number that an FD has: 0 means "none" in many attributes of bpf(2), and
// 0 to 2 are the standard streams to everybody else.
const firstFD = 3

// FD owns a file descriptor that is never 0, 1 or 2 and does not survive exec. It has no
// finalizer: whoever opened it closes it. Its methods may be called from several goroutines, but a
// Close that races with a call that uses the number may hit the file that got the number next, so
// the owner closes last. A nil FD is a closed one.
type FD struct {
	n atomic.Int32 // 0: closed
}

// OpenFD issues a command that opens an fd and takes ownership of it. Besides the [*Error] of
// [BPF], it gives an [*os.SyscallError] when an fd below 3 cannot be moved.
func OpenFD(a Attr) (*FD, error) {
	n, err := BPF(a)
	return ownFD(n, err)
}

// DupFD makes an FD of its own for the file that n, which stays the caller's, refers to.
func DupFD(n int) (*FD, error) {
	d, err := unix.FcntlInt(uintptr(n), unix.F_DUPFD_CLOEXEC, firstFD)
	return ownFD(d, os.NewSyscallError("fcntl F_DUPFD_CLOEXEC", err))
}

// ownFD takes what a system call has given: an fd that is close-on-exec, as all that bpf(2) opens are,
// which it moves away from the standard streams, or an error.
func ownFD(n int, err error) (*FD, error) {
	if err != nil {
		return nil, err
	}
	if n >= firstFD {
		f := new(FD)
		f.n.Store(int32(n))
		return f, nil
	}
	f, err := DupFD(n)
	// The error of close tells nothing about the duplicate.
	_ = unix.Close(n)
	return f, err
}

// OpenFile opens path with open(2); flags are those of package syscall, O_CLOEXEC is added.
func OpenFile(path string, flags int) (*FD, error) {
	n, err := retryEINTR(func() (int, error) { return unix.Open(path, flags|unix.O_CLOEXEC, 0) })
	if err != nil {
		err = &os.PathError{Op: "open", Path: path, Err: err}
	}
	return ownFD(n, err)
}

// Int gives the number for a system call, -1 once it is closed: the kernel answers that with EBADF.
func (f *FD) Int() int {
	if f == nil {
		return -1
	}
	if n := f.n.Load(); n != 0 {
		return int(n)
	}
	return -1
}

// Uint32 is Int in the type of the fd fields of union bpf_attr.
func (f *FD) Uint32() uint32 { return uint32(f.Int()) }

// Close closes the fd. A second Close, also a concurrent one, does nothing and gives nil.
func (f *FD) Close() error {
	if f == nil {
		return nil
	}
	n := f.n.Swap(0)
	if n == 0 {
		return nil
	}
	return os.NewSyscallError("close", unix.Close(int(n)))
}

// Dup makes a second FD for the same file.
func (f *FD) Dup() (*FD, error) { return DupFD(f.Int()) }

// Read reads like [io.Reader]: the output of an iterator, or any other file.
func (f *FD) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := retryEINTR(func() (int, error) { return unix.Read(f.Int(), p) })
	if err != nil {
		return 0, os.NewSyscallError("read", err)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Size gives the file's size in bytes as fstat(2) tells it.
func (f *FD) Size() (int64, error) {
	_, size, err := f.ID()
	return size, err
}

// String gives "fd 7" or "closed fd".
func (f *FD) String() string {
	if n := f.Int(); n >= 0 {
		return "fd " + strconv.Itoa(n)
	}
	return "closed fd"
}

func retryEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
