package sys_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"

	"github.com/google/go-cmp/cmp"
)

// open issues a command that opens an fd, and closes that at the end of the test.
func open(t *testing.T, a sys.Attr) *sys.FD {
	t.Helper()
	fd, err := sys.OpenFD(a)
	kerneltest.Require(t, err)
	t.Cleanup(func() { fd.Close() })
	return fd
}

// do issues a command that opens no fd.
func do(t *testing.T, a sys.Attr) {
	t.Helper()
	if _, err := sys.BPF(a); err != nil {
		t.Fatal(err)
	}
}

// refused checks that the kernel answers with errno and that nothing is lost on the way.
func refused(t *testing.T, a sys.Attr, errno syscall.Errno) {
	t.Helper()
	r, err := sys.BPF(a)
	want := &sys.Error{Cmd: a.Cmd(), Errno: errno}
	var got *sys.Error
	if !errors.As(err, &got) || *got != *want || r != -1 {
		t.Errorf("got %d, %v, want -1, %v", r, err, want)
	}
	if !errors.Is(err, errno) {
		t.Errorf("%v does not match %v", err, errno)
	}
}

func hashMap(t *testing.T) *sys.FD {
	t.Helper()
	return open(t, &sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_HASH, KeySize: 4, ValueSize: 8, MaxEntries: 1000,
		MapFlags: sys.BPF_F_NO_PREALLOC, MapName: sys.MakeObjName("sys_test_hash"),
	})
}

func TestMapElements(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := hashMap(t).Uint32()
	key := sys.Bytes([]byte{1, 2, 3, 4})
	value := sys.Bytes([]byte("12345678"))
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: key, Value: value, Flags: sys.BPF_EXIST}, syscall.ENOENT)
	do(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: key, Value: value, Flags: sys.BPF_NOEXIST})
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: key, Value: value, Flags: sys.BPF_NOEXIST}, syscall.EEXIST)
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: key, Value: value, Flags: 1 << 40}, syscall.EINVAL)
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: key}, syscall.EFAULT)

	var got uint64
	do(t, &sys.MapLookupElemAttr{MapFD: fd, Key: key, Value: sys.PtrTo(&got)})
	if want := binary.NativeEndian.Uint64([]byte("12345678")); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
	do(t, &sys.MapDeleteElemAttr{MapFD: fd, Key: key})
	refused(t, &sys.MapDeleteElemAttr{MapFD: fd, Key: key}, syscall.ENOENT)
	refused(t, &sys.MapLookupElemAttr{MapFD: fd, Key: key, Value: sys.PtrTo(&got)}, syscall.ENOENT)
}

func TestMapFull(t *testing.T) {
	fd := open(t, &sys.MapCreateAttr{MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	key, value := uint32(1), uint32(0)
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.PtrTo(&value)}, syscall.E2BIG)
}

func TestMapFreeze(t *testing.T) {
	kerneltest.NeedLinux(t, "6.5", "EPERM for a map that is frozen")
	kerneltest.NoLeaks(t)
	fd := hashMap(t).Uint32()
	key, value := uint32(1), uint64(2)
	do(t, &sys.MapFreezeAttr{MapFD: fd})
	refused(t, &sys.MapUpdateElemAttr{MapFD: fd, Key: sys.PtrTo(&key), Value: sys.PtrTo(&value)}, syscall.EPERM)
	refused(t, &sys.MapFreezeAttr{MapFD: fd}, syscall.EPERM)
}

