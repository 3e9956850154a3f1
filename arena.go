package kptr

import (
	"errors"
	"sync"
	"syscall"

	"kptr/sys"
)

// An arena hands out slots in pages outside the Go heap. A page holds slots of one size. Its memory is MAP_SHARED: an anonymous
// private page would be replaced by a copy, behind the back of BPF, when the process forks and writes to it. A child of fork
// does not get it at all (MADV_DONTFORK): its writes would be taken for this process's hints.
//
// A page without a live slot is renewed: MADV_REMOVE gives its memory back, and the next access gets new memory at the same
// address. What BPF may still write to is the old page, which the kernel's pin keeps until BPF is out of it. So only slots
// whose page lives on for the sake of others wait in quarantine. Pages are of the base size (MADV_NOHUGEPAGE): of a pinned
// huge page a part cannot be replaced, only cleared.
type arena struct {
	backend  backend
	mu       sync.Mutex
	pageSize int
	chunks   []*chunk
	classes  []*class
	fencing  bool // a fence is under way
	closed   bool
}

// chunkPages is the number of pages mapped at a time: it bounds the system calls, and memory is taken page by page anyway.
const chunkPages = 64

type chunk struct {
	mem   *sys.Mapping
	base  uintptr
	pages []page
	idle  []*page // without memory
}

// A class is the pages whose slots have one size.
type class struct {
	size  uintptr
	pages []*page
	open  []*page // those with a free slot
}

// A slot is memory for one bundle.
type slot struct {
	page  *page
	index int
}

func newArena(b backend, pageSize int, bundles []bundle) *arena {
	a := &arena{backend: b, pageSize: pageSize}
	for _, b := range bundles {
		if a.class(b.size) == nil {
			a.classes = append(a.classes, &class{size: b.size})
		}
	}
	return a
}

func (a *arena) class(size uintptr) *class {
	for _, c := range a.classes {
		if c.size == size {
			return c
		}
	}
	return nil
}

// take gives a slot filled with zeroes, and its memory.
func (a *arena) take(size uintptr) (slot, []byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return slot{}, nil, ErrClosed
	}
	c := a.class(size)
	if len(c.open) == 0 {
		p, err := a.newPage()
		if err != nil {
			return slot{}, nil, err
		}
		p.reset(c)
		c.add(p)
	}
	p := c.open[len(c.open)-1]
	s := slot{p, p.take()}
	if p.free == 0 {
		c.shut(p)
	}
	mem := s.memory()
	clear(mem)
	return s, mem, nil
}

// newPage gives a page without memory.
func (a *arena) newPage() (*page, error) {
	for _, c := range a.chunks {
		if n := len(c.idle); n > 0 {
			p := c.idle[n-1]
			c.idle = c.idle[:n-1]
			return p, nil
		}
	}
	c, err := a.newChunk()
	if err != nil {
		return nil, err
	}
	a.chunks = append(a.chunks, c)
	p := c.idle[0]
	c.idle = c.idle[1:]
	return p, nil
}

func (a *arena) newChunk() (*chunk, error) {
	pageSize := a.pageSize
	mem, err := a.backend.mmap(nil, chunkPages*pageSize)
	if err != nil {
		return nil, err
	}
	size := len(mem.Bytes())
	n := size / pageSize
	if err := mem.Advise(0, size, sys.MADV_DONTFORK); err != nil {
		_ = a.backend.munmap(mem)
		return nil, err
	}
	// EINVAL: a kernel without huge pages (CONFIG_TRANSPARENT_HUGEPAGE).
	if err := mem.Advise(0, size, sys.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, syscall.EINVAL) {
		_ = a.backend.munmap(mem)
		return nil, err
	}
	c := &chunk{mem: mem, base: mem.Addr(), pages: make([]page, n), idle: make([]*page, n)}
	for i := range c.pages {
		c.pages[i] = page{chunk: c, index: i, mem: mem.Bytes()[i*pageSize:][:pageSize:pageSize]}
		c.idle[i] = &c.pages[i]
	}
	return c, nil
}

// unused takes back a slot that the kernel never had.
func (a *arena) unused(s slot) { a.release(s, slotFree) }

// quarantine takes back a slot whose element is gone, but which BPF may still be in.
func (a *arena) quarantine(s slot) { a.release(s, slotWaiting) }

// abandon takes back a slot that an element may still point to, for all that can be found out.
func (a *arena) abandon(s slot) { a.release(s, slotLost) }

func (a *arena) release(s slot, to slotState) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	p := s.page
	if p.slots[s.index] == slotLent && to == slotWaiting {
		to = slotLost
	}
	p.put(s.index, to)
	if p.free > 0 {
		p.class.reopen(p)
	}
	a.tidy(p)
}

// tidy renews a page that is of no use as it is. One with free slots is kept for the next share, but one is enough.
func (a *arena) tidy(p *page) {
	if !a.closed && p.live == 0 && p.lending == 0 && (p.free == 0 || len(p.class.open) > 1) {
		a.renew(p)
	}
}

// renew gives the memory of a page without live slots back. Where that is refused, as for locked memory (mlockall), the page
// stays as it is, its quarantine too.
func (a *arena) renew(p *page) {
	if p.chunk.mem.Advise(p.index*a.pageSize, a.pageSize, sys.MADV_REMOVE) != nil {
		return
	}
	p.class.remove(p)
	p.class = nil
	c := p.chunk
	c.idle = append(c.idle, p)
	if len(c.idle) == len(c.pages) && len(a.chunks) > 1 {
		a.drop(c)
	}
}

func (a *arena) drop(c *chunk) {
	for i := range a.chunks {
		if a.chunks[i] == c {
			a.chunks = append(a.chunks[:i], a.chunks[i+1:]...)
			break
		}
	}
	_ = a.backend.munmap(c.mem) // a mapping of our own, whole: munmap has no reason to refuse
}

// find gives the live slot that holds all bytes of [addr, addr+size).
func (a *arena) find(addr, size uintptr) (slot, bool) {
	for _, c := range a.chunks {
		offset := addr - c.base
		if addr < c.base || offset >= uintptr(len(c.pages)*a.pageSize) {
			continue
		}
		p := &c.pages[offset/uintptr(a.pageSize)]
		if p.class == nil {
			break
		}
		at := offset % uintptr(a.pageSize)
		i := int(at / p.class.size)
		if i < len(p.slots) && isLive(p.slots[i]) && at%p.class.size+size <= p.class.size {
			return slot{p, i}, true
		}
		break
	}
	return slot{}, false
}

// lend marks the live slot that holds a block as given to an element that is not its share's: it is not reused after the
// share, since nobody tells when that element goes. The page is not renewed before settle, when the kernel has seen the
// address: it would pin the new memory. A nil page says that there is no such slot.
func (a *arena) lend(addr, size uintptr) *page {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.find(addr, size)
	if !ok {
		return nil
	}
	s.page.slots[s.index] = slotLent
	s.page.lending++
	return s.page
}

// settle ends what lend began.
func (a *arena) settle(lent []*page) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range lent {
		p.lending--
		a.tidy(p)
	}
}

// close unmaps all. Pages that elements still point to are kept by the kernel, for BPF alone.
func (a *arena) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	var first error
	for _, c := range a.chunks {
		if err := c.mem.Close(); first == nil {
			first = err
		}
	}
	a.chunks, a.classes = nil, nil
	return first
}
