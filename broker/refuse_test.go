package broker_test

import (
	"encoding/binary"
	"os"
	"syscall"
	"testing"
	"time"

	"kptr/broker"
	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"

	"golang.org/x/sys/unix"
)

var order = binary.NativeEndian

// TestMemory is what the broker maps, and what not.
func TestMemory(t *testing.T) {
	s := serve(t, nil)
	page := int64(os.Getpagesize())
	create := func(flags int, size int64, seals int) func(*testing.T) *sys.FD {
		return func(t *testing.T) *sys.FD {
			n, err := unix.MemfdCreate("test", flags|unix.MFD_CLOEXEC)
			if flags&unix.MFD_HUGETLB != 0 && err == syscall.ENOENT {
				kerneltest.Require(t, &sys.NotSupportedError{Feature: "hugetlb (CONFIG_HUGETLBFS, and a processor that has huge pages)"})
			}
			must(t, err)
			fd, err := sys.DupFD(n)
			must(t, err)
			must(t, syscall.Close(n))
			must(t, syscall.Ftruncate(fd.Int(), size))
			if seals != 0 {
				must(t, sys.AddSeals(fd, seals))
			}
			return fd
		}
	}
	file := func(path string, flags int) func(*testing.T) *sys.FD {
		return func(t *testing.T) *sys.FD {
			fd, err := sys.OpenFile(path, flags)
			must(t, err)
			return fd
		}
	}
	const sealing = unix.MFD_ALLOW_SEALING
	for _, tt := range []struct {
		name   string
		fd     func(*testing.T) *sys.FD
		pages  uint32
		reason wire.Reason
		errno  syscall.Errno
	}{
		{"as it should be", create(sealing, 2*page, sys.F_SEAL_SHRINK), 2, 0, 0},
		{"part of it", create(sealing, 2*page, sys.F_SEAL_SHRINK), 1, 0, 0},
		{"more seals", create(sealing, page, sys.F_SEAL_SHRINK|sys.F_SEAL_GROW|sys.F_SEAL_SEAL), 1, 0, 0},
		{"can shrink", create(sealing, page, 0), 1, wire.BadSeals, syscall.EINVAL},
		{"cannot be sealed", create(0, page, 0), 1, wire.BadSeals, syscall.EINVAL},
		{"sealed against writing", create(sealing, page, sys.F_SEAL_SHRINK|sys.F_SEAL_WRITE), 1, wire.BadSeals, syscall.EINVAL},
		{"sealed against later writing", create(sealing, page, sys.F_SEAL_SHRINK|sys.F_SEAL_FUTURE_WRITE), 1, wire.BadSeals, syscall.EINVAL},
		{"no pages", create(sealing, page, sys.F_SEAL_SHRINK), 0, wire.BadSize, syscall.EINVAL},
		{"past its end", create(sealing, page, sys.F_SEAL_SHRINK), 2, wire.BadSize, syscall.EINVAL},
		{"far past its end", create(sealing, page, sys.F_SEAL_SHRINK), 1<<32 - 1, wire.BadSize, syscall.EINVAL},
		{"huge pages", create(sealing|unix.MFD_HUGETLB, 1<<30, sys.F_SEAL_SHRINK), 1, wire.NotMemfd, syscall.EINVAL},
		{"tmpfs", func(t *testing.T) *sys.FD {
			dir := t.TempDir()
			must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, ""))
			t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
			must(t, os.WriteFile(dir+"/file", make([]byte, page), 0o600))
			return file(dir+"/file", syscall.O_RDWR)(t)
		}, 1, wire.BadSeals, syscall.EINVAL},
		{"device", file("/dev/zero", syscall.O_RDWR), 1, wire.NotMemfd, syscall.EINVAL},
		{"path alone (O_PATH)", file("/dev/zero", unix.O_PATH), 1, wire.NotMemfd, syscall.EINVAL},
		{"disk file", func(t *testing.T) *sys.FD {
			kerneltest.NeedHost(t, "a file system on a disk")
			return file("/proc/self/exe", syscall.O_RDONLY)(t)
		}, 1, wire.NotMemfd, syscall.EINVAL},
		{"memfd_secret", func(t *testing.T) *sys.FD {
			n, _, errno := syscall.Syscall(unix.SYS_MEMFD_SECRET, unix.O_CLOEXEC, 0, 0)
			if errno == syscall.ENOSYS { // secretmem.enable
				return file("/dev/null", syscall.O_RDWR)(t)
			}
			fd, err := sys.DupFD(int(n))
			must(t, err)
			must(t, syscall.Close(int(n)))
			return fd
		}, 1, wire.NotMemfd, syscall.EINVAL},
		{"read-only", func(t *testing.T) *sys.FD {
			fd := create(sealing, page, sys.F_SEAL_SHRINK)(t)
			defer fd.Close()
			return file("/proc/self/fd/"+itoa(fd.Int()), syscall.O_RDONLY)(t)
		}, 1, wire.Kernel, syscall.EACCES},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := greet(t, s)
			fd := tt.fd(t)
			defer fd.Close()
			reply, _ := r.ask(wire.Memory, 1, wire.AppendMemory(nil, 1, tt.pages), fd.Int())
			r.refused(reply, tt.reason, tt.errno)
			if tt.reason == 0 {
				return
			}
			r.lend(1, 1) // the connection goes on, and the id is free
		})
	}
}

