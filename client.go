package kptr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"kptr/broker/wire"
	"kptr/sys"
)

// A client is the backend of a process that has a broker hold the map. Requests go one at a time; a goroutine of its own, which takes
// no thread, reads the replies, and connects anew when the connection is lost.
type client struct {
	path   string
	poll   *sys.Epoll
	reader sync.WaitGroup
	pause  atomic.Int64 // before the next connection, a time.Duration

	asking   sync.Mutex // held during a request, and from a new connection until its broker knows all memory
	about    wire.Map
	blob     []byte // BTF
	fields   []field
	again    func() // gives a new broker the shares
	memories []*lent
	lastID   uint32
	stale    []uint32 // memory that the broker would not forget yet: elements pointed to it, or it was asked too much

	mu      sync.Mutex
	socket  *sys.FD     // nil while there is none
	replies chan answer // of socket
}

// An answer is a message from the broker.
type answer struct {
	wire.Reply
	body []byte
	fds  []*sys.FD
}

// lent is memory that the broker maps too.
type lent struct {
	id  uint32
	fd  *sys.FD
	mem *sys.Mapping
}

// brokerChunk is the number of pages of one memfd: the broker counts them whole against a quota.
const brokerChunk = 8

// replyTime is how long the broker may take.
const replyTime = 10 * time.Second

// The pause before a new connection doubles until a broker was of use.
const minPause, maxPause = 50 * time.Millisecond, 5 * time.Second

func newClient(path string) (*client, error) {
	poll, err := sys.NewEpoll()
	if err != nil {
		return nil, err
	}
	c := &client{path: path, poll: poll}
	c.pause.Store(int64(minPause))
	if err := c.connect(); err != nil {
		return nil, errors.Join(err, poll.Close())
	}
	c.asking.Lock()
	c.reader.Go(c.read)
	c.about, c.blob, err = c.hello()
	c.asking.Unlock()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), c.close())
	}
	return c, nil
}

func (c *client) connect() error {
	var socket *sys.FD
	var err error
	for range 100 {
		if socket, err = sys.ConnectUnix(c.path); !errors.Is(err, syscall.EAGAIN) { // many wait already
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.poll.Add(socket.Int()); err != nil {
		return errors.Join(err, socket.Close())
	}
	c.socket, c.replies = socket, make(chan answer, 1)
	return nil
}

// read passes replies on, until close.
func (c *client) read() {
	b := make([]byte, wire.ReplySize+max(wire.MapSize, wire.MaxBody))
	for {
		if _, err := c.poll.Wait(time.Hour); err != nil { // of close
			c.lose()
			return
		}
		m, err := sys.Receive(c.socket, b)
		if errors.Is(err, syscall.ECONNRESET) { // the broker had something unread, but may have said why
			m, err = sys.Receive(c.socket, b)
		}
		if errors.Is(err, syscall.EAGAIN) {
			continue
		}
		a := answer{fds: m.FDs}
		var ok bool
		if a.Reply, a.body, ok = wire.ParseReply(b[:m.Size]); err == nil && ok && !m.Cut {
			a.body = append([]byte(nil), a.body...)
			select {
			case c.replies <- a:
				continue
			default: // nobody has asked
			}
		}
		closeAll(m.FDs)
		c.lose()
		c.reconnect()
	}
}

func closeAll(fds []*sys.FD) {
	for _, fd := range fds {
		_ = fd.Close()
	}
}

// lose gives the connection up.
func (c *client) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.socket != nil {
		_ = c.poll.Remove(c.socket.Int())
		_ = c.socket.Close()
		c.socket = nil
		close(c.replies)
	}
}

// reconnect tries until it connects, or until close.
func (c *client) reconnect() {
	for {
		pause := time.Duration(c.pause.Load())
		if _, err := c.poll.Wait(pause); err != nil { // of close
			return
		}
		c.pause.Store(int64(min(2*pause, maxPause)))
		c.asking.Lock() // renew, which has to ask first, unlocks it
		if c.connect() == nil {
			c.reader.Go(c.renew) // while read passes its replies on
			return
		}
		c.asking.Unlock()
	}
}

// renew gives a new broker what the last one had. One that serves another map is hung up on.
func (c *client) renew() {
	about, blob, err := c.hello()
	about.MaxPages, c.stale = c.about.MaxPages, nil // a quota may be another one
	ok := err == nil && reflect.DeepEqual(about, c.about) && string(blob) == string(c.blob)
	for i := 0; ok && i < len(c.memories); i++ {
		ok = c.lend(c.memories[i]) == nil
	}
	if ok {
		c.pause.Store(int64(minPause))
	} else {
		c.hangUp()
	}
	again := c.again
	c.asking.Unlock()
	if ok && again != nil {
		again()
	}
}

// hangUp has read find the connection closed.
func (c *client) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = sys.Shutdown(c.socket)
}

// ask sends a request of one entry and waits for the reply; the caller holds asking. The errors are a refusal, ErrLost, and
// EBADF where one of fds is none.
func (c *client) ask(op wire.Op, body []byte, fds ...int) (answer, error) {
	head := wire.Request{Op: op, Count: 1, Size: uint32(len(body))}
	c.mu.Lock()
	replies := c.replies // closed if there is no socket
	var err error
	if c.socket != nil {
		err = sys.Send(c.socket, append(head.Append(nil), body...), fds...)
	}
	c.mu.Unlock()
	switch {
	case errors.Is(err, syscall.EBADF): // of fds: nothing was sent (scm_fp_copy, net/core/scm.c)
		return answer{}, err
	case err != nil:
		c.hangUp() // it may have said why before
	}
	late := time.AfterFunc(replyTime, c.hangUp)
	defer late.Stop()
	a, ok := <-replies
	switch {
	case !ok:
		return answer{}, fmt.Errorf("%w: %w", ErrLost, errors.Join(err, syscall.ECONNRESET))
	case a.Reason != 0:
		closeAll(a.fds)
		return answer{}, refusal{&wire.Error{Reason: a.Reason, Errno: syscall.Errno(a.Errno), Limit: a.Limit}}
	}
	return a, nil
}

