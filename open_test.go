package kptr_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/btf"
	"kptr/sys"
)

func TestOpenRefuses(t *testing.T) {
	local, maps := loadLocal(t), loadTest(t, "maps")
	fails := func(err error, rule error) func(*testing.T) {
		return func(t *testing.T) {
			t.Log(err)
			want(t, err, rule, 0)
		}
	}
	type none struct{ Udata uint64 }
	type names struct {
		Other *Hint `btf:"kptr_user"`
	}
	type slice struct{ Udata []byte }
	type untagged struct{ Udata *Hint }
	t.Run("wrong map type", fails(openErr[Value](maps.Map("a_hash")), kptr.ErrMapType))
	t.Run("no user kptr", fails(openErr[pair](maps.Map("task_storage")), kptr.ErrNoKptr))
	t.Run("no such map", fails(openErr[Value](local.Map("nothing")), bpfobj.ErrNotFound))
	t.Run("plain pointer", fails(openErr[none](local.Map("datamap")), btf.ErrLayout))
	t.Run("other name", fails(openErr[names](local.Map("datamap")), btf.ErrLayout))
	t.Run("Go memory", fails(openErr[slice](local.Map("datamap")), btf.ErrGoType))
	t.Run("tag missing", fails(openErr[untagged](local.Map("datamap")), btf.ErrLayout))
}

func openErr[V any](m *bpfobj.Map) error {
	hints, err := kptr.Open[V](m)
	if err == nil {
		hints.Close()
	}
	return err
}

// TestOpenListsEveryDifference: one error names all of them.
func TestOpenListsEveryDifference(t *testing.T) {
	type hint struct {
		A uint32
		B int64
	}
	type value struct {
		Udata *hint `btf:"kptr_user"`
	}
	err := openErr[value](loadLocal(t).Map("datamap"))
	var layout *btf.LayoutError
	if !errors.As(err, &layout) {
		t.Fatalf("got %v", err)
	}
	// Of struct user_data { int a; int b; int result; }.
	for _, want := range []string{"udata: size 12 ", "udata.a: signed (int) in C, unsigned", "udata.b: offset 4 in C, 8 in Go",
		"udata.b: size 4 ", "udata.result: no such field in Go"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: no %q", err, want)
		}
	}
}

// TestOpenAtomics: types of sync/atomic stand for the C integers inside them.
func TestOpenAtomics(t *testing.T) {
	type hint struct{ A, B, Result atomic.Int32 }
	type value struct {
		Udata *hint `btf:"kptr_user"`
	}
	obj := loadLocal(t)
	hints := open[value](t, obj.Map("datamap"))
	lockThread(t)
	h := share(t, hints, kptr.ThisThread()).Value().Udata
	target(t, obj)
	h.A.Store(1)
	h.B.Store(2)
	kptr.Gettid()
	if got := h.Result.Load(); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
}

// TestOpenFrom opens one map in each way there is, and shares through it.
func TestOpenFrom(t *testing.T) {
	obj := loadLocal(t)
	m := obj.Map("datamap")
	fd, err := m.FD()
	must(t, err)
	dir := mountBPFFS(t)
	must(t, m.Pin(filepath.Join(dir, "datamap")))
	var info sys.MapInfo
	must(t, sys.ObjInfo(fd, &info))
	lockThread(t)
	for _, way := range []struct {
		name string
		open func() (*bpfobj.Map, error)
	}{
		{"fd", func() (*bpfobj.Map, error) { return bpfobj.OpenFD(fd.Int()) }},
		{"pin", func() (*bpfobj.Map, error) { return bpfobj.OpenPinned(filepath.Join(dir, "datamap")) }},
		{"id", func() (*bpfobj.Map, error) { return bpfobj.OpenID(info.ID) }},
	} {
		t.Run(way.name, func(t *testing.T) {
			opened, err := way.open()
			must(t, err)
			hints := open[Value](t, opened)
			must(t, opened.Close())
			must(t, hints.Unchecked())
			share(t, hints, kptr.ThisThread())
		})
	}
}

// mountBPFFS mounts a bpffs for the test.
func mountBPFFS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, syscall.Mount("bpf", dir, "bpf", 0, ""))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

// TestClose: a map that is closed refuses everything; closing it twice, or the object first, is fine.
func TestClose(t *testing.T) {
	obj := loadLocal(t)
	hints := open[Value](t, obj.Map("datamap"))
	lockThread(t)
	s := share(t, hints, kptr.ThisThread())
	must(t, obj.Close())
	must(t, hints.Close())
	must(t, hints.Close())
	must(t, s.Close())
	_, err := hints.Share(kptr.ThisThread())
	want(t, err, kptr.ErrClosed, 0)
	_, err = hints.Lookup(kptr.ThisThread())
	want(t, err, kptr.ErrClosed, 0)
	want(t, hints.Update(kptr.ThisThread(), &Value{}, sys.BPF_ANY), kptr.ErrClosed, 0)
	want(t, hints.Delete(kptr.ThisThread()), kptr.ErrClosed, 0)
	want(t, s.Update(), kptr.ErrClosed, 0)
	if s.Value().Udata != nil {
		t.Error("the user kptr of a closed share is not nil")
	}
	if _, err := kptr.Open[Value](obj.Map("datamap")); !errors.Is(err, bpfobj.ErrClosed) {
		t.Errorf("got %v, want %v", err, bpfobj.ErrClosed)
	}
}

// pair mirrors struct pair of testdata/maps.bpf.c.
type pair struct {
	Left  uint32
	Right uint64
}