// TestMemoryTaken: a memfd, and an id, are of one connection at a time.
func TestMemoryTaken(t *testing.T) {
	s := serve(t, nil)
	lockThread(t)
	a, b := greet(t, s), greet(t, s)
	fd := a.lend(1, 1)
	for name, tt := range map[string]struct {
		r  *raw
		id uint32
		fd *sys.FD
	}{
		"same connection":         {a, 2, fd},
		"another one":             {b, 1, fd},
		"another memfd, that id":  {a, 1, memfd(t, 1, sys.F_SEAL_SHRINK)},
		"another file descriptor": {b, 1, reopen(t, fd)},
	} {
		t.Run(name, func(t *testing.T) {
			tt.r.TB = t
			reply, _ := tt.r.ask(wire.Memory, 1, wire.AppendMemory(nil, tt.id, 1), tt.fd.Int())
			tt.r.refused(reply, wire.MemoryTaken, syscall.EEXIST)
		})
	}
	a.TB, b.TB = t, t
	a.accepted(a.set(sys.BPF_NOEXIST, 1, self(t).Int()))
	forget := wire.AppendMemory(nil, 1, 0)
	reply, _ := a.ask(wire.Forget, 1, forget)
	a.refused(reply, wire.MemoryBusy, syscall.EBUSY)
	a.accepted(a.setAt(sys.BPF_EXIST, 0, self(t).Int())) // a NULL in its place
	reply, _ = a.ask(wire.Forget, 1, forget)
	a.accepted(reply)
	reply, _ = a.ask(wire.Forget, 1, forget)
	a.refused(reply, wire.NoMemory, syscall.ENOENT)
	reply, _ = b.ask(wire.Memory, 1, wire.AppendMemory(nil, 1, 1), fd.Int())
	b.accepted(reply)
}

func reopen(t *testing.T, fd *sys.FD) *sys.FD {
	again, err := sys.OpenFile("/proc/self/fd/"+itoa(fd.Int()), syscall.O_RDWR)
	must(t, err)
	t.Cleanup(func() { again.Close() })
	return again
}

