package sys_test

import (
	"syscall"
	"testing"

	"kptr/sys"
)

// The names are those of errno(3); 524 is linux/errno.h's, which the C library does not know.
func TestErrnoName(t *testing.T) {
	for _, tt := range []struct {
		errno syscall.Errno
		want  string
	}{
		{syscall.EFAULT, "EFAULT"},
		{syscall.EPERM, "EPERM"},
		{sys.ENOTSUPP, "ENOTSUPP"},
		{4000, "errno 4000"},
	} {
		if got := sys.ErrnoName(tt.errno); got != tt.want {
			t.Errorf("ErrnoName(%d) = %q, want %q", int(tt.errno), got, tt.want)
		}
	}
}
