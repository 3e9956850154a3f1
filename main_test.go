package kptr_test

import (
	"embed"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// childEnv says what a process that a test started does instead of testing.
const childEnv = "KPTR_TEST_CHILD"

// init keeps the tests off the process's first thread, which the runtime parks instead of ending.
func init() { runtime.LockOSThread() }

//go:embed bpfobj/testdata/*.o
var files embed.FS

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
	}
	kerneltest.Main(m, kerneltest.Files{"": files})
}

// Hint mirrors struct user_data and Value struct value_type of the prebuilt object.
type Hint struct{ A, B, Result int32 }

type Value struct {
	Udata *Hint `btf:"kptr_user"`
}

// loadLocal loads the prebuilt object, and fails the test if it leaks.
func loadLocal(t testing.TB) *bpfobj.Object {
	t.Helper()
	return load(t, prebuilt.TaskLocal())
}

// loadTest loads an object of bpfobj's testdata.
func loadTest(t testing.TB, name string) *bpfobj.Object {
	t.Helper()
	b, err := os.ReadFile(testObject(name))
	if err != nil {
		t.Fatal(err)
	}
	return load(t, b)
}

func testObject(name string) string {
	order := ".bpfel.o"
	if hostOrder() == binary.ByteOrder(binary.BigEndian) {
		order = ".bpfeb.o"
	}
	return filepath.Join("bpfobj", "testdata", name+order)
}

func load(t testing.TB, b []byte) *bpfobj.Object {
	t.Helper()
	kerneltest.NoLeaks(t)
	obj, err := bpfobj.Load(b, nil)
	kerneltest.Require(t, err)
	t.Cleanup(func() { mustClose(t, obj) })
	return obj
}

// needUserKptrs skips on a kernel without user kptrs.
func needUserKptrs(t testing.TB) {
	t.Helper()
	_, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
}

// open opens a map, to be closed at the end of the test.
func open[V any](t testing.TB, m *bpfobj.Map, opts ...kptr.Option) *kptr.Map[V] {
	t.Helper()
	if throughBroker() {
		return dial[V](t, m, opts...)
	}
	hints, err := kptr.Open[V](m, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, hints) })
	return hints
}

// share shares a task, to be closed at the end of the test if it is not before.
func share[V any](t testing.TB, m *kptr.Map[V], task kptr.Task) *kptr.Shared[V] {
	t.Helper()
	s, err := m.Share(task)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, s) })
	return s
}

func mustClose(t testing.TB, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// lockThread keeps the test on its thread.
func lockThread(t testing.TB) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

// target attaches the programs of an object to the calling thread.
func target(t testing.TB, obj *bpfobj.Object) {
	t.Helper()
	must(t, obj.Variable("target_pid").Set(int32(kptr.Gettid())))
	must(t, obj.Attach())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want checks that an error is of a rule and keeps the errno, if it is to have one.
func want(t testing.TB, err, rule error, errno syscall.Errno) {
	t.Helper()
	if !errors.Is(err, rule) {
		t.Fatalf("got %v, want %v", err, rule)
	}
	if errno != 0 && !errors.Is(err, errno) {
		t.Errorf("%v: does not keep %v", err, errno)
	}
}

// mapMemory maps pages outside the Go heap.
func mapMemory(t testing.TB, pages, prot, flags int) *sys.Mapping {
	t.Helper()
	mem, err := sys.Mmap(nil, 0, pages*os.Getpagesize(), prot, flags)
	must(t, err)
	t.Cleanup(func() { mustClose(t, mem) })
	return mem
}

func anonymous(t testing.TB, pages int) *sys.Mapping {
	t.Helper()
	return mapMemory(t, pages, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}