// TestReference: a user kptr points into memory of the connection, or nowhere.
func TestReference(t *testing.T) {
	s := serve(t, nil)
	lockThread(t)
	r := greet(t, s)
	r.lend(3, 2)
	other := greet(t, s)
	other.lend(4, 1)
	page, size := uint64(os.Getpagesize()), uint64(12)
	for _, tt := range []struct {
		name   string
		ref    uint64
		reason wire.Reason
		errno  syscall.Errno
	}{
		{"start", wire.Reference(3, 0), 0, 0},
		{"last bytes", wire.Reference(3, 2*page-size), 0, 0},
		{"NULL", 0, 0, 0},
		{"past the end by a byte", wire.Reference(3, 2*page-size+1), wire.BadRef, syscall.EFAULT},
		{"past the end", wire.Reference(3, 1<<32-1), wire.BadRef, syscall.EFAULT},
		{"no such memory", wire.Reference(5, 0), wire.BadRef, syscall.EFAULT},
		{"memory of another connection", wire.Reference(4, 0), wire.BadRef, syscall.EFAULT},
		{"memory 0", wire.Reference(0, 8), wire.BadRef, syscall.EFAULT},
		{"an address of the broker", 0x7f0000001000, wire.BadRef, syscall.EFAULT},
		{"across a page boundary", wire.Reference(3, page-size+1), wire.Kernel, syscall.EOPNOTSUPP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.TB = t
			r.refused(r.setAt(sys.BPF_ANY, tt.ref, self(t).Int()), tt.reason, tt.errno)
		})
	}
}

// TestPidfd: only threads of the process that has connected.
func TestPidfd(t *testing.T) {
	s := serve(t, nil)
	lockThread(t)
	r := greet(t, s)
	r.lend(1, 1)
	other, reaped := start(t, "sleep", nil), start(t, "sleep", nil)
	gone := pidfd(t, reaped.pid(), 0)
	roots := 1
	if os.Getpid() == roots { // in a guest
		roots = 2 // kthreadd
	}
	reaped.kill()
	proc, err := sys.OpenFile("/proc/self", syscall.O_RDONLY|syscall.O_DIRECTORY)
	must(t, err)
	defer proc.Close()
	for _, tt := range []struct {
		name   string
		fd     *sys.FD
		reason wire.Reason
		errno  syscall.Errno
	}{
		{"another process", pidfd(t, other.pid(), 0), wire.Foreign, syscall.EPERM},
		{"its thread", pidfd(t, other.pid(), sys.PIDFD_THREAD), wire.Foreign, syscall.EPERM},
		{"a process of root's", pidfd(t, roots, 0), wire.Foreign, syscall.EPERM},
		{"reaped", gone, wire.Gone, syscall.ENOENT},
		{"memfd", memfd(t, 1, 0), wire.NotPidfd, syscall.EBADF},
		{"the socket", r.fd, wire.NotPidfd, syscall.EBADF},
		{"directory of procfs", proc, wire.NotPidfd, syscall.EBADF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.TB = t
			r.refused(r.set(sys.BPF_ANY, 1, tt.fd.Int()), tt.reason, tt.errno)
			reply, _ := r.ask(wire.Get, 1, nil, tt.fd.Int())
			r.refused(reply, tt.reason, tt.errno)
			reply, _ = r.ask(wire.Delete, 1, nil, tt.fd.Int())
			r.refused(reply, tt.reason, tt.errno)
		})
	}
	r.TB = t

	// The entries before the one that is refused are done.
	reply := r.set(sys.BPF_NOEXIST, 1, self(t).Int(), gone.Int(), self(t).Int())
	r.refused(reply, wire.Gone, syscall.ENOENT)
	if reply.Done != 1 || !hasElement(t, s, sys.Gettid()) {
		t.Errorf("%d entries done, want 1", reply.Done)
	}
	r.refused(r.set(sys.BPF_NOEXIST, 1, self(t).Int()), wire.Kernel, syscall.EEXIST)
	second := greet(t, s)
	second.lend(1, 1)
	second.refused(second.set(sys.BPF_ANY, 1, self(t).Int()), wire.Taken, syscall.EEXIST)
	reply, _ = second.ask(wire.Delete, 1, nil, self(t).Int())
	second.refused(reply, wire.Taken, syscall.EEXIST)
	reply, body := second.ask(wire.Get, 1, nil, self(t).Int())
	second.accepted(reply)
	if len(body) != 8 || order.Uint64(body) != 0 {
		t.Errorf("value % x, want 8 zeroes: user kptrs are not shown", body)
	}
	reply, _ = r.ask(wire.Delete, 1, nil, self(t).Int())
	r.accepted(reply)
	reply, _ = r.ask(wire.Delete, 1, nil, self(t).Int())
	r.refused(reply, wire.Kernel, syscall.ENOENT)
	r.refused(r.set(sys.BPF_EXIST, 1, self(t).Int()), wire.Kernel, syscall.ENOENT)
}

