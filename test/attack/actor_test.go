//go:build !race

package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kptr/bpfobj"
	"kptr/broker/wire"
	"kptr/sys"
)

// hint mirrors struct user_data of prebuilt.EveryTask.
type hint struct{ A, B, Result atomic.Int32 }

const hintSize = 12

// A door is what a process sets elements through. Its user kptrs point into the process's memory, a memfd that is mapped shared.
type door interface {
	set(pidfd int, offset int, flags sys.ElemFlags) error
	delete(pidfd int) error
}

// An actorState is what a process has that does as it is told: a victim or an attacker.
type actorState struct {
	way, path string
	door      door
	conns     []*connection
	memfd     *sys.FD
	mem       *sys.Mapping
	threads   map[int]chan func() // by thread id
}

const pages = 4

func act() error {
	a := &actorState{threads: make(map[int]chan func())}
	for {
		line, err := readLine()
		if err != nil {
			return nil
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		var out reply
		out.N, err = a.do(r.Op, args(r.Args))
		if err != nil {
			out.Err = err.Error()
		}
		if _, err := os.Stdout.Write(encode(out)); err != nil {
			return err
		}
	}
}

// readLine reads no byte beyond the line: the next one may be for the program that this one executes.
func readLine() (line []byte, err error) {
	for {
		var b [1]byte
		if n, err := syscall.Read(0, b[:]); n != 1 || err != nil {
			return nil, io.EOF
		}
		if line = append(line, b[0]); b[0] == '\n' {
			return line, nil
		}
	}
}

// args are those of an operation; what is missing is zero.
type args []any

func (a args) n(i int) int {
	if i < len(a) {
		if n, ok := a[i].(float64); ok {
			return int(n)
		}
	}
	return 0
}

func (a args) s(i int) string {
	if i < len(a) {
		if s, ok := a[i].(string); ok {
			return s
		}
	}
	return ""
}

func (a *actorState) do(op string, p args) (int64, error) {
	switch op {
	case "pid":
		return int64(os.Getpid()), nil
	case "open": // KIND PATH
		a.way, a.path = p.s(0), p.s(1)
		return 0, a.open()
	case "set": // TID OFFSET FLAGS
		return 0, a.withPidfd(p.n(0), func(fd int) error { return a.door.set(fd, p.n(1), sys.ElemFlags(p.n(2))) })
	case "setfd": // FD OFFSET
		return 0, a.door.set(p.n(0), p.n(1), sys.BPF_ANY)
	case "delete": // TID
		return 0, a.withPidfd(p.n(0), a.door.delete)
	case "write": // OFFSET A B
		h := a.hint(p.n(0))
		h.A.Store(int32(p.n(1)))
		h.B.Store(int32(p.n(2)))
		h.Result.Store(0)
		return 0, nil
	case "result": // OFFSET
		return int64(a.hint(p.n(0)).Result.Load()), nil
	case "call": // TID: 0 is the first thread
		a.on(p.n(0), func() {
			for range 16 { // BPF may be kept out of the task's storage for one of them
				unix.Gettid()
			}
		})
		return 0, nil
	case "thread":
		return int64(a.startThread()), nil
	case "end": // TID
		close(a.threads[p.n(0)])
		delete(a.threads, p.n(0))
		return 0, nil
	}
	if n, err := a.file(op, p); err != errUnknownOp {
		return n, err
	}
	return a.speak(op, p)
}

func (a *actorState) open() error {
	var err error
	if a.memfd, err = sys.MemfdCreate("attack", pages*int64(os.Getpagesize()), sys.MFD_NOEXEC_SEAL); err != nil {
		return err
	}
	if err := sys.AddSeals(a.memfd, sys.F_SEAL_SHRINK); err != nil {
		return err
	}
	if a.mem, err = sys.Mmap(a.memfd, 0, pages*os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		return err
	}
	if a.way == "broker" {
		return a.connect()
	}
	m, err := bpfobj.OpenPinned(a.path)
	if err != nil {
		return err
	}
	fd, err := m.FD()
	a.door = &pin{fd, a.mem}
	return err
}

// connect opens a connection, on which the memory has id 1 if it is the first.
func (a *actorState) connect() error {
	c, err := dial(a.path)
	if err != nil {
		return err
	}
	a.conns = append(a.conns, c)
	if len(a.conns) > 1 {
		return c.hello()
	}
	a.door = c
	if err := c.hello(); err != nil {
		return err
	}
	return c.memory(a.memfd.Int(), 1, pages)
}

func (a *actorState) hint(offset int) *hint {
	h, err := sys.At[hint](a.mem, uintptr(offset))
	if err != nil {
		panic(err)
	}
	return h
}

func (a *actorState) withPidfd(tid int, do func(fd int) error) error {
	fd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	if err != nil {
		return err
	}
	defer fd.Close()
	return do(fd.Int())
}

// startThread starts a thread that lives until "end".
func (a *actorState) startThread() int {
	work, tid := make(chan func()), make(chan int)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		tid <- unix.Gettid()
		for f := range work {
			f()
		}
	}()
	id := <-tid
	a.threads[id] = work
	return id
}

