package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// A FileID tells a file from all others that exist: st_dev and st_ino of stat(2).
type FileID struct{ Dev, Ino uint64 }

// ID gives the file's identity and its size in bytes.
func (f *FD) ID() (FileID, int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(f.Int(), &st); err != nil {
		return FileID{}, 0, os.NewSyscallError("fstat", err)
	}
	return FileID{uint64(st.Dev), st.Ino}, st.Size, nil
}

// IsTmpfs tells whether the file is shared memory of pages of the base size: TMPFS_MAGIC of linux/magic.h, and not HUGETLBFS_MAGIC.
func (f *FD) IsTmpfs() (bool, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(f.Int(), &st); err != nil {
		return false, os.NewSyscallError("fstatfs", err)
	}
	return st.Type == unix.TMPFS_MAGIC, nil
}