// maxBTF bounds what is taken of a broker.
const maxBTF = 16 << 20

// hello asks which map it is.
func (c *client) hello() (about wire.Map, blob []byte, err error) {
	a, err := c.ask(wire.Hello, wire.AppendHello(nil))
	if err != nil {
		return about, nil, err
	}
	defer closeAll(a.fds)
	about, ok := wire.ParseMap(a.body)
	if !ok || len(a.fds) != 1 || about.BTFSize == 0 || about.BTFSize > maxBTF {
		return about, nil, fmt.Errorf("%w: its hello tells no value type", ErrBroker)
	}
	seals, err := sys.Seals(a.fds[0])
	if err != nil {
		return about, nil, err
	}
	size, err := a.fds[0].Size()
	if err != nil || seals&sys.F_SEAL_SHRINK == 0 || size < int64(about.BTFSize) {
		return about, nil, fmt.Errorf("%w: its BTF has %d bytes, seals %#x: %w", ErrBroker, size, seals, syscall.EINVAL)
	}
	mem, err := sys.Mmap(a.fds[0], 0, int(about.BTFSize), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return about, nil, err
	}
	blob = append(blob, mem.Bytes()...)
	return about, blob, mem.Close()
}

func (c *client) update(key *handle, value []byte, flags sys.ElemFlags) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	entry := wire.AppendSet(nil, uint32(flags), value)
	for i := range c.fields {
		f := &c.fields[i]
		field := entry[wire.SetHead+f.offset:][:8]
		addr := binary.NativeEndian.Uint64(field)
		if addr == 0 {
			continue
		}
		ref := c.reference(uintptr(addr))
		if ref == 0 {
			return &MemoryError{Map: c.about.Name, Field: f.path, Addr: uintptr(addr), Size: f.size, Rule: ErrBroker, Detail: "want a block of a share: the broker does not have other memory"}
		}
		binary.NativeEndian.PutUint64(field, ref)
	}
	_, err := c.ask(wire.Set, entry, int(key.number))
	return err
}

// reference is how the broker knows an address; 0 if it does not.
func (c *client) reference(addr uintptr) uint64 {
	for _, l := range slices.Backward(c.memories) { // new shares are in the last
		if offset, ok := offsetIn(l.mem.Bytes(), addr, 1); ok {
			return wire.Reference(l.id, uint64(offset))
		}
	}
	return 0
}

func (c *client) lookup(key *handle, value []byte) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	a, err := c.ask(wire.Get, nil, int(key.number))
	if err == nil && copy(value, a.body) != len(value) {
		err = fmt.Errorf("%w: %w", ErrBroker, syscall.EBADMSG)
	}
	return err
}

// remove asks again where the broker has had too many requests at a time (EAGAIN): nobody else deletes the element.
func (c *client) remove(key *handle) error {
	for pause := time.Millisecond; ; pause *= 2 {
		c.asking.Lock()
		_, err := c.ask(wire.Delete, nil, int(key.number))
		c.asking.Unlock()
		if !errors.Is(err, syscall.EAGAIN) || pause > time.Second {
			return err
		}
		time.Sleep(pause)
	}
}

func (c *client) mmap(fd *sys.FD, size int) (*sys.Mapping, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	var err error
	if fd == nil {
		size = min(size, brokerChunk*os.Getpagesize())
		fd, err = sys.MemfdCreate("kptr", int64(size), sys.MFD_NOEXEC_SEAL)
	} else {
		fd, err = fd.Dup()
	}
	c.stale = slices.DeleteFunc(c.stale, func(id uint32) bool { return c.forget(id) == nil })
	c.lastID++
	l := &lent{id: c.lastID, fd: fd}
	if err == nil {
		err = sys.AddSeals(fd, sys.F_SEAL_SHRINK)
	}
	if err == nil {
		l.mem, err = holder{}.mmap(fd, size)
	}
	if err == nil {
		err = c.lend(l)
	}
	if err != nil {
		return nil, errors.Join(err, l.mem.Close(), fd.Close())
	}
	c.memories = append(c.memories, l)
	return l.mem, nil
}

// lend gives the broker memory.
func (c *client) lend(l *lent) error {
	pages := len(l.mem.Bytes()) / os.Getpagesize()
	_, err := c.ask(wire.Memory, wire.AppendMemory(nil, l.id, uint32(pages)), l.fd.Int())
	return err
}

func (c *client) munmap(mem *sys.Mapping) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	i := slices.IndexFunc(c.memories, func(l *lent) bool { return l.mem == mem })
	l := c.memories[i]
	c.memories = slices.Delete(c.memories, i, i+1)
	err := c.forget(l.id)
	if err != nil {
		c.stale = append(c.stale, l.id)
	}
	return errors.Join(err, mem.Close(), l.fd.Close())
}

// forget takes memory back. A broker that is lost needs not be told.
func (c *client) forget(id uint32) error {
	_, err := c.ask(wire.Forget, wire.AppendMemory(nil, id, 0))
	if errors.Is(err, ErrLost) {
		return nil
	}
	return err
}

// close hangs up; the broker then releases what this process has through it.
func (c *client) close() error {
	err := c.poll.Close()
	c.reader.Wait()
	for _, l := range c.memories {
		err = errors.Join(err, l.fd.Close())
	}
	return err
}
