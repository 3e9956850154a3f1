package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsBPFFS tells whether path, which must exist, lies in a bpffs: BPF_FS_MAGIC of linux/magic.h.
func IsBPFFS(path string) (bool, error) {
	var st unix.Statfs_t
	for {
		err := unix.Statfs(path, &st)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, &os.PathError{Op: "statfs", Path: path, Err: err}
		}
		return uint64(st.Type)&0xffffffff == unix.BPF_FS_MAGIC, nil
	}
}
