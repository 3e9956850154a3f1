package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Exists tells whether there is a file of that path, of whatever kind: lstat(2) succeeds.
func Exists(path string) bool {
	var st unix.Stat_t
	return unix.Lstat(path, &st) == nil
}

// ReadNames lists the names in a directory, "." and ".." excluded, in the order of the file system:
// getdents64(2). The error is an [*os.PathError]. Like [ReadFile] it does without package time.
func ReadNames(dir string) ([]string, error) {
	fd, err := OpenFile(dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	var names []string
	buf := make([]byte, 4096)
	for {
		n, err := retryEINTR(func() (int, error) { return unix.ReadDirent(fd.Int(), buf) })
		if err != nil {
			return nil, &os.PathError{Op: "readdir", Path: dir, Err: err}
		}
		if n == 0 {
			return names, nil
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}
