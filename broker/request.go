package broker

import (
	"errors"
	"syscall"

	"kptr/broker/wire"
	"kptr/sys"
)

// A request is being answered.
type request struct {
	b       *Broker
	c       *conn
	unknown []*sys.FD // file descriptors of the message that nothing is known about yet
	head    wire.Request
	done    int
}

// hangsUp are the refusals after which nothing more is expected of the client.
func hangsUp(r wire.Reason) bool { return r <= wire.Executed }

// do answers a message.
func (r *request) do(message []byte) {
	head, body, ok := wire.ParseRequest(message)
	if r.head = head; !ok || !r.wellFormed() {
		r.answer(malformed)
		return
	}
	p := r.c.process
	refused := spend(max(1, int(head.Count)), clock(), &p.account, &p.user.account)
	if refused == nil {
		refused = r.perform(body)
	}
	if refused != nil || head.Op != wire.Hello && head.Op != wire.Get {
		r.answer(refused)
	}
}

var malformed = &wire.Error{Reason: wire.Protocol, Errno: syscall.EBADMSG}

// wellFormed checks what the table of operations in docs/broker-protocol.md says.
func (r *request) wellFormed() bool {
	h, fds := &r.head, uint32(len(r.unknown))
	value := uint32(len(r.b.value))
	switch h.Op {
	case wire.Hello:
		return h.Count == 1 && h.Size == wire.HelloSize && fds == 0
	case wire.Memory:
		return h.Count == 1 && h.Size == wire.MemorySize && fds == 1 && r.c.greeted
	case wire.Forget:
		return h.Count == 1 && h.Size == wire.MemorySize && fds == 0 && r.c.greeted
	case wire.Set:
		return h.Count > 0 && h.Size == wire.SetHead+value && fds == h.Count && r.c.greeted
	case wire.Get:
		return h.Count == 1 && h.Size == 0 && fds == 1 && r.c.greeted
	case wire.Delete:
		return h.Count > 0 && h.Size == 0 && fds == h.Count && r.c.greeted
	}
	return false
}

func (r *request) perform(body []byte) *wire.Error {
	switch r.head.Op {
	case wire.Hello:
		return r.hello(body)
	case wire.Memory:
		return r.addMemory(body)
	case wire.Forget:
		return r.forgetMemory(body)
	}
	size := int(r.head.Size)
	for ; r.done < int(r.head.Count); r.done++ {
		if refused := r.element(body[r.done*size:][:size]); refused != nil {
			return refused
		}
	}
	return nil
}

func (r *request) hello(body []byte) *wire.Error {
	version, ok := wire.ParseHello(body)
	switch {
	case !ok || r.c.greeted:
		return malformed
	case version != wire.Version:
		return &wire.Error{Reason: wire.BadVersion, Errno: syscall.EPROTO, Limit: wire.Version}
	}
	r.c.greeted, r.done = true, 1
	r.send(&wire.Reply{}, r.b.hello, r.b.btf.Int())
	return nil
}

// closing is the refusal of a broker that is being closed: it hangs up, and says nothing before.
var closing = new(wire.Error)

// answer replies without a body, and hangs up if that is what the refusal is for.
func (r *request) answer(refused *wire.Error) {
	if refused == closing {
		return
	}
	var reply wire.Reply
	if refused != nil {
		reply = wire.Reply{Errno: uint32(refused.Errno), Reason: refused.Reason, Limit: refused.Limit}
	}
	r.send(&reply, nil)
	if refused != nil && hangsUp(refused.Reason) {
		r.c.close(r.b)
	}
}

// send sends a reply. Who does not read them loses the connection.
func (r *request) send(reply *wire.Reply, body []byte, fds ...int) {
	reply.Op, reply.Seq, reply.Done, reply.Size = r.head.Op, r.head.Seq, uint32(r.done), uint32(len(body))
	r.b.reply = append(reply.Append(r.b.reply[:0]), body...)
	if sys.Send(r.c.fd, r.b.reply, fds...) != nil {
		r.c.close(r.b)
	}
}

// taskOf takes the next pidfd of the message, and checks that it is of a thread of the client.
func (r *request) taskOf() (*sys.FD, uint32, *wire.Error) {
	fd := r.unknown[0]
	// bpf(2) tells a pidfd from other files without asking those (pidfd_pid, kernel/fork.c), as ioctl(2) would.
	if err := r.b.lookup(fd); errors.Is(err, syscall.EBADF) {
		return nil, 0, &wire.Error{Reason: wire.NotPidfd, Errno: syscall.EBADF}
	}
	r.unknown = r.unknown[1:]
	tid, refused := r.c.process.owns(fd)
	if refused != nil {
		_ = fd.Close()
		return nil, 0, refused
	}
	return fd, tid, nil
}

// owns gives the id of a thread, if it is one of the process and has its uid.
func (p *process) owns(pidfd *sys.FD) (uint32, *wire.Error) {
	info, err := sys.AskPidfd(pidfd)
	switch {
	case err != nil && hasEvent(pidfd, sys.POLLHUP):
		return 0, &wire.Error{Reason: wire.Gone, Errno: syscall.ENOENT}
	// The process has not been reaped, so that its number is no other's.
	case err != nil, info.Tgid != uint32(p.pid), p.ended():
		return 0, &wire.Error{Reason: wire.Foreign, Errno: syscall.EPERM}
	// It was different at connect(2): a program of set-user-ID runs there, if execs has not seen it.
	case info.Euid != p.uid:
		return 0, &wire.Error{Reason: wire.Executed, Errno: syscall.EPERM}
	}
	return info.Pid, nil
}
