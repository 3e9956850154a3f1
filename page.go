package kptr

import "bytes"

// A page holds slots of one class, or nothing.
type page struct {
	chunk *chunk
	index int    // in the chunk
	mem   []byte // a page
	class *class // nil while idle
	at    int    // index in class.pages
	door  int    // index in class.open, or -1
	slots []slotState
	free  int // slots that can be taken
	live  int // slots in use

	lending int // updates under way with an address in the page
}

// slotState is a byte so that package bytes searches and counts.
type slotState = byte

const (
	slotFree    slotState = iota
	slotLive              // in use by a share
	slotLent              // the same, and an element that is not the share's may point to it
	slotWaiting           // quarantined, no fence has begun since
	slotFenced            // quarantined, the running fence will free it
	slotLost              // an element may point to it for as long as the page lives
)

func isLive(s slotState) bool { return s == slotLive || s == slotLent }

// reset makes an idle page one of a class.
func (p *page) reset(c *class) {
	n := len(p.mem) / int(c.size)
	if cap(p.slots) < n {
		p.slots = make([]slotState, n)
	}
	p.slots = p.slots[:n]
	clear(p.slots)
	p.class, p.door = c, -1
	p.free, p.live = n, 0
}

// take takes a free slot; there is one.
func (p *page) take() int {
	i := bytes.IndexByte(p.slots, slotFree)
	p.put(i, slotLive)
	return i
}

// put changes the state of a slot.
func (p *page) put(i int, to slotState) {
	from := p.slots[i]
	p.slots[i] = to
	p.free += one(to == slotFree) - one(from == slotFree)
	p.live += one(isLive(to)) - one(isLive(from))
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s slot) memory() []byte {
	size := int(s.page.class.size)
	return s.page.mem[s.index*size:][:size:size]
}

func (c *class) perPage(pageSize int) int { return pageSize / int(c.size) }

// count counts the slots in a state.
func (c *class) count(state slotState) int {
	n := 0
	for _, p := range c.pages {
		n += bytes.Count(p.slots, []byte{state})
	}
	return n
}

// add gives the class a page.
func (c *class) add(p *page) {
	p.at = len(c.pages)
	c.pages = append(c.pages, p)
	c.reopen(p)
}

// reopen lists a page among those with free slots.
func (c *class) reopen(p *page) {
	if p.door < 0 {
		p.door = len(c.open)
		c.open = append(c.open, p)
	}
}

// shut takes a page off that list.
func (c *class) shut(p *page) {
	if p.door >= 0 {
		last := c.open[len(c.open)-1]
		c.open[p.door], last.door = last, p.door
		c.open = c.open[:len(c.open)-1]
		p.door = -1
	}
}

// remove takes a page from the class.
func (c *class) remove(p *page) {
	c.shut(p)
	last := c.pages[len(c.pages)-1]
	c.pages[p.at], last.at = last, p.at
	c.pages = c.pages[:len(c.pages)-1]
}
