package kptr_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/broker"
	"kptr/broker/wire"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// brokerEnv has open put a broker between the tests and their maps.
const brokerEnv = "KPTR_TEST_BROKER"

// throughBroker tells whether there is one.
func throughBroker() bool { return os.Getenv(brokerEnv) != "" }

// dial gives a map as a client of a broker has it.
func dial[V any](t testing.TB, m *bpfobj.Map, opts ...kptr.Option) *kptr.Map[V] {
	t.Helper()
	hints, err := kptr.Dial[V](serveMap(t, m), opts...)
	must(t, err)
	t.Cleanup(func() { mustClose(t, hints) })
	return hints
}

// serveMap has a broker of this process serve a map until the end of the test, and gives the path of its socket.
func serveMap(t testing.TB, m *bpfobj.Map) string {
	t.Helper()
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	path := filepath.Join(t.TempDir(), "socket")
	t.Cleanup(serveAt(t, m, path))
	return path
}

// serveAt has a broker of this process serve a map until stop, with limits that are hardly any, as changed.
func serveAt(t testing.TB, m *bpfobj.Map, path string, change ...func(*broker.Limits)) (stop func()) {
	t.Helper()
	limits := broker.DefaultLimits()
	for _, q := range []*broker.Quota{&limits.Process, &limits.UID} {
		*q = broker.Quota{Connections: 4, Threads: 20000, Pages: 1 << 20, Memories: 10000, Rate: 10_000_000}
	}
	for _, f := range change {
		f(&limits)
	}
	b, err := broker.New(m, broker.Options{Path: path, Mode: 0o600, Limits: limits})
	must(t, err)
	over := make(chan error)
	go func() { over <- b.Run() }()
	return func() {
		must(t, b.Close())
		must(t, <-over)
	}
}

// brokered are tests of maps that are the same through a broker. Others use vouched memory, tasks of other processes, or count the
// process's file descriptors.
const brokered = "Close|Concurrent|LifetimeReuse|LifetimeThread|OnThread|OneShare|Quarantine|Replace|ShareAll|ShareAllClosed|ShareAllLeavesShares|" +
	"ShareAllPrepare|ShareAllReplaces|ShareEverything|ShareLeader|ShareTasks|ShareTwice|Soak|UpdateFlags|UpdateKeepsOutBPFFields|UpdateSharesBlock|" +
	"With|WithEnding|WithPanic"

// TestThroughBroker runs tests again, with a broker in between: a program sees no difference.
func TestThroughBroker(t *testing.T) {
	kerneltest.NeedHost(t, "another process of the tests")
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	needUserKptrs(t)
	cmd := exec.Command("/proc/self/exe", "-test.run", "^Test("+brokered+")$", "-test.v")
	cmd.Env = append(os.Environ(), brokerEnv+"=1")
	out, err := cmd.CombinedOutput()
	if passed := strings.Count("\n"+string(out), "\n--- PASS"); err != nil || passed != 1+strings.Count(brokered, "|") {
		t.Errorf("%d passed, %v\n%s", passed, err, out)
	}
}

