package broker

import (
	"errors"
	"os"
	"syscall"

	"kptr/broker/wire"
	"kptr/sys"
)

// A thread is one with an element that was set through a connection.
type thread struct {
	tid   uint32
	pidfd *sys.FD
	conn  *conn
	refs  []*memory // that the element points to
}

// ready releases a thread that has ended. Its element goes with it, but that of a process's first thread only once the process is reaped.
func (t *thread) ready(b *Broker) {
	if t.ended() {
		t.release(b)
	}
}

func (t *thread) ended() bool { return hasEvent(t.pidfd, sys.POLLIN|sys.POLLHUP) }

// release deletes the element.
func (t *thread) release(b *Broker) {
	_ = b.deleteElement(t.pidfd)
	t.forget(b)
}

// forget forgets a thread whose element is gone.
func (t *thread) forget(b *Broker) {
	b.unwatch(t.pidfd)
	_ = t.pidfd.Close()
	t.refer(nil)
	delete(b.threads, t.tid)
	delete(t.conn.threads, t.tid)
	give(threads, 1, &t.conn.process.account, &t.conn.process.user.account)
}

// refer counts the memories that the element points to.
func (t *thread) refer(refs []*memory) {
	for _, m := range refs {
		m.used++
	}
	for _, m := range t.refs {
		m.used--
	}
	t.refs = refs
}

// element does one entry of Set, Get or Delete.
func (r *request) element(entry []byte) *wire.Error {
	pidfd, tid, refused := r.taskOf()
	if refused != nil {
		return refused
	}
	t := r.b.threads[tid]
	if t != nil && t.ended() { // the id is another thread's by now
		t.release(r.b)
		t = nil
	}
	switch {
	case t != nil && t.conn != r.c && r.head.Op != wire.Get:
		refused = &wire.Error{Reason: wire.Taken, Errno: syscall.EEXIST}
	case r.head.Op == wire.Set:
		var kept bool
		if kept, refused = r.set(t, tid, pidfd, entry); kept {
			return refused
		}
	case r.head.Op == wire.Get:
		if err := r.b.lookup(pidfd); err != nil {
			refused = kernelSays(err)
			break
		}
		r.done = 1
		r.send(&wire.Reply{}, r.b.value)
		r.done = 0 // perform counts it
	case r.head.Op == wire.Delete:
		if err := r.b.deleteElement(pidfd); err != nil {
			refused = kernelSays(err)
		}
		if t != nil && (refused == nil || refused.Errno == syscall.ENOENT) {
			t.forget(r.b)
		}
	}
	_ = pidfd.Close()
	return refused
}

// set gives a thread an element; it tells whether it has kept the pidfd.
func (r *request) set(t *thread, tid uint32, pidfd *sys.FD, entry []byte) (kept bool, _ *wire.Error) {
	flags, value, ok := wire.ParseSet(entry)
	if !ok || flags > uint32(sys.BPF_EXIST) {
		return false, malformed
	}
	copy(r.b.value, value)
	refs, refused := r.c.pointers(r.b.kptrs, r.b.value)
	if refused != nil {
		return false, refused
	}
	p := r.c.process
	fresh := t == nil
	if fresh {
		if r.b.fds()+r.b.waiting() >= r.b.fdLimit+spareFDs/2 {
			return false, r.b.tooFull()
		}
		if refused := take(threads, 1, &p.account, &p.user.account); refused != nil {
			return false, refused
		}
		// Before the update: of an element that is deleted again BPF may still write to the block.
		t = &thread{tid: tid, pidfd: pidfd, conn: r.c}
		if err := r.b.watch(pidfd, t); err != nil {
			give(threads, 1, &p.account, &p.user.account)
			if errors.Is(err, os.ErrClosed) {
				return false, closing
			}
			return false, kernelSays(err)
		}
	}
	orphan := r.b.orphans[tid]
	if orphan != nil {
		flags = uint32(sys.BPF_ANY)
	}
	if err := r.b.update(pidfd, sys.ElemFlags(flags)); err != nil {
		if fresh {
			r.b.unwatch(pidfd)
			give(threads, 1, &p.account, &p.user.account)
		}
		return false, kernelSays(err)
	}
	r.b.threads[tid], r.c.threads[tid] = t, t
	if orphan != nil {
		_ = orphan.Close()
		delete(r.b.orphans, tid)
	}
	t.refer(refs)
	// Had it done so before the update, on_exec could not have taken this element away.
	if r.b.execs.executed(p.pid) {
		return fresh, &wire.Error{Reason: wire.Executed, Errno: syscall.EPERM}
	}
	return fresh, nil
}

// updateTries bounds how often an update is issued while the kernel says that it lost a race (EAGAIN of
// bpf_local_storage_update, kernel/bpf/bpf_local_storage.c).
const updateTries = 5

// update sets a task's element to b.value.
func (b *Broker) update(pidfd *sys.FD, flags sys.ElemFlags) error {
	key := pidfd.Uint32()
	attr := &sys.MapUpdateElemAttr{
		MapFD: b.fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.Bytes(b.value), Flags: flags, KeySize: 4, ValueSize: uint32(len(b.value)),
	}
	for try := 1; ; try++ {
		if _, err := sys.BPF(attr); try == updateTries || !errors.Is(err, syscall.EAGAIN) {
			return err
		}
	}
}

// lookup reads a task's element into b.value.
func (b *Broker) lookup(pidfd *sys.FD) error {
	key := pidfd.Uint32()
	_, err := sys.BPF(&sys.MapLookupElemAttr{
		MapFD: b.fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.Bytes(b.value), KeySize: 4, ValueSize: uint32(len(b.value)),
	})
	return err
}

func (b *Broker) deleteElement(pidfd *sys.FD) error {
	key := pidfd.Uint32()
	_, err := sys.BPF(&sys.MapDeleteElemAttr{MapFD: b.fd.Uint32(), Key: sys.PtrTo(&key), KeySize: 4})
	return err
}
