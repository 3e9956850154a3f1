package kptr

import (
	"bytes"
	"slices"
)

// A page holds slots of one class, or nothing.
type page struct {
	chunk   *chunk
	index   int    // in the chunk
	mem     []byte // a page
	class   *class // nil while idle
	at      int    // index in class.pages
	slots   []slotState
	lending int // updates under way with an address in the page
}

// slotState is a byte so that package bytes searches.
type slotState = byte

const (
	slotFree    slotState = iota
	slotLive              // in use by a share
	slotLent              // the same, and an element that is not the share's may point to it
	slotWaiting           // quarantined, no fence has begun since
	slotFenced            // quarantined, the running fence will free it
	slotLost              // an element may point to it for as long as the page lives
)

func (p *page) has(s slotState) bool { return bytes.IndexByte(p.slots, s) >= 0 }

func (p *page) inUse() bool { return p.has(slotLive) || p.has(slotLent) || p.lending > 0 }

// put changes the state of a slot.
func (p *page) put(i int, to slotState) {
	if to == slotFree && !p.has(slotFree) {
		p.class.open = append(p.class.open, p)
	}
	p.class.count[p.slots[i]]--
	p.class.count[to]++
	p.slots[i] = to
}

func (s slot) memory() []byte {
	size := int(s.page.class.size)
	return s.page.mem[s.index*size:][:size:size]
}

// A class is the pages whose slots have one size.
type class struct {
	size  uintptr
	pages []*page
	open  []*page           // those with a free slot
	count [slotLost + 1]int // of slots in each state
}

// add makes an idle page one of the class.
func (c *class) add(p *page) {
	p.class, p.at = c, len(c.pages)
	c.pages = append(c.pages, p)
	p.slots = append(p.slots[:0], make([]slotState, len(p.mem)/int(c.size))...)
	c.count[slotFree] += len(p.slots)
	c.open = append(c.open, p)
}

// take takes a free slot of an open page.
func (c *class) take() slot {
	p := c.open[len(c.open)-1]
	s := slot{p, bytes.IndexByte(p.slots, slotFree)}
	p.put(s.index, slotLive)
	if !p.has(slotFree) {
		c.open = c.open[:len(c.open)-1]
	}
	return s
}

// remove makes a page an idle one.
func (c *class) remove(p *page) {
	p.class = nil
	for _, s := range p.slots {
		c.count[s]--
	}
	last := c.pages[len(c.pages)-1]
	c.pages[p.at], last.at = last, p.at
	c.pages = c.pages[:len(c.pages)-1]
	c.open = slices.DeleteFunc(c.open, func(open *page) bool { return open == p })
}
