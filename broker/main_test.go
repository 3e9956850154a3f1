package broker_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/broker"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
	}
	kerneltest.Main(m, nil)
}

// hint mirrors struct user_data and value struct value_type of prebuilt.EveryTask.
type hint struct{ A, B, Result int32 }

type value struct {
	Udata *hint `btf:"kptr_user"`
}

// A service is a broker of this process, and the map that it serves.
type service struct {
	*broker.Broker
	m    *bpfobj.Map
	path string
	over chan error
}

// needBroker skips where there can be no broker.
func needBroker(t testing.TB) {
	t.Helper()
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	_, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
}

// serve loads a program that adds the numbers of every task, and has a broker serve its map until the end of the test.
func serve(t testing.TB, change func(*broker.Options)) *service {
	t.Helper()
	needBroker(t)
	kerneltest.NoLeaks(t)
	obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
	kerneltest.Require(t, err)
	t.Cleanup(func() { must(t, obj.Close()) })
	must(t, obj.Attach())
	return serveMap(t, obj.Map("datamap"), change)
}

func serveMap(t testing.TB, m *bpfobj.Map, change func(*broker.Options)) *service {
	t.Helper()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		must(t, os.Chmod(d, 0o755)) // others connect too
	}
	o := broker.Options{Path: filepath.Join(dir, "socket"), Mode: 0o666}
	if change != nil {
		change(&o)
	}
	b, err := broker.New(m, o)
	must(t, err)
	s := &service{b, m, o.Path, make(chan error, 1)}
	go func() { s.over <- b.Run() }()
	t.Cleanup(s.stop(t))
	return s
}

// stop ends the broker, once.
func (s *service) stop(t testing.TB) func() {
	return func() {
		if err := s.Close(); err == nil {
			must(t, <-s.over)
		}
	}
}

func dial(t testing.TB, s *service) *kptr.Map[value] {
	t.Helper()
	m, err := kptr.Dial[value](s.path)
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

func lockThread(t testing.TB) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// adds has the calling thread, which shares h, see whether BPF adds.
func adds(h *hint) bool {
	h.A, h.B, h.Result = 40, 2, 0
	for range 64 {
		kptr.Gettid()
		if atomic.LoadInt32(&h.Result) == 42 {
			return true
		}
	}
	return false
}

// hasElement tells whether a thread has one, whoever set it.
func hasElement(t testing.TB, s *service, tid int) bool {
	t.Helper()
	pidfd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	if errors.Is(err, syscall.ESRCH) {
		return false
	}
	must(t, err)
	defer pidfd.Close()
	return holds(t, s.m, pidfd)
}

func holds(t testing.TB, m *bpfobj.Map, pidfd *sys.FD) bool {
	t.Helper()
	fd, err := m.FD()
	must(t, err)
	key, v := pidfd.Uint32(), make([]byte, m.ValueSize())
	_, err = sys.BPF(&sys.MapLookupElemAttr{MapFD: fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.Bytes(v), KeySize: 4, ValueSize: uint32(len(v))})
	if err != nil && !errors.Is(err, syscall.ENOENT) {
		t.Fatal(err)
	}
	return err == nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// lockForGood has the calling goroutine's thread end with it.
func lockForGood() { runtime.LockOSThread() }