// TestBadFD issues every command that takes an fd with one that is not open, and those that take an
// id with one that no object has.
func TestBadFD(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_SYS_ADMIN)
	none := (*sys.FD)(nil).Uint32()
	key := sys.PtrTo(new(uint32))
	tests := []struct {
		name string
		a    sys.Attr
		want syscall.Errno
	}{
		{"update", &sys.MapUpdateElemAttr{MapFD: none, Key: key, Value: key}, syscall.EBADF},
		{"lookup", &sys.MapLookupElemAttr{MapFD: none, Key: key, Value: key}, syscall.EBADF},
		{"delete", &sys.MapDeleteElemAttr{MapFD: none, Key: key}, syscall.EBADF},
		{"freeze", &sys.MapFreezeAttr{MapFD: none}, syscall.EBADF},
		{"map of no type", &sys.MapCreateAttr{}, syscall.EINVAL},
		{"program of no type", &sys.ProgLoadAttr{License: sys.CString("GPL")}, syscall.E2BIG}, // insn_cnt 0
		{"no BTF", &sys.BTFLoadAttr{BTF: key, BTFSize: 4}, syscall.EINVAL},
		{"raw tracepoint", &sys.RawTracepointOpenAttr{ProgFD: none}, syscall.EBADF},
		{"link", &sys.LinkCreateAttr{ProgFD: none, AttachType: sys.BPF_TRACE_RAW_TP}, syscall.EBADF},
		{"iterator", &sys.IterCreateAttr{LinkFD: none}, syscall.EBADF},
		{"test run", &sys.TestRunAttr{ProgFD: none}, syscall.EBADF},
		{"pin", &sys.ObjPinAttr{Pathname: sys.CString("/x"), BPFFD: none}, syscall.EINVAL},
		{"get", &sys.ObjGetAttr{Pathname: sys.CString("/nonexistent")}, syscall.ENOENT},
		{"info", &sys.ObjInfoAttr{BPFFD: none}, syscall.EBADFD},
		{"map by id", &sys.FDByIDAttr{Kind: sys.ObjMap, ID: 1<<31 - 2}, syscall.ENOENT},
		{"program by id", &sys.FDByIDAttr{Kind: sys.ObjProg, ID: 1<<31 - 2}, syscall.ENOENT},
		{"BTF by id", &sys.FDByIDAttr{Kind: sys.ObjBTF, ID: 1<<31 - 2}, syscall.ENOENT},
		{"link by id", &sys.FDByIDAttr{Kind: sys.ObjLink, ID: 1<<31 - 2}, syscall.ENOENT},
		{"no kind by id", &sys.FDByIDAttr{Kind: 4, ID: 1}, syscall.EINVAL},
		{"last map", &sys.NextIDAttr{Kind: sys.ObjMap, StartID: 1<<31 - 2}, syscall.ENOENT},
		{"last of no kind", &sys.NextIDAttr{Kind: 4}, syscall.EINVAL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { refused(t, tt.a, tt.want) })
	}
	t.Run("OpenFD", func(t *testing.T) {
		if fd, err := sys.OpenFD(&sys.MapCreateAttr{}); fd != nil || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("got %v, %v", fd, err)
		}
	})
}

