package kptr_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/broker"
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
	limits := broker.DefaultLimits()
	for _, q := range []*broker.Quota{&limits.Process, &limits.UID} {
		*q = broker.Quota{Connections: 4, Threads: 20000, Pages: 1 << 20, Memories: 10000, Rate: 10_000_000}
	}
	b, err := broker.New(m, broker.Options{Path: path, Mode: 0o600, Limits: limits})
	must(t, err)
	over := make(chan error)
	go func() { over <- b.Run() }()
	t.Cleanup(func() {
		must(t, b.Close())
		must(t, <-over)
	})
	return path
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
