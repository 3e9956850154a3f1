// Package broker shares a task-storage map with programs that do not have it, nor need to be trusted with it.
//
// Whoever holds a file descriptor of the map can point any task's element at memory of his own. So one process, the broker, holds it. Its
// clients connect to a Unix socket, send memory as a memfd and threads as pidfds, and the broker, which maps the memory too, sets the elements of
// just those threads that are the client's own, as the kernel tells it. Then the client stores into its memory as if it held the
// map: nothing stands between it and the BPF program. Messages are in docs/broker-protocol.md, kptr.Dial is the client.
//
// The broker never touches memory of a client, waits for none, and believes no number that one sends.
package broker

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"kptr/bpfobj"
	"kptr/broker/wire"
	"kptr/sys"
)

// What an error of this package is about.
var (
	ErrNoLayout  = errors.New("value type not known")
	ErrNoKptr    = errors.New("no user kptr")
	ErrInUse     = errors.New("another process listens there")
	ErrNamespace = errors.New("not in the first pid namespace")
)

// Options are how a Broker is set up.
type Options struct {
	Path   string      // of the socket; one that a dead broker has left is replaced
	Mode   os.FileMode // of the socket: write permission is what a client needs
	Limits Limits      // the zero value means DefaultLimits
	Pin    string      // of the map, if an earlier broker may have left elements; they are kept until their owners had time to come back
}

// A Broker serves one map.
type Broker struct {
	fd       *sys.FD // of the map
	kptrs    []bpfobj.UserKptr
	path     string
	limits   Limits
	listener *sys.FD
	poll     *sys.Epoll
	watched  map[int]watched // by the number of a file descriptor
	hello    []byte          // what follows the reply to a hello
	btf      *sys.FD         // goes with it; may be nil
	execs    *execs
	fdLimit  int
	full     bool // no connection is taken: see pause

	processes map[int]*process // by process id
	users     map[uint32]*user
	memories  map[sys.FileID]*memory
	threads   map[uint32]*thread // by thread id
	orphans   map[uint32]*sys.FD // pidfds of threads with an element of an earlier broker, by thread id
	adoptable time.Duration      // until when

	message []byte // buffer for a request
	value   []byte // buffer for an element
	reply   []byte // buffer for a reply
}

// watched is a connection, process or thread: what is to be done when its file descriptor is ready.
type watched interface{ ready(*Broker) }

// New prepares to serve a map, which stays the caller's, and listens. A map whose value type is not known (CAP_SYS_ADMIN reads
// it back) gives ErrNoLayout. It takes CAP_BPF and CAP_PERFMON, and the first pid namespace, whose ids BPF programs see.
func New(m *bpfobj.Map, o Options) (b *Broker, err error) {
	b = &Broker{
		path: o.Path, limits: o.Limits, watched: make(map[int]watched), processes: make(map[int]*process), users: make(map[uint32]*user),
		memories: make(map[sys.FileID]*memory), threads: make(map[uint32]*thread), orphans: make(map[uint32]*sys.FD),
		message: make([]byte, wire.RequestSize+wire.MaxBody+1), value: make([]byte, m.ValueSize()),
	}
	if b.limits == (Limits{}) {
		b.limits = DefaultLimits()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.release())
			b = nil
		}
	}()
	if err = firstNamespace(); err != nil {
		return
	}
	if err = b.describe(m); err != nil {
		return
	}
	if b.execs, err = watchExecs(m, o.Pin); err != nil {
		return
	}
	if o.Pin != "" {
		if err = b.findOrphans(); err != nil {
			return
		}
	}
	var limit syscall.Rlimit
	if err = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return
	}
	b.fdLimit = int(min(limit.Cur, 1<<30))
	if b.poll, err = sys.NewEpoll(); err != nil {
		return
	}
	if b.listener, err = listen(o.Path, o.Mode); err != nil {
		return
	}
	b.watched[b.listener.Int()], b.watched[b.execs.wake.Int()] = acceptor{}, b.execs
	return b, errors.Join(b.poll.Add(b.listener.Int()), b.poll.Add(b.execs.wake.Int()))
}

// listen replaces a socket that nobody listens at, and nothing else: to a file of another kind connect(2) is refused too.
func listen(path string, mode os.FileMode) (*sys.FD, error) {
	fd, err := sys.ListenUnix(path, mode)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fd, err
	}
	var there syscall.Stat_t
	if err := syscall.Lstat(path, &there); err == nil && there.Mode&syscall.S_IFMT != syscall.S_IFSOCK {
		return nil, &os.PathError{Op: "bind", Path: path, Err: fmt.Errorf("a file that is no socket is there: %w", syscall.EADDRINUSE)}
	}
	other, refused := sys.ConnectUnix(path)
	if !errors.Is(refused, syscall.ECONNREFUSED) {
		_ = other.Close()
		return nil, &os.PathError{Op: "bind", Path: path, Err: errors.Join(ErrInUse, syscall.EADDRINUSE)}
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return sys.ListenUnix(path, mode)
}

// firstNamespace checks that ids of processes are here what BPF programs see: PROC_PID_INIT_INO of the kernel's linux/proc_ns.h.
func firstNamespace() error {
	const first = "pid:[4026531836]"
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err == nil && ns != first {
		err = ErrNamespace
	}
	return err
}

// tick is how often deadlines are looked at.
const tick = time.Second

// Run serves until Close. It uses one goroutine, which waits for nobody, and one more for each uid whose files take their time to
// close.
func (b *Broker) Run() error {
	next := clock() + tick
	for {
		ready, err := b.poll.Wait(next - clock())
		if err != nil {
			err = errors.Join(err, b.release())
			if errors.Is(err, os.ErrClosed) {
				return nil
			}
			return err
		}
		for _, fd := range ready {
			// One may be gone by now, and its number another's: each finds out whether there is something to do.
			if w := b.watched[fd]; w != nil {
				w.ready(b)
			}
		}
		if now := clock(); now > next {
			b.tick(now)
			next = now + tick
		}
	}
}

// Close ends Run; it may be called from any goroutine. Elements stay, and clients go on with them for as long as somebody else keeps the map.
func (b *Broker) Close() error { return b.poll.Close() }

// release gives everything up but the elements.
func (b *Broker) release() error {
	for _, w := range b.watched {
		if c, ok := w.(*conn); ok {
			c.abandon()
		}
	}
	for _, fd := range b.orphans {
		_ = fd.Close()
	}
	var errs []error
	if b.poll != nil {
		_ = b.poll.Close() // it may be by Close
	}
	if b.listener != nil {
		errs = append(errs, b.listener.Close())
		_ = os.Remove(b.path) // which Confine forbids: then the next broker replaces the socket
	}
	return errors.Join(append(errs, b.btf.Close(), b.fd.Close(), b.execs.close())...)
}

// tick does what is due after a while.
func (b *Broker) tick(now time.Duration) {
	if b.full {
		b.full = b.poll.Add(b.listener.Int()) != nil
	}
	for _, w := range b.watched {
		if c, ok := w.(*conn); ok && !c.greeted && now-c.since > helloTime {
			c.close(b)
		}
	}
	for uid, u := range b.users {
		if u.bucket.fill(now); u.bucket.full() && u.used == [resources]int{} && u.closer.waiting() == 0 {
			delete(b.users, uid)
		}
	}
	if len(b.orphans) > 0 && now > b.adoptable {
		b.deleteOrphans()
	}
}