// TestMalformed: what is not a request ends the connection, and holds nobody up.
func TestMalformed(t *testing.T) {
	s := serve(t, nil)
	lockThread(t)
	hello, memory := wire.AppendHello(nil), wire.AppendMemory(nil, 1, 1)
	value := order.AppendUint64(nil, 0)
	fd, me := memfd(t, 1, sys.F_SEAL_SHRINK), self(t)
	many := make([]int, 253)
	for i := range many {
		many[i] = fd.Int()
	}
	after := func(message []byte, fds ...int) func(*testing.T) *raw {
		return func(t *testing.T) *raw {
			r := greet(t, s)
			must(t, sys.Send(r.fd, message, fds...))
			return r
		}
	}
	first := func(message []byte, fds ...int) func(*testing.T) *raw {
		return func(t *testing.T) *raw {
			r := connect(t, s)
			must(t, sys.Send(r.fd, message, fds...))
			return r
		}
	}
	long := make([]byte, wire.MaxBody+8)
	for _, tt := range []struct {
		name string
		send func(*testing.T) *raw
	}{
		{"half a head", first(message(wire.Hello, 1, hello)[:8])},
		{"half an entry", first(message(wire.Hello, 1, hello)[:20])},
		{"a byte too many", first(append(message(wire.Hello, 1, hello), 0))},
		{"no hello first", first(message(wire.Memory, 1, memory), fd.Int())},
		{"garbage", first([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))},
		{"hello with a file", first(message(wire.Hello, 1, hello), fd.Int())},
		{"hello, not zero", first(message(wire.Hello, 1, []byte{1, 0, 0, 0, 1, 1, 1, 1}))},
		{"253 files", first(message(wire.Hello, 1, hello), many...)},
		{"second hello", after(message(wire.Hello, 1, hello))},
		{"unknown op", after(message(99, 1, memory))},
		{"op 0", after(message(0, 0, nil))},
		{"memory without a file", after(message(wire.Memory, 1, memory))},
		{"memory with two", after(message(wire.Memory, 1, memory), fd.Int(), fd.Int())},
		{"memory 0", after(message(wire.Memory, 1, wire.AppendMemory(nil, 0, 1)), fd.Int())},
		{"two memories", after(message(wire.Memory, 2, append(memory, memory...)), fd.Int(), fd.Int())},
		{"forget with pages", after(message(wire.Forget, 1, memory))},
		{"set without entries", after(message(wire.Set, 0, nil))},
		{"set without a pidfd", after(message(wire.Set, 1, wire.AppendSet(nil, 0, value)))},
		{"set with a short value", after(message(wire.Set, 1, wire.AppendSet(nil, 0, value[:4])), me.Int())},
		{"set with BPF_F_LOCK", after(message(wire.Set, 1, wire.AppendSet(nil, 4, value)), me.Int())},
		{"set, not zero", after(message(wire.Set, 1, append([]byte{0, 0, 0, 0, 1, 1, 1, 1}, value...)), me.Int())},
		{"65 deletes", after(message(wire.Delete, 65, nil), many[:65]...)},
		{"count times size overflows", after((&wire.Request{Op: wire.Delete, Count: 1 << 31, Size: 2}).Append(nil), me.Int())},
		{"two gets", after(message(wire.Get, 2, nil), me.Int(), me.Int())},
		{"get with an entry", after(message(wire.Get, 1, value), me.Int())},
		{"longer than any", after(message(wire.Delete, 1, long), me.Int())},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.openFDs(t)
			r := tt.send(t)
			b := make([]byte, 1<<10)
			if m := r.receive(b); m.Size > 0 { // a cut message gets no reply
				reply, _, _ := wire.ParseReply(b[:m.Size])
				r.refused(reply, wire.Protocol, syscall.EBADMSG)
			}
			if !r.hungUp() {
				t.Error("the connection goes on")
			}
			must(t, r.fd.Close())
			kerneltest.Eventually(t, "the broker to close its files", func() bool { return s.openFDs(t) <= before })
		})
	}
	t.Run("other version", func(t *testing.T) {
		r := connect(t, s)
		reply, _ := r.ask(wire.Hello, 1, []byte{99, 0, 0, 0, 0, 0, 0, 0})
		if order.Uint32([]byte{99, 0, 0, 0}) != 99 {
			reply, _ = connect(t, s).ask(wire.Hello, 1, []byte{0, 0, 0, 99, 0, 0, 0, 0})
		}
		r.refused(reply, wire.BadVersion, syscall.EPROTO)
		if reply.Limit != wire.Version || !r.hungUp() {
			t.Errorf("%+v", reply)
		}
	})
	greet(t, s)
}

