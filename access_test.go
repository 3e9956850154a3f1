package kptr_test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// unprivileged runs f on a thread without capabilities, which ends with it.
func unprivileged(t testing.TB, f func() error) error {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and no unlock
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData // version 3 reads two
		if err := unix.Capset(&hdr, &none[0]); err != nil {
			done <- err
			return
		}
		done <- f()
	}()
	return <-done
}

// TestUnchecked: without CAP_SYS_ADMIN the map's BTF cannot be read; type and sizes are checked all the same.
func TestUnchecked(t *testing.T) {
	obj := loadLocal(t)
	type big struct {
		Udata *Hint `btf:"kptr_user"`
		Extra uint64
	}
	type plain struct{ Udata uint64 }
	type goMemory struct{ Udata *int32 }
	type inner struct{ Next *Hint }
	type pointers struct {
		Udata *inner `btf:"kptr_user"`
	}
	type array struct {
		Udata *[8]byte `btf:"kptr_user"`
	}
	type huge struct {
		Udata *hugePointee `btf:"kptr_user"`
	}
	type empty struct {
		Udata *emptyPointee `btf:"kptr_user"`
	}
	rows := []struct {
		name string
		open func(*bpfobj.Map) error
		rule error
	}{
		{"same size", openErr[Value], nil},
		{"other size", openErr[big], kptr.ErrMapSize},
		{"no user kptr", openErr[plain], kptr.ErrNoKptr},
		{"Go memory", openErr[goMemory], btf.ErrGoType},
		{"pointer in a pointee", openErr[pointers], btf.ErrGoType},
		{"not a struct", openErr[array], btf.ErrGoType},
		{"larger than a page", openErr[huge], kptr.ErrPointee},
		{"empty", openErr[empty], kptr.ErrPointee},
	}
	fd, err := obj.Map("datamap").FD()
	must(t, err)
	var m *bpfobj.Map
	must(t, unprivileged(t, func() (err error) { m, err = bpfobj.OpenFD(fd.Int()); return err }))
	defer m.Close()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			err := unprivileged(t, func() error { return row.open(m) })
			if row.rule == nil {
				must(t, err)
				return
			}
			want(t, err, row.rule, 0)
		})
	}
	want(t, open[Value](t, m).Unchecked(), kptr.ErrUnchecked, 0)
	if err := open[Value](t, obj.Map("datamap")).Unchecked(); err != nil {
		t.Error(err)
	}
}

type hugePointee struct{ B [1 << 20]byte }

type emptyPointee struct{}

// TestManyKptrs: without BTF, more user kptrs than the kernel takes are found in the Go type.
func TestManyKptrs(t *testing.T) {
	type many struct {
		Slots [12]*Hint `btf:"kptr_user"`
	}
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	m := plainMap(t, reflect.TypeFor[many](), bpfobj.TagUptr)
	var opened *bpfobj.Map
	must(t, unprivileged(t, func() (err error) { opened, err = bpfobj.OpenFD(m.Int()); return err }))
	defer opened.Close()
	want(t, openErr[many](opened), kptr.ErrPointee, 0)
}

// TestPlainMap: a map that the kernel created without its user kptrs, since it does not know their tag.
func TestPlainMap(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	tag, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
	other := bpfobj.TagKptrUser
	if tag == other {
		other = bpfobj.TagUptr
	}
	fd := plainMap(t, reflect.TypeFor[Value](), other)
	m, err := bpfobj.OpenFD(fd.Int())
	must(t, err)
	defer m.Close()
	want(t, openErr[Value](m), kptr.ErrPlainMap, syscall.EBADF)
}

// plainMap makes a task-storage map for a Go type, whatever the kernel makes of its tag.
func plainMap(t *testing.T, value reflect.Type, tag string) *sys.FD {
	t.Helper()
	types := btf.New(hostOrder())
	id, err := types.AddGo(value, tag)
	must(t, err)
	return typedMap(t, types, id)
}

// typedMap makes a task-storage map "plain" whatever the kernel makes of its value type.
func typedMap(t *testing.T, types *btf.Spec, value btf.ID) *sys.FD {
	t.Helper()
	var fd *sys.FD
	must(t, withBTF(t, types, value, func(a *sys.MapCreateAttr) (err error) {
		fd, err = sys.OpenFD(a)
		return err
	}))
	t.Cleanup(func() { mustClose(t, fd) })
	return fd
}

// withBTF loads types and gives what creates a task-storage map with a value type of them.
func withBTF(t *testing.T, types *btf.Spec, value btf.ID, create func(*sys.MapCreateAttr) error) error {
	t.Helper()
	key, err := types.AddGo(reflect.TypeFor[int32](), "")
	must(t, err)
	size, err := types.Size(value)
	must(t, err)
	blob, err := types.Encode()
	must(t, err)
	b, err := sys.OpenFD(&sys.BTFLoadAttr{BTF: sys.Bytes(blob), BTFSize: uint32(len(blob))})
	kerneltest.Require(t, err)
	defer b.Close()
	return create(&sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_TASK_STORAGE, KeySize: 4, ValueSize: uint32(size), MapFlags: sys.BPF_F_NO_PREALLOC,
		MapName: sys.MakeObjName("plain"), BTFFD: b.Uint32(), BTFKeyTypeID: uint32(key), BTFValueTypeID: uint32(value),
	})
}

func hostOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// TestAccess opens pins that may be read only or written only: the latter is enough to share.
func TestAccess(t *testing.T) {
	obj := loadLocal(t)
	dir := mountBPFFS(t)
	must(t, os.Chmod(dir, 0o777))
	pin := filepath.Join(dir, "datamap")
	must(t, obj.Map("datamap").Pin(pin))
	for _, row := range []struct {
		name          string
		mode          os.FileMode
		share, lookup error
	}{
		{"read and write", 0o666, nil, nil},
		{"write", 0o222, nil, kptr.ErrPermission},
		{"read", 0o444, kptr.ErrPermission, kptr.ErrNoElement},
	} {
		t.Run(row.name, func(t *testing.T) {
			must(t, os.Chmod(pin, row.mode))
			var share, lookup error
			err := unprivileged(t, func() error {
				m, err := bpfobj.OpenPinned(pin)
				if err != nil {
					return err
				}
				defer m.Close()
				hints, err := kptr.Open[Value](m)
				if err != nil {
					return err
				}
				defer hints.Close()
				var s *kptr.Shared[Value]
				if s, share = hints.Share(kptr.ThisThread()); share == nil {
					defer s.Close()
				}
				_, lookup = hints.Lookup(kptr.ThisThread())
				return nil
			})
			must(t, err)
			check(t, "share", share, row.share)
			check(t, "lookup", lookup, row.lookup)
		})
	}
}

func check(t *testing.T, what string, err, rule error) {
	t.Helper()
	if rule == nil && err != nil || rule != nil && (err == nil || !errors.Is(err, rule)) {
		t.Errorf("%s: got %v, want %v", what, err, rule)
	}
}
