package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// PIDFD_THREAD makes pidfd_open(2) take the id of any thread, not just of a thread-group leader:
// linux/pidfd.h, O_EXCL. Since Linux 6.9; EINVAL before.
const PIDFD_THREAD = unix.O_EXCL

// PidfdOpen opens a handle on a process, or with PIDFD_THREAD on a thread: pidfd_open(2). ESRCH
// says that there is none; ENOENT, up to Linux 6.12 EINVAL, that it is a thread and not a leader and
// PIDFD_THREAD is missing.
func PidfdOpen(pid int, flags uint) (*FD, error) {
	n, err := unix.PidfdOpen(pid, int(flags))
	return ownFD(n, os.NewSyscallError("pidfd_open", err)) // always close-on-exec
}

// PidfdSendSignal sends a signal to the process that a pidfd refers to: pidfd_send_signal(2). ESRCH says that it was reaped.
func PidfdSendSignal(fd *FD, signal unix.Signal) error {
	return os.NewSyscallError("pidfd_send_signal", unix.PidfdSendSignal(fd.Int(), signal, nil, 0))
}

// Gettid gives the id of the calling thread. Unless runtime.LockOSThread was called, the goroutine
// may be on another thread by the time it returns.
func Gettid() int { return unix.Gettid() }
