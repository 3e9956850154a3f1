package broker

import (
	"encoding/binary"
	"errors"
	"os"
	"syscall"

	"kptr/bpfobj"
	"kptr/broker/wire"
	"kptr/sys"
)

// A memory is a memfd of a client, mapped. The broker never reads or writes there: a page that is not there any more would end it (SIGBUS).
type memory struct {
	id      uint32
	file    sys.FileID
	mapping *sys.Mapping
	pages   int
	conn    *conn
	used    int // user kptrs of elements that point there
}

// maxMemories is about half of DEFAULT_MAX_MAP_COUNT (linux/mm.h), the mappings that a process may have: the Go runtime needs some too.
const maxMemories = 1 << 15

// addMemory maps a memfd.
func (r *request) addMemory(body []byte) *wire.Error {
	id, n, ok := wire.ParseMemory(body)
	if !ok {
		return malformed
	}
	fd := r.unknown[0]
	seals, err := sys.Seals(fd)
	if err != nil {
		return &wire.Error{Reason: wire.NotMemfd, Errno: syscall.EINVAL}
	}
	r.unknown = nil // of shared memory: closing it waits for nobody
	defer fd.Close()
	m := &memory{id: id, pages: int(n), conn: r.c}
	file, refused := checkMemory(fd, seals, int64(n))
	if refused != nil {
		return refused
	}
	if m.file = file; r.b.memories[m.file] != nil || r.c.memories[id] != nil {
		return &wire.Error{Reason: wire.MemoryTaken, Errno: syscall.EEXIST}
	}
	if len(r.b.memories) >= maxMemories {
		return r.b.tooFull()
	}
	p := r.c.process
	if refused := take(memories, 1, &p.account, &p.user.account); refused != nil {
		return refused
	}
	if refused := take(pages, m.pages, &p.account, &p.user.account); refused != nil {
		give(memories, 1, &p.account, &p.user.account)
		return refused
	}
	if m.mapping, err = sys.Mmap(fd, 0, m.pages*os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		m.uncount()
		return kernelSays(err)
	}
	// A pinned huge page would be more than was counted. EINVAL: a kernel without them.
	_ = m.mapping.Advise(0, m.pages*os.Getpagesize(), sys.MADV_NOHUGEPAGE)
	r.b.memories[m.file], r.c.memories[id] = m, m
	r.done = 1
	return nil
}

// checkMemory checks a file that can be sealed.
func checkMemory(fd *sys.FD, seals int, n int64) (sys.FileID, *wire.Error) {
	small, err := fd.IsTmpfs()
	if err != nil || !small {
		return sys.FileID{}, &wire.Error{Reason: wire.NotMemfd, Errno: syscall.EINVAL}
	}
	if seals&sys.F_SEAL_SHRINK == 0 || seals&(sys.F_SEAL_WRITE|sys.F_SEAL_FUTURE_WRITE) != 0 {
		return sys.FileID{}, &wire.Error{Reason: wire.BadSeals, Errno: syscall.EINVAL, Limit: uint64(seals)}
	}
	file, size, err := fd.ID()
	if err != nil || n == 0 || n > size/int64(os.Getpagesize()) {
		return sys.FileID{}, &wire.Error{Reason: wire.BadSize, Errno: syscall.EINVAL}
	}
	return file, nil
}

func (r *request) forgetMemory(body []byte) *wire.Error {
	id, n, ok := wire.ParseMemory(body)
	if !ok || n != 0 {
		return malformed
	}
	m := r.c.memories[id]
	switch {
	case m == nil:
		return &wire.Error{Reason: wire.NoMemory, Errno: syscall.ENOENT}
	case m.used > 0:
		return &wire.Error{Reason: wire.MemoryBusy, Errno: syscall.EBUSY}
	}
	m.forget(r.b)
	r.done = 1
	return nil
}

// forget unmaps the memory. What BPF may still write to the kernel keeps.
func (m *memory) forget(b *Broker) {
	_ = m.mapping.Close() // a mapping of our own, whole: munmap has no reason to refuse
	delete(b.memories, m.file)
	delete(m.conn.memories, m.id)
	m.uncount()
}

func (m *memory) uncount() {
	p := m.conn.process
	give(memories, 1, &p.account, &p.user.account)
	give(pages, m.pages, &p.account, &p.user.account)
}

// pointers puts addresses of the broker into a value, in place of the client's references, and gives the memories that they point to.
func (c *conn) pointers(kptrs []bpfobj.UserKptr, value []byte) ([]*memory, *wire.Error) {
	var refs []*memory
	for _, k := range kptrs {
		field := value[k.Offset:][:8]
		ref := binary.NativeEndian.Uint64(field)
		if ref == 0 {
			continue
		}
		id, offset := wire.ParseReference(ref)
		m := c.memories[id]
		if m == nil {
			return nil, &wire.Error{Reason: wire.BadRef, Errno: syscall.EFAULT}
		}
		if size := uint64(m.pages * os.Getpagesize()); offset > size || k.Size > size-offset {
			return nil, &wire.Error{Reason: wire.BadRef, Errno: syscall.EFAULT}
		}
		binary.NativeEndian.PutUint64(field, uint64(m.mapping.Addr())+offset)
		refs = append(refs, m)
	}
	return refs, nil
}

// kernelSays is a refusal of the kernel.
func kernelSays(err error) *wire.Error {
	e := &wire.Error{Reason: wire.Kernel, Errno: syscall.EIO}
	errors.As(err, &e.Errno)
	return e
}
