package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// PIDFD_GET_INFO is the command of ioctl(2) that [AskPidfd] issues: linux/pidfd.h. It says how long the struct is, of which older
// kernels fill in what they know.
const PIDFD_GET_INFO = unix.PIDFD_GET_INFO

// AskPidfd tells whose pidfd it is, by the numbers of the caller's namespaces: ioctl_pidfd(2), PIDFD_GET_INFO, since Linux 6.13. ESRCH
// says that the task was reaped, EREMOTE, in some versions ESRCH too, that it is of a pid namespace that this process does not see.
// fd must be known to be a pidfd: another file's ioctl may wait for ever.
func AskPidfd(fd *FD) (unix.PidfdInfo, error) {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_PID}
	err := unix.IoctlPidfdInfo(fd.Int(), &info)
	return info, os.NewSyscallError("ioctl PIDFD_GET_INFO", err)
}