// openFDs counts those of this process, the broker's among them.
func (s *service) openFDs(t testing.TB) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(names)
}

// TestSilent: who says nothing loses the connection after a while, and so does who reads nothing.
func TestSilent(t *testing.T) {
	s := serve(t, nil)
	silent, since := connect(t, s), time.Now()
	deaf := greet(t, s)
	for {
		err := sys.Send(deaf.fd, message(wire.Forget, 1, wire.AppendMemory(nil, 1, 0)))
		if err != nil { // EPIPE: hung up on
			break
		}
	}
	polite := greet(t, s) // is served meanwhile
	polite.lend(1, 1)
	for !silent.hungUp() {
		if time.Since(since) > 20*time.Second {
			t.Fatal("a silent connection is kept")
		}
	}
	if d := time.Since(since); d < 4*time.Second {
		t.Errorf("hung up after %v", d)
	}
	polite.lend(2, 1) // has said hello, and may be silent
}

// TestQuotas: each is named in the refusal, with its limit, and what is given back counts no more.
func TestQuotas(t *testing.T) {
	wide := broker.DefaultLimits()
	for _, tt := range []struct {
		name   string
		narrow func(*broker.Limits)
		reason wire.Reason
		limit  uint64
		use    func(r *raw, n int) wire.Reply // of the n-th piece
		free   func(r *raw)
	}{
		{"threads", func(l *broker.Limits) { l.Process.Threads = 2 }, wire.Threads, 2, setNth, deleteFirst},
		{"uid-threads", func(l *broker.Limits) { l.UID.Threads = 2 }, wire.Threads + wire.OfUID, 2, setNth, deleteFirst},
		{"pages", func(l *broker.Limits) { l.Process.Pages = 5 }, wire.Pages, 5, lendTwoPages, forgetFirst},
		{"uid-pages", func(l *broker.Limits) { l.UID.Pages = 5 }, wire.Pages + wire.OfUID, 5, lendTwoPages, forgetFirst},
		{"memories", func(l *broker.Limits) { l.Process.Memories = 2 }, wire.Memories, 2, lendTwoPages, forgetFirst},
		{"uid-memories", func(l *broker.Limits) { l.UID.Memories = 2 }, wire.Memories + wire.OfUID, 2, lendTwoPages, forgetFirst},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(o *broker.Options) { o.Limits = wide; tt.narrow(&o.Limits) })
			r := greet(t, s)
			for n := range 2 {
				r.accepted(tt.use(r, n))
			}
			reply := tt.use(r, 2)
			r.refused(reply, tt.reason, syscall.EDQUOT)
			if reply.Limit != tt.limit {
				t.Errorf("limit %d, want %d", reply.Limit, tt.limit)
			}
			tt.free(r)
			r.accepted(tt.use(r, 2))
		})
	}
	for _, uid := range []bool{false, true} {
		connections, rate := wire.Connections, wire.Rate
		limits := wide
		narrow := &limits.Process
		if uid {
			connections, rate, narrow = connections+wire.OfUID, rate+wire.OfUID, &limits.UID
		}
		narrow.Connections, narrow.Rate = 2, 20
		t.Run(connections.String(), func(t *testing.T) {
			s := serve(t, func(o *broker.Options) { o.Limits = limits })
			a := greet(t, s)
			greet(t, s)
			c := connect(t, s)
			reply, _ := c.reply()
			c.refused(reply, connections, syscall.EDQUOT)
			if reply.Limit != 2 || !c.hungUp() {
				t.Errorf("limit %d", reply.Limit)
			}
			must(t, a.fd.Close())
			kerneltest.Eventually(t, "a connection to be free", func() bool {
				c := connect(t, s)
				if sys.Send(c.fd, message(wire.Hello, 1, wire.AppendHello(nil))) != nil {
					return false
				}
				reply, _ := c.reply()
				return reply.Reason == 0
			})
		})
		t.Run(rate.String(), func(t *testing.T) {
			s := serve(t, func(o *broker.Options) { o.Limits = limits })
			r := greet(t, s)
			var reply wire.Reply
			for range 100 {
				if reply, _ = r.ask(wire.Forget, 1, wire.AppendMemory(nil, 1, 0)); reply.Reason != wire.NoMemory {
					break
				}
			}
			r.refused(reply, rate, syscall.EAGAIN)
			if reply.Limit != 20 {
				t.Errorf("limit %d", reply.Limit)
			}
			time.Sleep(200 * time.Millisecond)
			reply, _ = r.ask(wire.Forget, 1, wire.AppendMemory(nil, 1, 0))
			r.refused(reply, wire.NoMemory, syscall.ENOENT)
		})
	}
}

