package sys

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrNotSupported matches every [*NotSupportedError].
var ErrNotSupported = errors.New("not supported by this kernel")

// ENOTSUPP is an errno that bpf(2) lets out although it is the kernel's own (linux/errno.h, not
// the UAPI's): the map type does not know the command. The C library has no text for it.
const ENOTSUPP = syscall.Errno(524)

// Error is a bpf(2) call that the kernel refused. It unwraps to the errno, so errors.Is takes both
// syscall.EBADF and os.ErrPermission.
type Error struct {
	Cmd   Cmd
	Errno syscall.Errno
}

// Error gives the command, the errno's text and its C name.
func (e *Error) Error() string {
	text, name := e.Errno.Error(), ErrnoName(e.Errno)
	if e.Errno == ENOTSUPP {
		text = "operation is not supported"
	}
	if text != name { // both are "errno 525" where there is none
		text += " (" + name + ")"
	}
	return e.Cmd.String() + ": " + text
}

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// ErrnoName gives the C name of an errno, "EBADF", or "errno 525" where it has none.
func ErrnoName(e syscall.Errno) string {
	if e == ENOTSUPP {
		return "ENOTSUPP"
	}
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}

// NotSupportedError says that the kernel lacks a feature.
type NotSupportedError struct {
	Feature string // what is missing
	Since   string // the first Linux version that has it, as "6.13"; "" if it depends on more than the version
	Err     error  // what the kernel answered; may be nil
}

// Error names the feature, the version that has it and what the kernel answered.
func (e *NotSupportedError) Error() string {
	s := e.Feature + ": not supported by this kernel"
	if e.Since != "" {
		s += " (needs Linux " + e.Since + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Is matches [ErrNotSupported].
func (e *NotSupportedError) Is(target error) bool { return target == ErrNotSupported }

// Unwrap gives what the kernel answered.
func (e *NotSupportedError) Unwrap() error { return e.Err }
