package sys

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ErrFileSize matches the refusal of [ReadFile].
var ErrFileSize = errors.New("file too large")

// FileSizeError says that a file has more bytes than its reader takes.
type FileSizeError struct {
	Path  string
	Limit int // bytes
}

// Error gives the path and the limit.
func (e *FileSizeError) Error() string {
	return e.Path + ": larger than " + utoa(uintptr(e.Limit)) + " bytes"
}

// Is matches [ErrFileSize].
func (e *FileSizeError) Is(target error) bool { return target == ErrFileSize }

// ReadFile reads a file of any kind to its end: unlike os.ReadFile it neither sets up the runtime's
// poller nor brings in package time, which a small command feels. The error is an [*os.PathError],
// or a [*FileSizeError] if there are more than limit bytes.
func ReadFile(path string, limit int) ([]byte, error) {
	fd, err := OpenFile(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	size, _ := fd.Size() // a hint: 0 for files of /proc, 4096 for those of sysfs
	b := make([]byte, 0, min(max(size, 511), int64(limit))+1)
	for {
		n, err := fd.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: errors.Unwrap(err)} // without the name of the call, which is the Op
		case len(b) > limit:
			return nil, &FileSizeError{Path: path, Limit: limit}
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}