// setNth sets the element of a thread of its own, which lives until the test ends.
func setNth(r *raw, n int) wire.Reply {
	if n == 0 {
		r.lend(1, 1)
	}
	return r.set(sys.BPF_ANY, 1, otherThread(r, n).Int())
}

var workers = map[testing.TB][]*sys.FD{}

// otherThread gives a pidfd of the n-th thread of a test.
func otherThread(r *raw, n int) *sys.FD {
	for len(workers[r.TB]) <= n {
		tid, stop := make(chan int), make(chan struct{})
		go func() {
			lockForGood()
			tid <- sys.Gettid()
			<-stop
		}()
		workers[r.TB] = append(workers[r.TB], pidfd(r, <-tid, sys.PIDFD_THREAD))
		r.Cleanup(func() { close(stop) })
	}
	return workers[r.TB][n]
}

func deleteFirst(r *raw) {
	reply, _ := r.ask(wire.Delete, 1, nil, otherThread(r, 0).Int())
	r.accepted(reply)
}

func lendTwoPages(r *raw, n int) wire.Reply {
	reply, _ := r.ask(wire.Memory, 1, wire.AppendMemory(nil, uint32(n+1), 2), memfd(r, 2, sys.F_SEAL_SHRINK).Int())
	return reply
}

func forgetFirst(r *raw) {
	reply, _ := r.ask(wire.Forget, 1, wire.AppendMemory(nil, 1, 0))
	r.accepted(reply)
}
