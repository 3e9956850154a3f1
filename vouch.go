package kptr

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
)

// A Region is memory that the caller vouches for.
type Region struct {
	name string
	mem  []byte
	of   *regions
}

// Vouch allows [Map.Update] to share mem. The caller vouches that it lies outside the Go heap, in a mapping of its own or a
// mmapable BPF array, say; that it is writable; and that nobody else gets it for as long as an element points to it, and two
// grace periods longer (30 to 90 ms as a rule). Unmapping it is harmless: BPF keeps the page. Replacing its pages is not,
// by MADV_DONTNEED or a private page's copy-on-write: BPF keeps the old ones.
//
// The name tells the memory apart in [Region.String].
func (m *Map[V]) Vouch(name string, mem []byte) (*Region, error) {
	if len(mem) == 0 || name == "" {
		return nil, &MemoryError{Map: m.name, Addr: addrOf(mem), Size: uintptr(len(mem)), Rule: ErrVouch, Detail: fmt.Sprintf("name %q: want a name and memory", name)}
	}
	r := &Region{name: name, mem: mem, of: &m.regions}
	m.regions.mu.Lock()
	defer m.regions.mu.Unlock()
	m.regions.list = append(m.regions.list, r)
	return r, nil
}

// Withdraw takes the word back: updates no longer take the memory. Elements that point to it stay.
func (r *Region) Withdraw() {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.list = slices.DeleteFunc(r.of.list, func(other *Region) bool { return other == r })
}

// String gives the name and the number of bytes.
func (r *Region) String() string { return fmt.Sprintf("%s (%d bytes)", r.name, len(r.mem)) }

// At gives the T that lies offset bytes into a region. It refuses, with a [*MemoryError], one that runs past the end or that is
// misaligned for T. T must hold no Go pointer.
func At[T any](r *Region, offset int) (*T, error) {
	t := reflect.TypeFor[T]()
	size, align := t.Size(), uintptr(t.Align())
	e := &MemoryError{Field: r.name, Addr: addrOf(r.mem) + uintptr(offset), Size: size}
	switch {
	case offset < 0 || offset > len(r.mem) || size > uintptr(len(r.mem)-offset):
		e.Rule, e.Detail = ErrMemory, fmt.Sprintf("offset %d: the region has %d bytes", offset, len(r.mem))
		return nil, e
	case e.Addr%align != 0:
		e.Rule, e.Detail = ErrMisaligned, fmt.Sprintf("offset %d: want a multiple of %d", offset, align)
		return nil, e
	}
	return typed[T](r.mem[offset:]), nil
}

// regions is the memory that was vouched for.
type regions struct {
	mu   sync.Mutex
	list []*Region
}

// hold tells whether one of the regions has all bytes of [addr, addr+size).
func (rs *regions) hold(addr, size uintptr) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return slices.ContainsFunc(rs.list, func(r *Region) bool {
		_, ok := offsetIn(r.mem, addr, size)
		return ok
	})
}

// offsetIn tells whether mem has all bytes of [addr, addr+size), and where.
func offsetIn(mem []byte, addr, size uintptr) (offset uintptr, ok bool) {
	first, n := addrOf(mem), uintptr(len(mem))
	offset = addr - first
	return offset, addr >= first && offset <= n && size <= n-offset
}