// TestBrokerRefuses: what a client cannot have says so.
func TestBrokerRefuses(t *testing.T) {
	m := dial[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	mem, err := m.Vouch("mine", anonymous(t, 1).Bytes())
	must(t, err)
	h, err := kptr.At[Hint](mem, 0)
	must(t, err)
	err = m.Update(kptr.ThisThread(), &Value{h}, sys.BPF_ANY)
	want(t, err, kptr.ErrBroker, 0)
	var refused *kptr.MemoryError
	if !errors.As(err, &refused) || refused.Field != "Udata" {
		t.Errorf("%v", err)
	}
	other := kptr.Process(1)
	if os.Getpid() == 1 { // in a guest, where 2 is kthreadd
		other = kptr.Process(2)
	}
	_, err = m.Lookup(other)
	want(t, err, kptr.ErrForeign, syscall.EPERM)
	want(t, m.Delete(other), kptr.ErrForeign, syscall.EPERM)
	want(t, m.Update(other, &Value{}, sys.BPF_ANY), kptr.ErrForeign, syscall.EPERM)
	want(t, m.Delete(kptr.ThisThread()), kptr.ErrNoElement, syscall.ENOENT)
	want(t, m.Delete(kptr.Pidfd(0)), kptr.ErrNotPidfd, syscall.EBADF)
}

// TestDialLayout: V is compared with the BTF that the broker sends.
func TestDialLayout(t *testing.T) {
	type other struct {
		Udata *struct{ A, B uint32 } `btf:"kptr_user"`
	}
	m := loadLocal(t).Map("datamap")
	path := serveMap(t, m)
	_, err := kptr.Dial[other](path)
	var differs *btf.LayoutError
	if !errors.As(err, &differs) || len(differs.Differences) < 2 {
		t.Errorf("%v", err)
	}
	if hints, err := kptr.Dial[Value](path); err != nil {
		t.Error(err)
	} else {
		if err := hints.Unchecked(); err != nil || hints.Name() != "datamap" {
			t.Errorf("%q, %v", hints.Name(), err)
		}
		mustClose(t, hints)
	}
	if _, err := kptr.Dial[Value](path + ".no"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestBrokerComesBack: while brokers come and go nothing but ErrLost is seen by those who go on. A new one is told who asks and what
// memory there is before anything else, and is given whole shares.
func TestBrokerComesBack(t *testing.T) {
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	datamap := loadLocal(t).Map("datamap")
	path := filepath.Join(t.TempDir(), "socket")
	stop := serveAt(t, datamap, path)
	m, err := kptr.Dial[Value](path)
	must(t, err)
	var over atomic.Bool
	var busy sync.WaitGroup
	goOn := func(f func() error) {
		busy.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for !over.Load() {
				if err := f(); err != nil && !errors.Is(err, kptr.ErrLost) {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 2 {
		goOn(func() error {
			s, err := m.Replace(kptr.ThisThread()) // Share would find what a share left that was closed without a broker
			if err != nil {
				return err
			}
			defer s.Close()
			_, err = m.Lookup(kptr.ThisThread())
			return err
		})
	}
	lockThread(t)
	must(t, m.OnThread(func(*kptr.Shared[Value]) error {
		for range 8 {
			stop()
			kerneltest.Eventually(t, "the connection to be lost", func() bool {
				_, err := m.Lookup(kptr.ThisThread())
				return errors.Is(err, kptr.ErrLost)
			})
			stop = serveAt(t, datamap, path, func(l *broker.Limits) { l.Process.Pages-- }) // another quota than before
			kerneltest.Eventually(t, "the client to come back", func() bool {
				_, err := m.Lookup(kptr.ThisThread())
				return err == nil
			})
		}
		over.Store(true)
		busy.Wait()
		return nil
	}))
	mustClose(t, m)
	stop()
}

// dialServed gives a map through a broker with limits as changed, until stop, and the broker's path.
func dialServed(t *testing.T, change ...func(*broker.Limits)) (m *kptr.Map[Value], path string, stop func()) {
	t.Helper()
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	path = filepath.Join(t.TempDir(), "socket")
	stop = serveAt(t, loadLocal(t).Map("datamap"), path, change...)
	m, err := kptr.Dial[Value](path)
	must(t, err)
	t.Cleanup(func() { mustClose(t, m) })
	return m, path, stop
}

// TestBrokerRate: a share that is closed when too much has been asked is closed all the same, if later.
func TestBrokerRate(t *testing.T) {
	m, _, stop := dialServed(t, func(l *broker.Limits) { l.Process.Rate = 5 }) // less than an emulated processor asks
	defer stop()
	lockThread(t)
	s, err := m.Share(kptr.ThisThread())
	must(t, err)
	for err == nil {
		_, err = m.Lookup(kptr.ThisThread())
	}
	if !errors.Is(err, kptr.ErrQuota) {
		t.Fatal(err)
	}
	must(t, s.Close())
	kerneltest.Eventually(t, "the rate to allow a share", func() bool {
		s, err = m.Share(kptr.ThisThread())
		return !errors.Is(err, kptr.ErrQuota)
	})
	must(t, err)
	must(t, s.Close())
}

// TestBrokerKeepsOn: a number that is no file descriptor is the caller's mistake, and the connection's affair no more than without a
// broker; a broker that is away is no such mistake.
func TestBrokerKeepsOn(t *testing.T) {
	m, _, stop := dialServed(t)
	lockThread(t)
	s, err := m.Share(kptr.ThisThread())
	must(t, err)
	defer s.Close()
	if err := m.Delete(kptr.Pidfd(1 << 20)); !errors.Is(err, kptr.ErrNotPidfd) || errors.Is(err, kptr.ErrLost) {
		t.Errorf("no file descriptor: %v", err)
	}
	if _, err := m.Lookup(kptr.ThisThread()); err != nil {
		t.Errorf("after it: %v", err)
	}
	stop()
	kerneltest.Eventually(t, "the connection to be lost", func() bool {
		_, err = m.Lookup(kptr.ThisThread())
		return err != nil
	})
	if _, err := m.Lookup(kptr.ThisThread()); !errors.Is(err, kptr.ErrLost) || errors.Is(err, kptr.ErrNotPidfd) {
		t.Errorf("without a broker: %v", err)
	}
}

// TestUselessBroker: one that hangs up is not asked more and more often.
func TestUselessBroker(t *testing.T) {
	_, path, stop := dialServed(t)
	stop()
	listener, err := sys.ListenUnix(path, 0o600)
	must(t, err)
	defer listener.Close()
	var since time.Time
	for n := range 5 {
		kerneltest.Eventually(t, "a connection", func() bool {
			fd, err := sys.Accept(listener)
			_ = fd.Close()
			return err == nil
		})
		if n == 0 {
			since = time.Now()
		}
	}
	// Pauses of 50 ms at least would be 200 in all, each twice as long as the one before 1500.
	if took := time.Since(since); took < time.Second {
		t.Errorf("five connections within %v", took)
	}
}

// relay passes what a client and a broker say on, up to the reply to a request, which it keeps to itself. It gives the path where it listens.
func relay(t *testing.T, broker string, last wire.Op) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "relay")
	listener, err := sys.ListenUnix(path, 0o600)
	must(t, err)
	b := make([]byte, wire.ReplySize+wire.MaxBody)
	pass := func(from, to *sys.FD) wire.Op {
		m, err := sys.Receive(from, b)
		for ; errors.Is(err, syscall.EAGAIN); m, err = sys.Receive(from, b) {
			time.Sleep(time.Millisecond)
		}
		if err != nil || m.Size == 0 {
			return last
		}
		request, _, _ := wire.ParseRequest(b[:m.Size])
		var numbers []int
		for _, fd := range m.FDs {
			defer fd.Close()
			numbers = append(numbers, fd.Int())
		}
		if to != nil {
			_ = sys.Send(to, b[:m.Size], numbers...)
		}
		return request.Op
	}
	var done sync.WaitGroup
	t.Cleanup(done.Wait)
	done.Go(func() {
		client, err := sys.Accept(listener)
		for ; errors.Is(err, syscall.EAGAIN); client, err = sys.Accept(listener) {
			time.Sleep(time.Millisecond)
		}
		defer client.Close()
		defer listener.Close()
		server, err := sys.ConnectUnix(broker)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		for pass(client, server) != last {
			pass(server, client)
		}
		pass(server, nil)
	})
	return path
}

// TestReplyLost: the broker may have set an element whose share failed. Nobody else gets its block.
func TestReplyLost(t *testing.T) {
	broker := serveMap(t, loadLocal(t).Map("datamap"))
	m, err := kptr.Dial[Value](relay(t, broker, wire.Set))
	must(t, err)
	lockThread(t)
	_, err = m.Share(kptr.ThisThread())
	want(t, err, kptr.ErrLost, 0)
	if got := m.Stats(); got.Lost != 1 {
		t.Errorf("%+v", got)
	}
	mustClose(t, m)
}
