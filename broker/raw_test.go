package broker_test

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"kptr/broker/wire"
	"kptr/sys"
)

// A raw is a client that says what it likes.
type raw struct {
	testing.TB
	fd    *sys.FD
	about wire.Map
}

func connect(t testing.TB, s *service) *raw {
	t.Helper()
	fd, err := sys.ConnectUnix(s.path)
	must(t, err)
	t.Cleanup(func() { fd.Close() })
	return &raw{TB: t, fd: fd}
}

// greet connects and says hello.
func greet(t testing.TB, s *service) *raw {
	t.Helper()
	r := connect(t, s)
	reply, body := r.ask(wire.Hello, 1, wire.AppendHello(nil))
	about, ok := wire.ParseMap(body)
	if reply.Errno != 0 || !ok {
		t.Fatalf("hello: %+v", reply)
	}
	r.about = about
	return r
}

// message puts a request together.
func message(op wire.Op, count int, body []byte) []byte {
	head := wire.Request{Op: op, Seq: 7, Count: uint32(count)}
	if count > 0 {
		head.Size = uint32(len(body) / count)
	}
	return append(head.Append(nil), body...)
}

// ask sends a request and gives the reply. The file descriptors of that are closed.
func (r *raw) ask(op wire.Op, count int, body []byte, fds ...int) (wire.Reply, []byte) {
	r.Helper()
	must(r, sys.Send(r.fd, message(op, count, body), fds...))
	return r.reply()
}

func (r *raw) reply() (wire.Reply, []byte) {
	r.Helper()
	b := make([]byte, 1<<17)
	m := r.receive(b)
	for _, fd := range m.FDs {
		must(r, fd.Close())
	}
	reply, body, ok := wire.ParseReply(b[:m.Size])
	if !ok {
		r.Fatalf("reply of %d bytes", m.Size)
	}
	return reply, body
}

// receive waits for a message.
func (r *raw) receive(b []byte) sys.Message {
	r.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		m, err := sys.Receive(r.fd, b)
		switch {
		case err == nil:
			return m
		case errors.Is(err, syscall.ECONNRESET): // closed with messages unread; what was sent before comes next
			continue
		case !errors.Is(err, syscall.EAGAIN) || time.Now().After(deadline):
			r.Fatal(err)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// hungUp tells whether the broker has closed the connection, after whatever it had to say.
func (r *raw) hungUp() bool {
	r.Helper()
	b := make([]byte, 1<<10)
	for range 1000 {
		if m, err := sys.Receive(r.fd, b); err == nil && m.Size == 0 {
			return true
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// refused checks what the last reply says.
func (r *raw) refused(reply wire.Reply, reason wire.Reason, errno syscall.Errno) {
	r.Helper()
	if reply.Reason != reason || syscall.Errno(reply.Errno) != errno {
		r.Errorf("%v: %v, want %v: %v", reply.Reason, syscall.Errno(reply.Errno), reason, errno)
	}
}

func (r *raw) accepted(reply wire.Reply) {
	r.Helper()
	r.refused(reply, 0, 0)
}

// memfd makes a file that the broker takes.
func memfd(t testing.TB, pages, seals int) *sys.FD {
	t.Helper()
	fd, err := sys.MemfdCreate("test", int64(pages*os.Getpagesize()), sys.MFD_NOEXEC_SEAL)
	must(t, err)
	t.Cleanup(func() { fd.Close() })
	must(t, sys.AddSeals(fd, seals))
	return fd
}

// lend gives the broker a new memory.
func (r *raw) lend(id uint32, pages int) *sys.FD {
	r.Helper()
	fd := memfd(r, pages, sys.F_SEAL_SHRINK)
	reply, _ := r.ask(wire.Memory, 1, wire.AppendMemory(nil, id, uint32(pages)), fd.Int())
	r.accepted(reply)
	return fd
}

// set sets the element of each thread to offset 0 of a memory.
func (r *raw) set(flags sys.ElemFlags, id uint32, pidfds ...int) wire.Reply {
	r.Helper()
	return r.setAt(flags, wire.Reference(id, 0), pidfds...)
}

func (r *raw) setAt(flags sys.ElemFlags, ref uint64, pidfds ...int) wire.Reply {
	r.Helper()
	var body []byte
	for range pidfds {
		body = wire.AppendSet(body, uint32(flags), order.AppendUint64(nil, ref))
	}
	reply, _ := r.ask(wire.Set, len(pidfds), body, pidfds...)
	return reply
}

// self is a pidfd of the calling thread.
func self(t testing.TB) *sys.FD {
	t.Helper()
	return pidfd(t, sys.Gettid(), sys.PIDFD_THREAD)
}

func pidfd(t testing.TB, id int, flags uint) *sys.FD {
	t.Helper()
	fd, err := sys.PidfdOpen(id, flags)
	must(t, err)
	t.Cleanup(func() { fd.Close() })
	return fd
}
