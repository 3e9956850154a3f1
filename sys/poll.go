package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Events of [Poll]: asm-generic/poll.h. A pidfd is POLLIN from the moment its task ends, and
// POLLHUP once the task is reaped and nobody can address it any more (pidfd_poll in fs/pidfs.c,
// since Linux 6.9).
const (
	POLLIN  = 0x1
	POLLHUP = 0x10
)

// Poll gives the events that fd, the number of a file descriptor, has now: poll(2) without waiting.
func Poll(fd int) (events int16, err error) {
	p := []unix.PollFd{{Fd: int32(fd), Events: POLLIN}}
	_, err = retryEINTR(func() (int, error) { return unix.Poll(p, 0) })
	return p[0].Revents, os.NewSyscallError("poll", err)
}
