package kptr_test

import (
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// openBlind opens a map as a process without CAP_SYS_ADMIN does, which may not read its BTF.
func openBlind(t *testing.T, fd *sys.FD) *bpfobj.Map {
	t.Helper()
	var m *bpfobj.Map
	must(t, unprivileged(t, func() (err error) { m, err = bpfobj.OpenFD(fd.Int()); return err }))
	t.Cleanup(func() { mustClose(t, m) })
	if types, id := m.ValueType(); types != nil || id != 0 || !errors.Is(m.Untyped(), bpfobj.ErrPermission) {
		t.Fatalf("value type %d, %v", id, m.Untyped())
	}
	return m
}

// TestAskPointeeSize: the size of a pointee is found out without BTF. BPF writes to bytes of that size, whatever Go says.
func TestAskPointeeSize(t *testing.T) {
	type twoInts struct{ A, B int32 }
	type oneByte struct{ A int8 }
	type fourInts struct{ A, B, C, D int32 }
	type wholePage struct{ A [1024]int32 }
	type fewer struct {
		Udata *twoInts `btf:"kptr_user"`
	}
	type less struct {
		Udata *oneByte `btf:"kptr_user"`
	}
	type more struct {
		Udata *fourInts `btf:"kptr_user"`
	}
	type page struct {
		Udata *wholePage `btf:"kptr_user"`
	}
	fd, err := loadLocal(t).Map("datamap").FD()
	must(t, err)
	m := openBlind(t, fd)
	for _, row := range []struct {
		name string
		err  error
		text string
	}{
		{"4 bytes less", openErr[fewer](m), "Udata: size 12 (pointee) in C, 8 (pointee) in Go"},
		{"one byte", openErr[less](m), "Udata: size 12 (pointee) in C, 1 (pointee) in Go"},
		{"4 bytes more", openErr[more](m), "Udata: size 12 (pointee) in C, 16 (pointee) in Go"},
		{"a page", openErr[page](m), "Udata: size 12 (pointee) in C, 4096 (pointee) in Go"},
	} {
		t.Run(row.name, func(t *testing.T) {
			want(t, row.err, btf.ErrLayout, 0)
			if !strings.Contains(row.err.Error(), `map "datamap": `) || !strings.Contains(row.err.Error(), row.text) {
				t.Errorf("%v: no %q", row.err, row.text)
			}
		})
	}
	must(t, openErr[Value](m))
}

// TestAskExtremes: the largest pointee and the smallest.
func TestAskExtremes(t *testing.T) {
	kerneltest.NoLeaks(t)
	needUserKptrs(t)
	type oneByte struct{ B uint8 }
	type wholePage struct{ B [512]int64 }
	type both struct {
		Byte *oneByte   `btf:"kptr_user"`
		Page *wholePage `btf:"kptr_user"`
	}
	m := openBlind(t, plainMap(t, reflect.TypeFor[both](), bpfobj.TagUptr))
	must(t, openErr[both](m))
	type swapped struct {
		Byte *wholePage `btf:"kptr_user"`
		Page *oneByte   `btf:"kptr_user"`
	}
	err := openErr[swapped](m)
	var layout *btf.LayoutError
	if !errors.As(err, &layout) || len(layout.Differences) != 2 || layout.Differences[0].C != "1 (pointee)" || layout.Differences[1].C != "4096 (pointee)" {
		t.Errorf("got %v", err)
	}
}

// TestAskEachField: the kernel may have taken one user kptr and ignored another, here for being const (btf_find_kptr,
// kernel/bpf/btf.c, of Linux 6.18).
func TestAskEachField(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	fd := halfPlainMap(t)
	type half struct {
		First  *Hint `btf:"kptr_user"`
		Second *Hint `btf:"kptr_user"`
	}
	err := openErr[half](openBlind(t, fd))
	want(t, err, kptr.ErrPlainMap, syscall.EBADF)
	var e *kptr.MapError
	if !errors.As(err, &e) || e.Field != "Second" || e.Map != "plain" {
		t.Errorf("got %v, want field Second", err)
	}
	type firstAlone struct {
		First  *Hint `btf:"kptr_user"`
		Second uint64
	}
	must(t, openErr[firstAlone](openBlind(t, fd)))

	// Whoever may read the BTF learns the reason.
	_, err = bpfobj.OpenFD(fd.Int())
	want(t, err, bpfobj.ErrFieldConst, 0)
}

// halfPlainMap makes a map with two user kptrs, the second of which is const.
func halfPlainMap(t *testing.T) *sys.FD {
	t.Helper()
	tag, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
	types := btf.New(hostOrder())
	hint, err := types.AddGo(reflect.TypeFor[Hint](), tag)
	must(t, err)
	tagged := types.Add(btf.Type{Kind: btf.KindTypeTag, Name: tag, Type: hint})
	pointer := types.Add(btf.Type{Kind: btf.KindPtr, Type: tagged})
	constant := types.Add(btf.Type{Kind: btf.KindConst, Type: pointer})
	value := types.Add(btf.Type{Kind: btf.KindStruct, Name: "half", Size: 16, Members: []btf.Member{
		{Name: "first", Type: pointer}, {Name: "second", Type: constant, BitOffset: 64},
	}})
	return typedMap(t, types, value)
}

// TestUncheckedSays: what Open could not check, by what it had.
func TestUncheckedSays(t *testing.T) {
	const (
		layout = "names, order and signedness of fields"
		kptrs  = "whether the kernel knows the user kptrs"
	)
	obj := loadLocal(t)
	fd, err := obj.Map("datamap").FD()
	must(t, err)
	pin := mountBPFFS(t) + "/datamap"
	must(t, obj.Map("datamap").Pin(pin))
	readOnly, err := sys.ObjGet(pin, sys.BPF_F_RDONLY)
	must(t, err)
	defer readOnly.Close()
	for _, row := range []struct {
		name  string
		fd    *sys.FD
		blind bool
		says  []string
		not   string
	}{
		{"all", fd, false, nil, ""},
		{"no BTF", fd, true, []string{layout, "BTF id", "CAP_SYS_ADMIN missing"}, kptrs},
		{"read-only", readOnly, false, []string{kptrs}, layout},
		{"no BTF, read-only", readOnly, true, []string{layout, kptrs, "CAP_SYS_ADMIN missing"}, "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m *bpfobj.Map
			if row.blind {
				m = openBlind(t, row.fd)
			} else {
				m, err = bpfobj.OpenFD(row.fd.Int())
				must(t, err)
				defer m.Close()
			}
			got := open[Value](t, m).Unchecked()
			if row.says == nil {
				must(t, got)
				return
			}
			want(t, got, kptr.ErrUnchecked, syscall.EPERM)
			if errors.Is(got, bpfobj.ErrPermission) != row.blind {
				t.Errorf("%v: ErrPermission, want %v", got, row.blind)
			}
			for _, text := range row.says {
				if !strings.Contains(got.Error(), text) {
					t.Errorf("%v: no %q", got, text)
				}
			}
			if strings.Contains(got.Error(), row.not) {
				t.Errorf("%v: has %q", got, row.not)
			}
		})
	}
}
