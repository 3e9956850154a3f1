package sys

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ErrOutOfMapping matches the refusals of [At] and [Mapping.Advise].
var ErrOutOfMapping = errors.New("outside the mapping or misaligned")

// Mapping is memory from mmap(2), outside the Go heap. It has no finalizer. What Bytes and [At] gave
// must not be touched after Close: the access faults.
type Mapping struct {
	mu  sync.Mutex
	mem []byte
}

// Mmap maps size bytes of fd from offset on; prot and flags are those of package syscall. A nil fd
// maps anonymous memory. The kernel rounds size up to whole pages; Bytes shows size of them.
func Mmap(fd *FD, offset int64, size int, prot, flags int) (*Mapping, error) {
	if size <= 0 {
		return nil, os.NewSyscallError("mmap", unix.EINVAL)
	}
	n := fd.Int()
	if fd == nil {
		flags |= unix.MAP_ANONYMOUS
	}
	p, err := unix.MmapPtr(n, offset, nil, uintptr(size), prot, flags)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	return &Mapping{mem: unsafe.Slice((*byte)(p), size)}, nil
}

// MapFile maps a whole file read-only and private, the only way that /sys/kernel/btf/vmlinux can be
// mapped (btf_sysfs_vmlinux_mmap, since Linux 6.16; ENODEV before). An empty file is EINVAL.
func MapFile(path string) (*Mapping, error) {
	fd, err := OpenFile(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer fd.Close() // the mapping keeps the file
	size, err := fd.Size()
	if err != nil {
		return nil, err
	}
	if int64(int(size)) != size {
		return nil, &os.PathError{Op: "mmap", Path: path, Err: unix.EFBIG}
	}
	return Mmap(fd, 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
}

// Bytes gives the mapped bytes, nil after Close.
func (m *Mapping) Bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mem
}

// Addr gives the address of the first byte, 0 after Close.
func (m *Mapping) Addr() uintptr {
	b := m.Bytes()
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// Close unmaps the memory. A second Close does nothing and gives nil, as does that of a nil Mapping.
func (m *Mapping) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mem == nil {
		return nil
	}
	err := unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(m.mem)), uintptr(len(m.mem)))
	m.mem = nil
	return os.NewSyscallError("munmap", err)
}

// At gives the T that lies offset bytes into the mapping. T must hold no Go pointer: the collector
// does not look into mappings. It refuses what does not lie in the mapping as a whole or is
// misaligned for T.
func At[T any](m *Mapping, offset uintptr) (*T, error) {
	var t T
	b := m.Bytes()
	size := uintptr(len(b))
	if offset > size || unsafe.Sizeof(t) > size-offset || offset%unsafe.Alignof(t) != 0 {
		return nil, &MappingError{Offset: offset, Size: unsafe.Sizeof(t), Align: unsafe.Alignof(t), Mapped: size}
	}
	if unsafe.Sizeof(t) == 0 {
		return new(T), nil
	}
	return (*T)(unsafe.Pointer(&b[offset])), nil
}

// MappingError says what [At] or [Mapping.Advise] refused, in bytes.
type MappingError struct {
	Offset, Size, Align uintptr // of the object asked for
	Mapped              uintptr // size of the mapping, 0 when closed
}

// Error gives the numbers.
func (e *MappingError) Error() string {
	return "mapping of " + utoa(e.Mapped) + " bytes: no room for " + utoa(e.Size) + " bytes aligned to " +
		utoa(e.Align) + " at offset " + utoa(e.Offset)
}

// Is matches [ErrOutOfMapping].
func (e *MappingError) Is(target error) bool { return target == ErrOutOfMapping }

func utoa(n uintptr) string { return strconv.FormatUint(uint64(n), 10) }