func (a *actorState) on(tid int, f func()) {
	work := a.threads[tid]
	if work == nil {
		f()
		return
	}
	done := make(chan struct{})
	work <- func() { f(); close(done) }
	<-done
}

// A pin is a door that everybody has the key of.
type pin struct {
	fd  *sys.FD
	mem *sys.Mapping
}

func (p *pin) set(pidfd int, offset int, flags sys.ElemFlags) error {
	key, value := uint32(pidfd), uint64(p.mem.Addr())+uint64(offset)
	_, err := sys.BPF(&sys.MapUpdateElemAttr{
		MapFD: p.fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.PtrTo(&value), Flags: flags, KeySize: 4, ValueSize: 8,
	})
	return err
}

func (p *pin) delete(pidfd int) error {
	key := uint32(pidfd)
	_, err := sys.BPF(&sys.MapDeleteElemAttr{MapFD: p.fd.Uint32(), Key: sys.PtrTo(&key), KeySize: 4})
	return err
}

// A connection is one to a broker; it speaks docs/broker-protocol.md, and whatever else it is told to say.
type connection struct {
	fd  int
	seq uint32
}

// patience is how long an actor waits for a reply.
const patience = 10 * time.Second

func dial(path string) (*connection, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	wait := unix.NsecToTimeval(int64(patience))
	err = errors.Join(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait), unix.Connect(fd, &unix.SockaddrUnix{Name: path}))
	return &connection{fd: fd}, err
}

// call sends a request and reads the reply.
func (c *connection) call(op wire.Op, count, size int, body []byte, fds ...int) ([]byte, error) {
	c.seq++
	head := wire.Request{Op: op, Seq: c.seq, Count: uint32(count), Size: uint32(size)}
	sent := c.send(append(head.Append(nil), body...), fds...)
	reply, err := c.receive()
	// A connection that is refused may be closed before the request is there, and the reason waits behind that.
	if errors.Is(err, syscall.ECONNRESET) {
		reply, err = c.receive()
	}
	if errors.Is(err, io.EOF) && sent != nil {
		err = sent
	}
	return reply, err
}

func (c *connection) send(b []byte, fds ...int) error {
	var control []byte
	if len(fds) > 0 {
		control = unix.UnixRights(fds...)
	}
	for {
		_, err := unix.SendmsgN(c.fd, b, control, nil, unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return os.NewSyscallError("sendmsg", err)
		}
	}
}

// receive gives io.EOF when the broker has hung up.
func (c *connection) receive() ([]byte, error) {
	b, control := make([]byte, 1<<17), make([]byte, 64)
	n, room, _, _, err := unix.Recvmsg(c.fd, b, control, unix.MSG_CMSG_CLOEXEC)
	for err == unix.EINTR { // SO_RCVTIMEO: not restarted after a signal of the Go runtime's
		n, room, _, _, err = unix.Recvmsg(c.fd, b, control, unix.MSG_CMSG_CLOEXEC)
	}
	if err != nil {
		return nil, os.NewSyscallError("recvmsg", err)
	}
	if parts, err := unix.ParseSocketControlMessage(control[:room]); err == nil && len(parts) > 0 {
		fds, _ := unix.ParseUnixRights(&parts[0])
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
	if n == 0 {
		return nil, io.EOF
	}
	head, body, ok := wire.ParseReply(b[:n])
	switch {
	case !ok:
		return nil, fmt.Errorf("reply of %d bytes", n)
	case head.Errno != 0:
		return nil, &wire.Error{Reason: head.Reason, Errno: syscall.Errno(head.Errno), Limit: head.Limit}
	}
	return body, nil
}

func (c *connection) hello() error {
	_, err := c.call(wire.Hello, 1, wire.HelloSize, wire.AppendHello(nil))
	return err
}

func (c *connection) memory(fd int, id, pages uint32) error {
	_, err := c.call(wire.Memory, 1, wire.MemorySize, wire.AppendMemory(nil, id, pages), fd)
	return err
}

func (c *connection) set(pidfd int, offset int, flags sys.ElemFlags) error {
	return c.setRef(pidfd, wire.Reference(1, uint64(offset)), flags)
}

func (c *connection) setRef(pidfd int, ref uint64, flags sys.ElemFlags) error {
	_, err := c.call(wire.Set, 1, wire.SetHead+8, setEntry(ref, flags), pidfd)
	return err
}

func setEntry(ref uint64, flags sys.ElemFlags) []byte {
	return wire.AppendSet(nil, uint32(flags), le(ref))
}

func (c *connection) delete(pidfd int) error {
	_, err := c.call(wire.Delete, 1, 0, nil, pidfd)
	return err
}
