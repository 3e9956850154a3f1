package broker

import (
	"sync"

	"kptr/sys"
)

// A closer closes the files of one uid that the broker knows nothing about: whatever a client has sent, and its socket, which may hold more. Closing
// may take for ever: a FUSE file asks its server (fuse_flush, fs/fuse/file.c), and a TCP socket lingers (SO_LINGER). So no
// client but those of the same uid has to wait.
type closer struct {
	mu      sync.Mutex
	queue   []*sys.FD
	open    int // those of the queue, and the one that is being closed
	running bool
}

func (c *closer) discard(files ...*sys.FD) {
	if len(files) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, files...)
	c.open += len(files)
	if !c.running {
		c.running = true
		go c.drain()
	}
}

func (c *closer) drain() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.queue, c.running = nil, false
			c.mu.Unlock()
			return
		}
		f := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		_ = f.Close()
		c.mu.Lock()
		c.open--
		c.mu.Unlock()
	}
}

// waiting is how many are not closed yet.
func (c *closer) waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}
