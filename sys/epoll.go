package sys

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Epoll waits for many file descriptors at once: epoll(7). A goroutine that waits takes no thread, since the epoll instance
// itself is watched by the Go runtime's.
type Epoll struct {
	file   *os.File
	conn   syscall.RawConn
	closed atomic.Bool
}

// NewEpoll makes an instance that watches nothing.
func NewEpoll() (*Epoll, error) {
	n, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// os.NewFile asks the runtime to watch only what does not block.
	if err := unix.SetNonblock(n, true); err != nil {
		_ = unix.Close(n)
		return nil, os.NewSyscallError("fcntl F_SETFL", err)
	}
	file := os.NewFile(uintptr(n), "epoll")
	conn, err := file.SyscallConn()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &Epoll{file: file, conn: conn}, nil
}

// Add watches fd, a number, until [Epoll.Remove]. Closing it is not enough: epoll(7) watches the open file description,
// which a child between fork and exec holds too.
func (e *Epoll) Add(fd int) error {
	return os.NewSyscallError("epoll_ctl EPOLL_CTL_ADD", e.control(unix.EPOLL_CTL_ADD, fd))
}

// Remove forgets fd, before it is closed.
func (e *Epoll) Remove(fd int) error {
	return os.NewSyscallError("epoll_ctl EPOLL_CTL_DEL", e.control(unix.EPOLL_CTL_DEL, fd))
}

func (e *Epoll) control(op, fd int) error {
	var err error
	refused := e.conn.Control(func(epoll uintptr) {
		err = unix.EpollCtl(int(epoll), op, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
	})
	if refused != nil {
		return e.why(refused)
	}
	return err
}

// Wait gives some of the file descriptors that are readable, none after the timeout. After Close, also one from another
// goroutine, the error is os.ErrClosed.
func (e *Epoll) Wait(timeout time.Duration) ([]int, error) {
	if err := e.file.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return nil, e.why(err)
	}
	var events [64]unix.EpollEvent
	var n int
	var err error
	waited := e.conn.Read(func(fd uintptr) bool {
		n, err = retryEINTR(func() (int, error) { return unix.EpollWait(int(fd), events[:], 0) })
		return err != nil || n > 0
	})
	switch {
	case errors.Is(waited, os.ErrDeadlineExceeded):
		return nil, nil
	case waited != nil:
		return nil, e.why(waited)
	case err != nil:
		return nil, os.NewSyscallError("epoll_wait", err)
	}
	fds := make([]int, n)
	for i := range fds {
		fds[i] = int(events[i].Fd)
	}
	return fds, nil
}

// why replaces the error that package os has for a file that is closed under its user.
func (e *Epoll) why(err error) error {
	if e.closed.Load() {
		return os.ErrClosed
	}
	return err
}

// Close gives the instance up. A second Close gives os.ErrClosed.
func (e *Epoll) Close() error {
	e.closed.Store(true)
	return e.file.Close()
}
