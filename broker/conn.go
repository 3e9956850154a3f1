package broker

import (
	"errors"
	"syscall"
	"time"

	"kptr/broker/wire"
	"kptr/sys"
)

// helloTime is how long a connection may be silent at first.
const helloTime = 5 * time.Second

// A user is a uid with connections.
type user struct {
	account
	closer closer
}

// A process is one that has connected: SO_PEERPIDFD names it, whoever has its socket by now.
type process struct {
	account
	pid   int
	uid   uint32
	pidfd *sys.FD
	user  *user
	conns map[*conn]bool
}

// A conn is a connection. It belongs to the process that called connect(2), for as long as that lives.
type conn struct {
	fd       *sys.FD
	process  *process
	greeted  bool
	closed   bool
	since    time.Duration
	memories map[uint32]*memory
	threads  map[uint32]*thread
}

type acceptor struct{}

// acceptBatch is how many connections are taken before it is others' turn.
const acceptBatch = 16

// ready takes connections.
func (acceptor) ready(b *Broker) {
	for range acceptBatch {
		if b.fds()+b.waiting() >= b.fdLimit+spareFDs/2 {
			b.pause() // what is left is for clients that are served, whose file descriptors would be lost on the way
			return
		}
		fd, err := sys.Accept(b.listener)
		switch {
		case err == nil:
			b.admit(fd)
		case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
			b.pause()
			return
		default: // EAGAIN, or that one has gone already
			return
		}
	}
}

// pause takes no connections until the next tick: the listener would be ready all the time.
func (b *Broker) pause() { b.full = b.poll.Remove(b.listener.Int()) == nil }

// waiting is how many files of all users are not closed yet.
func (b *Broker) waiting() (n int) {
	for _, u := range b.users {
		n += u.closer.waiting()
	}
	return n
}

// admit takes a connection in, or says why not.
func (b *Broker) admit(fd *sys.FD) {
	peer, err := sys.UnixPeer(fd)
	if err != nil || peer.PID == 0 {
		_ = peer.Pidfd.Close()
		_ = fd.Close() // nothing has been sent that is worth an answer
		return
	}
	u := b.users[peer.UID]
	if u == nil {
		u = &user{account: newAccount(b.limits.UID, true)}
		b.users[peer.UID] = u
	}
	p := b.processes[peer.PID]
	if p != nil && p.ended() { // its number is another one's by now
		p.close(b)
		p = nil
	}
	refused := spend(1, clock(), &u.account)
	if refused == nil {
		p, refused = b.join(p, u, peer)
	}
	c := &conn{fd: fd, process: p, since: clock(), memories: make(map[uint32]*memory), threads: make(map[uint32]*thread)}
	if refused == nil && b.watch(fd, c) != nil {
		give(connections, 1, &p.account, &u.account)
		p.leave(b)
		refused = b.tooFull()
	}
	if kept := b.processes[peer.PID]; kept == nil || kept.pidfd != peer.Pidfd {
		_ = peer.Pidfd.Close()
	}
	if refused != nil {
		head := wire.Reply{Errno: uint32(refused.Errno), Reason: refused.Reason, Limit: refused.Limit}
		_ = sys.Send(fd, head.Append(nil))
		u.hangUp(fd)
		return
	}
	p.conns[c] = true
}

// join counts a connection of a process, which is new if p is nil.
func (b *Broker) join(p *process, u *user, peer sys.Peer) (*process, *wire.Error) {
	if b.fds()+u.closer.waiting() >= b.fdLimit || u.closer.waiting() > wire.MaxCount {
		return p, b.tooFull()
	}
	if p == nil {
		p = &process{account: newAccount(b.limits.Process, false), pid: peer.PID, uid: peer.UID, pidfd: peer.Pidfd, user: u, conns: make(map[*conn]bool)}
	}
	if p.user != u { // it has changed its uid, and keeps the connections of the old one
		return p, &wire.Error{Reason: wire.Executed, Errno: syscall.EPERM}
	}
	if refused := take(connections, 1, &p.account, &u.account); refused != nil {
		return p, refused
	}
	if b.processes[p.pid] == p {
		return p, nil
	}
	if err := b.execs.add(p.pid); err != nil || b.watch(p.pidfd, p) != nil {
		b.execs.remove(p.pid)
		give(connections, 1, &p.account, &u.account)
		return p, b.tooFull()
	}
	b.processes[p.pid] = p
	return p, nil
}

