package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsThread tells whether tid is a thread of the process tgid: tgkill(2) with no signal. ESRCH, which
// says no, is not an error.
func IsThread(tgid, tid int) (bool, error) {
	err := unix.Tgkill(tgid, tid, 0)
	switch err {
	case nil, unix.EPERM: // somebody else's, but such a thread
		return true, nil
	case unix.ESRCH:
		return false, nil
	}
	return false, os.NewSyscallError("tgkill", err)
}
