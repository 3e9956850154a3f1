package kptr

import (
	"errors"
	"slices"
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
	classes  map[uintptr]*class // by size of slots
	fencing  bool               // a fence is under way
	fences   sync.WaitGroup
	done     chan struct{} // closed by close
	closed   bool
}

// chunkPages is the number of pages mapped at a time: it bounds the system calls, and memory is taken page by page anyway.
const chunkPages = 64

type chunk struct {
	mem   *sys.Mapping
	pages []page
	idle  []*page // without memory
}

// A slot is memory for one bundle.
type slot struct {
	page  *page
	index int
}

func newArena(b backend, pageSize int, bundles []bundle) *arena {
	a := &arena{backend: b, pageSize: pageSize, classes: make(map[uintptr]*class), done: make(chan struct{})}
	for _, b := range bundles {
		a.classes[b.size] = &class{size: b.size}
	}
	return a
}

// take gives a slot filled with zeroes, and its memory.
func (a *arena) take(size uintptr) (slot, []byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return slot{}, nil, ErrClosed
	}
	c := a.classes[size]
	if len(c.open) == 0 {
		p, err := a.newPage()
		if err != nil {
			return slot{}, nil, err
		}
		c.add(p)
	}
	s := c.take()
	mem := s.memory()
	clear(mem)
	return s, mem, nil
}

// newPage gives an idle page.
func (a *arena) newPage() (*page, error) {
	i := slices.IndexFunc(a.chunks, func(c *chunk) bool { return len(c.idle) > 0 })
	if i < 0 {
		c, err := a.newChunk()
		if err != nil {
			return nil, err
		}
		i, a.chunks = len(a.chunks), append(a.chunks, c)
	}
	c := a.chunks[i]
	p := c.idle[len(c.idle)-1]
	c.idle = c.idle[:len(c.idle)-1]
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
	c := &chunk{mem: mem, pages: make([]page, n), idle: make([]*page, n)}
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
	a.tidy(p)
}

// tidy renews a page that is of no use as it is. One with free slots is kept for the next share, but one is enough.
func (a *arena) tidy(p *page) {
	if !a.closed && !p.inUse() && (!p.has(slotFree) || len(p.class.open) > 1) {
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
	c := p.chunk
	c.idle = append(c.idle, p)
	if len(c.idle) == len(c.pages) && len(a.chunks) > 1 {
		a.chunks = slices.DeleteFunc(a.chunks, func(other *chunk) bool { return other == c })
		_ = a.backend.munmap(c.mem) // a mapping of our own, whole: munmap has no reason to refuse
	}
}

// lend marks the live slot that holds a block as given to an element that is not its share's: it is not reused after the
// share, since nobody tells when that element goes. The page is not renewed before settle, when the kernel has seen the
// address: it would pin the new memory. A nil page says that there is no such slot.
func (a *arena) lend(addr, size uintptr) *page {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.chunks {
		offset, ok := offsetIn(c.mem.Bytes(), addr, size)
		if !ok {
			continue
		}
		p, at := &c.pages[offset/uintptr(a.pageSize)], offset%uintptr(a.pageSize)
		if p.class == nil {
			return nil
		}
		i := at / p.class.size
		if i >= uintptr(len(p.slots)) || p.slots[i] != slotLive && p.slots[i] != slotLent || at%p.class.size+size > p.class.size {
			return nil
		}
		p.put(int(i), slotLent)
		p.lending++
		return p
	}
	return nil
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

// close ends the fence and unmaps all. Pages that elements still point to are kept by the kernel, for BPF alone.
func (a *arena) close() error {
	close(a.done)
	a.fences.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	var errs []error
	for _, c := range a.chunks {
		errs = append(errs, c.mem.Close())
	}
	a.chunks, a.classes = nil, nil
	return errors.Join(errs...)
}