func TestMapInfo(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := hashMap(t)
	var got sys.MapInfo
	if err := sys.ObjInfo(fd, &got); err != nil {
		t.Fatal(err)
	}
	byID, err := sys.FDByID(sys.ObjMap, got.ID)
	kerneltest.Require(t, err)
	defer byID.Close()
	var again sys.MapInfo
	if err := sys.ObjInfo(byID, &again); err != nil {
		t.Fatal(err)
	}
	if again != got {
		t.Errorf("by id %+v, by fd %+v", again, got)
	}
	want := sys.MapInfo{
		Type: sys.BPF_MAP_TYPE_HASH, ID: got.ID, KeySize: 4, ValueSize: 8, MaxEntries: 1000,
		MapFlags: sys.BPF_F_NO_PREALLOC, Name: sys.MakeObjName("sys_test_hash"),
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	next, err := sys.NextID(sys.ObjMap, got.ID-1)
	if err != nil || next != got.ID {
		t.Errorf("the id after %d: got %d, %v", got.ID-1, next, err)
	}
}

// TestPerCPUValue has the kernel tell how many CPUs it counts: it fills one value for each.
func TestPerCPUValue(t *testing.T) {
	fd := open(t, &sys.MapCreateAttr{MapType: sys.BPF_MAP_TYPE_PERCPU_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	room := bytes.Repeat([]byte{0xee}, 8*4096)
	do(t, &sys.MapLookupElemAttr{MapFD: fd.Uint32(), Key: sys.PtrTo(new(uint32)), Value: sys.Bytes(room)})
	got, err := sys.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if want := bytes.IndexByte(room, 0xee) / 8; got != want {
		t.Errorf("got %d, the kernel filled %d values", got, want)
	}
}

// TestPointersStayAlive updates and reads elements through pointers that nothing but the attributes
// hold, while the collector runs all the time.
func TestPointersStayAlive(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := hashMap(t).Uint32()
	stop := make(chan struct{})
	var collector sync.WaitGroup
	collector.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	var users sync.WaitGroup
	for worker := range uint32(4) {
		users.Go(func() {
			for i := range uint32(200) {
				n := worker<<16 | i
				if _, err := sys.BPF(&sys.MapUpdateElemAttr{MapFD: fd, Key: key32(n), Value: value64(n)}); err != nil {
					t.Error(err)
					return
				}
				got := make([]byte, 8)
				if _, err := sys.BPF(&sys.MapLookupElemAttr{MapFD: fd, Key: key32(n), Value: sys.Bytes(got)}); err != nil {
					t.Error(err)
					return
				}
				if v := binary.NativeEndian.Uint64(got); v != uint64(n)<<20 {
					t.Errorf("element %#x holds %#x", n, v)
				}
				_ = make([]byte, 1024) // reuse what was freed
			}
		})
	}
	users.Wait()
	close(stop)
	collector.Wait()
}

func key32(n uint32) sys.Ptr { return sys.Bytes(binary.NativeEndian.AppendUint32(nil, n)) }

func value64(n uint32) sys.Ptr {
	return sys.Bytes(binary.NativeEndian.AppendUint64(nil, uint64(n)<<20))
}

func TestPin(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	kerneltest.NoLeaks(t)
	dir := t.TempDir()
	mount(t, "bpf", dir)
	if is, err := sys.IsBPFFS(dir); !is || err != nil {
		t.Errorf("IsBPFFS: %v, %v", is, err)
	}
	fd := hashMap(t)
	path := dir + "/map"
	if err := sys.ObjPin(path, fd); err != nil {
		t.Fatal(err)
	}
	if err := sys.ObjPin(path, fd); !errors.Is(err, os.ErrExist) {
		t.Errorf("second pin: %v, want EEXIST", err)
	}
	got, err := sys.ObjGet(path, sys.BPF_F_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	checkCloseOnExec(t, got)
	var info, want sys.MapInfo
	if err := errors.Join(sys.ObjInfo(got, &info), sys.ObjInfo(fd, &want)); err != nil || info != want {
		t.Errorf("got %+v, %v, want %+v", info, err, want)
	}
	refused(t, &sys.MapUpdateElemAttr{MapFD: got.Uint32(), Key: key32(1), Value: value64(1)}, syscall.EPERM)
}

func TestPinPath(t *testing.T) {
	fd := hashMap(t)
	for _, path := range []string{"/tmp/a\x00b", "\x00"} {
		if err := sys.ObjPin(path, fd); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("ObjPin(%q): %v, want EINVAL", path, err)
		}
		if _, err := sys.ObjGet(path, 0); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("ObjGet(%q): %v, want EINVAL", path, err)
		}
	}
	if err := sys.ObjPin(t.TempDir()+"/map", fd); !errors.Is(err, os.ErrPermission) {
		t.Errorf("outside bpffs: %v, want EPERM", err)
	}
}

func TestIsBPFFS(t *testing.T) {
	if is, err := sys.IsBPFFS("/proc"); is || err != nil {
		t.Errorf("/proc: %v, %v", is, err)
	}
	if _, err := sys.IsBPFFS("/nonexistent"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ENOENT", err)
	}
}

// mount mounts a file system of the kernel's own for the length of the test.
func mount(t *testing.T, fstype, dir string) {
	t.Helper()
	if err := syscall.Mount("none", dir, fstype, 0, ""); err != nil {
		t.Fatalf("mount %s: %v", fstype, err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("umount %s: %v", dir, err)
		}
	})
}

func TestObjName(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"short", "map", "map"},
		{"empty", "", ""},
		{"15 bytes", "abcdefghijklmno", "abcdefghijklmno"},
		{"16 bytes", "abcdefghijklmnop", "abcdefghijklmno"},
		{"dot", ".data.x_1", ".data.x_1"},
		{"refused bytes", "a b-c$ä", "a_b_c___"},
		{"NUL", "a\x00b", "a_b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := sys.MakeObjName(tt.in)
			if d := cmp.Diff(tt.want, n.String()); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
			open(t, &sys.MapCreateAttr{
				MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1, MapName: n,
			})
		})
	}
	full := sys.ObjName([]byte("0123456789abcdef"))
	if full.String() != "0123456789abcdef" {
		t.Errorf("without NUL: %q", full)
	}
}
