package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Drain waits until a terminal has sent all that was written to it: tcdrain(3), which is TCSBRK of ioctl_tty(2) with an
// argument other than 0. For what is no terminal the error is ENOTTY.
func Drain(fd int) error { return os.NewSyscallError("ioctl", unix.IoctlSetInt(fd, unix.TCSBRK, 1)) }
