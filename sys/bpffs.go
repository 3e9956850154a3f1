package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// IsBPFFS tells whether path, which must exist, lies in a bpffs: BPF_FS_MAGIC of linux/magic.h.
func IsBPFFS(path string) (bool, error) {
	var st unix.Statfs_t
	if _, err := retryEINTR(func() (int, error) { return 0, unix.Statfs(path, &st) }); err != nil {
		return false, &os.PathError{Op: "statfs", Path: path, Err: err}
	}
	return uint64(st.Type)&0xffffffff == unix.BPF_FS_MAGIC, nil
}
