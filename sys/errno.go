package sys

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrnoName gives the C name of an errno, "EBADF", or "errno 525" where it has none.
func ErrnoName(e syscall.Errno) string {
	switch name := unix.ErrnoName(e); {
	case name != "":
		return name
	case e == ENOTSUPP:
		return "ENOTSUPP"
	}
	return "errno " + strconv.Itoa(int(e))
}
