package kptr

import (
	"errors"
	"syscall"

	"kptr/sys"
)

// A backend is the way to a map's elements: a file descriptor of the map, or a broker that has one. Values are in memory as the kernel
// is given them, their user kptrs are addresses of this process.
type backend interface {
	update(key *handle, value []byte, flags sys.ElemFlags) error
	lookup(key *handle, value []byte) error
	remove(key *handle) error

	// mmap maps memory that elements may point to: size bytes of fd, which stays the caller's, or, without, as many of them as is fit.
	mmap(fd *sys.FD, size int) (*sys.Mapping, error)
	// munmap unmaps what no element of this process points to any more.
	munmap(mem *sys.Mapping) error
	close() error
}

// holder is the backend of a process that holds the map.
type holder struct{ fd *sys.FD }

// updateTries bounds how often an update is issued while the kernel says that it lost a race (EAGAIN of
// bpf_local_storage_update, kernel/bpf/bpf_local_storage.c).
const updateTries = 5

func (h holder) update(key *handle, value []byte, flags sys.ElemFlags) error {
	attr := &sys.MapUpdateElemAttr{
		MapFD: h.fd.Uint32(), Key: sys.PtrTo(&key.number), Value: sys.Bytes(value), Flags: flags, KeySize: 4, ValueSize: uint32(len(value)),
	}
	for try := 1; ; try++ {
		_, err := sys.BPF(attr)
		if try == updateTries || !errors.Is(err, syscall.EAGAIN) {
			return err
		}
	}
}

func (h holder) lookup(key *handle, value []byte) error {
	_, err := sys.BPF(&sys.MapLookupElemAttr{
		MapFD: h.fd.Uint32(), Key: sys.PtrTo(&key.number), Value: sys.Bytes(value), KeySize: 4, ValueSize: uint32(len(value)),
	})
	return err
}

func (h holder) remove(key *handle) error {
	_, err := sys.BPF(&sys.MapDeleteElemAttr{MapFD: h.fd.Uint32(), Key: sys.PtrTo(&key.number), KeySize: 4})
	return err
}

func (h holder) mmap(fd *sys.FD, size int) (*sys.Mapping, error) {
	return sys.Mmap(fd, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_NORESERVE)
}

func (h holder) munmap(mem *sys.Mapping) error { return mem.Close() }

func (h holder) close() error { return h.fd.Close() }
