package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// MemfdCreate makes an anonymous file of size bytes: memfd_create(2), ftruncate(2). The name is
// shown in /proc and needs not be unique; flags are MFD_* of linux/memfd.h, MFD_CLOEXEC is added.
func MemfdCreate(name string, size int64, flags uint) (*FD, error) {
	n, err := unix.MemfdCreate(name, int(flags)|unix.MFD_CLOEXEC)
	fd, err := ownFD(n, os.NewSyscallError("memfd_create", err))
	if err != nil {
		return nil, err
	}
	if err := unix.Ftruncate(fd.Int(), size); err != nil {
		_ = fd.Close()
		return nil, os.NewSyscallError("ftruncate", err)
	}
	return fd, nil
}
