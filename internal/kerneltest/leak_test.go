package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"kptr/sys"
)

// leakTest runs NoLeaks around f with a short wait and gives what it reported.
func leakTest(t *testing.T, f func()) string {
	t.Helper()
	r := record(t, func(tb testing.TB) {
		noLeaks(tb, 50*time.Millisecond)
		f()
		for _, cleanup := range tb.(*recorder).cleanups {
			cleanup()
		}
	})
	return r.text + strings.Join(r.errors, "\n")
}

func TestNoLeaksNone(t *testing.T) {
	if got := leakTest(t, func() {}); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestNoLeaksFile(t *testing.T) {
	var f *os.File
	got := leakTest(t, func() {
		var err error
		if f, err = os.Open("/proc/version"); err != nil {
			t.Error(err)
		}
	})
	defer f.Close()
	if want := fmt.Sprintf("leaked:\n\tfd %d: /proc/version", f.Fd()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNoLeaksObject(t *testing.T) {
	NeedCaps(t, sys.CAP_SYS_ADMIN)
	NoLeaks(t)
	var fd *sys.FD
	got := leakTest(t, func() {
		var err error
		if fd, err = makeMap(); err != nil {
			t.Error(err)
		}
	})
	defer fd.Close()
	for _, want := range []string{": anon_inode:bpf-map", `"leaked" (BPF_MAP_TYPE_ARRAY)`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, which lacks %q", got, want)
		}
	}
}

func makeMap() (*sys.FD, error) {
	return sys.OpenFD(&sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1, MapName: sys.MakeObjName("leaked"),
	})
}

// TestNoLeaksWaits drops the map only after the check has begun.
func TestNoLeaksWaits(t *testing.T) {
	NeedCaps(t, sys.CAP_BPF)
	r := record(t, func(tb testing.TB) {
		noLeaks(tb, settle)
		fd, err := makeMap()
		if err != nil {
			t.Error(err)
		}
		time.AfterFunc(30*time.Millisecond, func() { fd.Close() })
		tb.(*recorder).cleanups[0]()
	})
	if len(r.errors) > 0 || r.end != "" {
		t.Errorf("got %q %q", r.errors, r.text)
	}
}

func TestLeaksOfPins(t *testing.T) {
	before, after := &counts{pins: 3}, &counts{pins: 5}
	got := strings.Join(after.leaks(before), "|")
	if want := "pinned pages: 5, 3 at the start"; got != want || !after.exceed(before) || before.exceed(after) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestObjectString(t *testing.T) {
	NeedCaps(t, sys.CAP_SYS_ADMIN)
	for _, kind := range []sys.ObjKind{sys.ObjMap, sys.ObjProg, sys.ObjBTF, sys.ObjLink} {
		o := Object{kind, 1<<31 - 2}
		want := fmt.Sprintf("%v 2147483646 (", kind)
		if got := o.String(); !strings.HasPrefix(got, want) || !strings.Contains(got, "ENOENT") {
			t.Errorf("got %q, want %q and ENOENT", got, want)
		}
	}
	// The kernel's own BTF is always there.
	objects, err := BPFObjects()
	if err != nil {
		t.Fatal(err)
	}
	for o := range objects {
		if got := o.String(); o.Kind == sys.ObjBTF && !strings.Contains(got, " bytes)") && !strings.Contains(got, "ENOENT") {
			t.Errorf("got %q", got)
		}
	}
}

func TestPinned(t *testing.T) {
	tests := []struct {
		name, vmstat string
		want         int64
		ok           bool
	}{
		{"both", "nr_free_pages 9\nnr_foll_pin_acquired 12\nnr_foll_pin_released 5\n", 7, true},
		{"neither", "nr_free_pages 9\n", 0, false},
		{"one", "nr_foll_pin_acquired 12\n", 0, false},
		{"no number", "nr_foll_pin_acquired x\nnr_foll_pin_released 5\n", 0, false},
		{"no value", "nr_foll_pin_acquired\nnr_foll_pin_released 5\n", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := pinned([]byte(tt.vmstat))
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("got %d, %v, want %d", got, err, tt.want)
			}
		})
	}
}

func TestPinnedPages(t *testing.T) {
	got, err := PinnedPages()
	if errors.Is(err, os.ErrPermission) && os.Getuid() != 0 {
		Skip(t, "%v", err)
	}
	if err != nil || got < 0 {
		t.Errorf("got %d, %v", got, err)
	}
}