// spareFDs are left for what one request brings, and for what is opened for a moment.
const spareFDs = 512

// fds is how many file descriptors the broker has, and has to spare.
func (b *Broker) fds() int { return len(b.watched) + len(b.orphans) + spareFDs }

func (b *Broker) tooFull() *wire.Error {
	return &wire.Error{Reason: wire.Full, Errno: syscall.EMFILE, Limit: uint64(b.fdLimit)}
}

func (b *Broker) watch(fd *sys.FD, w watched) error {
	if err := b.poll.Add(fd.Int()); err != nil {
		return err
	}
	b.watched[fd.Int()] = w
	return nil
}

// unwatch is to be called before fd is closed: a client has most of them too, and epoll(7) would go on.
func (b *Broker) unwatch(fd *sys.FD) {
	_ = b.poll.Remove(fd.Int())
	delete(b.watched, fd.Int())
}

// ended tells whether the process has: all of its threads, that is. Its number is not given to another one before it is reaped, which hangs up.
func (p *process) ended() bool { return hasEvent(p.pidfd, sys.POLLIN|sys.POLLHUP) }

func hasEvent(fd *sys.FD, events int16) bool {
	have, err := sys.Poll(fd.Int())
	return err == nil && have&events != 0
}

// ready hangs up on a process that has ended.
func (p *process) ready(b *Broker) {
	if p.ended() {
		p.close(b)
	}
}

// close closes all its connections.
func (p *process) close(b *Broker) {
	for c := range p.conns {
		c.close(b)
	}
}

// leave forgets a process without connections.
func (p *process) leave(b *Broker) {
	if len(p.conns) > 0 {
		return
	}
	b.execs.remove(p.pid)
	b.unwatch(p.pidfd)
	_ = p.pidfd.Close()
	delete(b.processes, p.pid)
}

// hangUp ends a connection, which is closed once the user's other files are.
func (u *user) hangUp(fd *sys.FD) {
	_ = sys.Shutdown(fd)
	u.closer.discard(fd)
}

// ready serves one request. A user whose files take their time to close sends no more of them.
func (c *conn) ready(b *Broker) {
	if c.process.user.closer.waiting() > spareFDs {
		c.close(b)
		return
	}
	m, err := sys.Receive(c.fd, b.message)
	if errors.Is(err, syscall.EAGAIN) {
		return
	}
	r := request{b: b, c: c, unknown: m.FDs}
	defer func() { c.process.user.closer.discard(r.unknown...) }()
	switch {
	case err != nil, m.Size == 0, m.Cut:
		c.close(b)
	case m.From != c.process.pid:
		r.answer(&wire.Error{Reason: wire.Sender, Errno: syscall.EPERM})
	default:
		r.do(b.message[:m.Size])
	}
}

// close releases all that the connection has: elements, memory, what was counted. It is done once.
func (c *conn) close(b *Broker) {
	if c.closed {
		return
	}
	c.closed = true
	for _, t := range c.threads {
		t.release(b)
	}
	p := c.process
	// A thread that executes a program becomes the leader, and takes its element with it, out of reach of its own pidfd.
	if leader := b.threads[uint32(p.pid)]; leader == nil && !p.ended() {
		_ = b.deleteElement(p.pidfd)
	}
	for _, m := range c.memories {
		m.forget(b)
	}
	b.unwatch(c.fd)
	p.user.hangUp(c.fd)
	delete(p.conns, c)
	give(connections, 1, &p.account, &p.user.account)
	p.leave(b)
}

// abandon gives up the broker's side, and leaves the elements.
func (c *conn) abandon() {
	for _, t := range c.threads {
		_ = t.pidfd.Close()
	}
	for _, m := range c.memories {
		_ = m.mapping.Close()
	}
	delete(c.process.conns, c)
	if len(c.process.conns) == 0 {
		_ = c.process.pidfd.Close()
	}
	c.process.user.hangUp(c.fd)
}
