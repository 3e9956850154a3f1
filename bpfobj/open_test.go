package bpfobj

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// pinDir makes a directory in bpffs that goes with the test.
func pinDir(t *testing.T) string {
	t.Helper()
	ok, err := sys.IsBPFFS("/sys/fs/bpf")
	if err != nil || !ok {
		kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
		t.Fatalf("/sys/fs/bpf is no bpffs (mount -t bpf bpf /sys/fs/bpf): %v", err)
	}
	dir, err := os.MkdirTemp("/sys/fs/bpf", "kptr_test")
	if errors.Is(err, os.ErrPermission) {
		kerneltest.Require(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestPinByName: the first load makes the pin, the second uses it.
func TestPinByName(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := pinDir(t)
	opts := &Options{PinDir: dir}
	b := readObject(t, "pinned", nativeOrder())
	one, err := Load(b, opts)
	kerneltest.Require(t, err)
	if names, err := filepath.Glob(dir + "/*"); err != nil || len(names) != 1 || filepath.Base(names[0]) != "kptr_test_pinned" {
		t.Errorf("pins %q: %v", names, err)
	}
	key, value := make([]byte, 4), []byte("8 bytes.")
	if err := one.Map("kptr_test_pinned").Update(key, value, sys.BPF_ANY); err != nil {
		t.Fatal(err)
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	two, err := Load(b, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	got := make([]byte, 8)
	if err := two.Map("kptr_test_pinned").Lookup(key, got); err != nil || string(got) != string(value) {
		t.Errorf("the pinned map holds %q: %v", got, err)
	}
	if err := two.Map("kptr_test_free").Lookup(key, got); err != nil || string(got) != string(make([]byte, 8)) {
		t.Errorf("the other map holds %q: %v", got, err)
	}
	if two.Map("kptr_test_pinned").Probed() || !two.Map("kptr_test_free").Probed() {
		t.Error("the map that was found is taken for one that was made, or the other way round")
	}
}

func TestPinMismatch(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*MapSpec)
		text   string
	}{
		{"type", func(m *MapSpec) { m.Type = hash }, "with type 2, the object says 1"},
		{"key_size", func(m *MapSpec) { m.Type, m.KeySize, m.Key, m.Value = hash, 8, 0, 0 }, "with type 2, the object says 1"},
		{"value_size", func(m *MapSpec) { m.ValueSize = 16 }, "with value_size 8, the object says 16"},
		{"max_entries", func(m *MapSpec) { m.MaxEntries = 2 }, "with max_entries 1, the object says 2"},
		{"map_flags", func(m *MapSpec) { m.Flags = mmapable }, "with map_flags 0, the object says 1024"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kerneltest.NoLeaks(t)
			opts := &Options{PinDir: pinDir(t)}
			spec := mustParse(t, readObject(t, "pinned", nativeOrder()))
			obj, err := spec.Load(opts)
			kerneltest.Require(t, err)
			defer obj.Close()
			tt.change(spec.Map("kptr_test_pinned"))
			_, err = spec.Load(opts)
			if !errors.Is(err, ErrMismatch) || !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), opts.PinDir+"/kptr_test_pinned") {
				t.Errorf("error %v, want ErrMismatch with %q", err, tt.text)
			}
			if _, err := os.Lstat(opts.PinDir + "/kptr_test_pinned"); err != nil {
				t.Errorf("a pin that others made is gone: %v", err)
			}
		})
	}
}

// TestTryPinned: what somebody else pinned under the name of a map of the object is left alone.
func TestTryPinned(t *testing.T) {
	kerneltest.NoLeaks(t)
	opts := &Options{AllPrograms: true, KeepGoing: true, PinDir: pinDir(t)}
	fd, err := sys.OpenFD(&sys.MapCreateAttr{MapType: hash, KeySize: 4, ValueSize: 8, MaxEntries: 4, MapName: sys.MakeObjName("theirs")})
	kerneltest.Require(t, err)
	defer fd.Close()
	if err := sys.ObjPin(opts.PinDir+"/datamap", fd); err != nil {
		t.Fatal(err)
	}
	spec := mustParse(t, readObject(t, "task_local", nativeOrder()))
	spec.Map("datamap").PinByName = true
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	p, err := spec.Plan(k, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, err := range p.Try() {
		want := error(nil)
		switch s := &p.Steps[i]; s.Attr.(type) {
		case *sys.ObjGetAttr:
			want = ErrMismatch
		case *sys.MapUpdateElemAttr, *sys.ProgLoadAttr:
			want = ErrDepends
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", p.Steps[i].Subject, err, want)
		}
	}
	key, value := make([]byte, 4), make([]byte, 8)
	binary.NativeEndian.PutUint32(key, 0xffffffff) // what a user kptr is asked about with
	_, err = sys.BPF(&sys.MapLookupElemAttr{MapFD: fd.Uint32(), Key: sys.Bytes(key), Value: sys.Bytes(value)})
	if !errors.Is(err, syscall.ENOENT) {
		t.Errorf("their map has an element of ours: %v", err)
	}
}

// TestPinNowhere: a pin needs a bpffs, and the error says which directory is on none.
func TestPinNowhere(t *testing.T) {
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		name, dir string
		want      error
		errno     error
	}{
		{"not a bpffs", t.TempDir(), ErrNotBPFFS, syscall.EPERM},
		{"no such directory", "/sys/fs/bpf/kptr_no_such_directory", syscall.ENOENT, syscall.ENOENT},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec := mustParse(t, readObject(t, "pinned", nativeOrder()))
			_, err := spec.Load(&Options{PinDir: tt.dir})
			if errors.Is(err, ErrPermission) {
				kerneltest.Require(t, err)
			}
			if !errors.Is(err, tt.want) || !errors.Is(err, tt.errno) || !strings.Contains(err.Error(), tt.dir+"/kptr_test_pinned") {
				t.Errorf("error %v, want %v with the path", err, tt.want)
			}
		})
	}
}

// TestPinRing: a pinned ring buffer is compared in the size that Plan gave it.
func TestPinRing(t *testing.T) {
	kerneltest.NoLeaks(t)
	opts := &Options{PinDir: pinDir(t)}
	spec := mustParse(t, readObject(t, "pinned", nativeOrder()))
	m := spec.Map("kptr_test_pinned")
	*m = MapSpec{Name: m.Name, Type: sys.BPF_MAP_TYPE_RINGBUF, MaxEntries: 1, PinByName: true}
	for range 2 {
		obj, err := spec.Load(opts)
		kerneltest.Require(t, err)
		if n := obj.Map(m.Name).MaxEntries(); n != os.Getpagesize() {
			t.Errorf("%d bytes", n)
		}
		obj.Close()
	}
}

func TestOpen(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	dir := pinDir(t)
	m := obj.Map("datamap")
	if err := m.Pin(dir + "/datamap"); err != nil {
		t.Fatal(err)
	}
	if err := m.Pin(dir + "/datamap"); !errors.Is(err, syscall.EEXIST) || !strings.Contains(err.Error(), `map "datamap": pin `+dir) {
		t.Errorf("second Pin: %v", err)
	}
	fd, err := m.FD()
	if err != nil {
		t.Fatal(err)
	}
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*Map, error){
		"pin": func() (*Map, error) { return OpenPinned(dir + "/datamap") },
		"fd":  func() (*Map, error) { return OpenFD(fd.Int()) },
		"id":  func() (*Map, error) { return OpenID(info.ID) },
	} {
		got, err := open()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		types, id := got.ValueType()
		if got.Name() != "datamap" || got.Type() != storage || got.Flags() != noPrealloc || got.KeySize() != 4 || got.ValueSize() != 8 ||
			types == nil || types.Type(id).Name != "value_type" || len(got.UserKptrs()) != 1 {
			t.Errorf("%s: %q, %v, %v, %d, %d, type %d, user kptrs %v", name, got.Name(), got.Type(), got.Flags(), got.KeySize(), got.ValueSize(), id, got.UserKptrs())
		}
		for range 2 {
			if err := got.Close(); err != nil {
				t.Errorf("%s: Close: %v", name, err)
			}
		}
		if _, err := got.FD(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: FD after Close: %v", name, err)
		}
	}
	if fd.Int() < 0 {
		t.Error("the caller's fd is closed")
	}
}

func TestOpenRefuses(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	dir := pinDir(t)
	prog, err := obj.Program("on_sys_enter").FD()
	if err != nil {
		t.Fatal(err)
	}
	if err := sys.ObjPin(dir+"/prog", prog); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	slash, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer slash.Close()
	pidfd, err := sys.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pidfd.Close()
	types := mapBTF(t, obj.Map("datamap"))
	defer types.Close()
	for _, tt := range []struct {
		name string
		open func() (*Map, error)
		err  error
	}{
		{"no pin", func() (*Map, error) { return OpenPinned(dir + "/nothing") }, syscall.ENOENT},
		{"path outside of bpffs", func() (*Map, error) { return OpenPinned("/dev/null") }, syscall.EACCES},
		{"path outside of bpffs", func() (*Map, error) { return OpenPinned("/dev/null") }, ErrNotMap},
		{"directory", func() (*Map, error) { return OpenPinned(dir) }, syscall.EACCES},
		{"directory", func() (*Map, error) { return OpenPinned(dir) }, ErrNotMap},
		{"empty path", func() (*Map, error) { return OpenPinned("") }, syscall.ENOENT},
		{"path with a NUL", func() (*Map, error) { return OpenPinned(dir + "/prog\x00") }, syscall.EINVAL},
		{"pinned program", func() (*Map, error) { return OpenPinned(dir + "/prog") }, ErrNotMap},
		{"fd of a program", func() (*Map, error) { return OpenFD(prog.Int()) }, ErrNotMap},
		{"fd of a file", func() (*Map, error) { return OpenFD(int(file.Fd())) }, ErrNotMap},
		{"fd of a BTF", func() (*Map, error) { return OpenFD(types.Int()) }, ErrNotMap},
		{"fd of a directory", func() (*Map, error) { return OpenFD(int(slash.Fd())) }, ErrNotMap},
		{"fd of a pidfd", func() (*Map, error) { return OpenFD(pidfd.Int()) }, ErrNotMap},
		{"no fd", func() (*Map, error) { return OpenFD(-1) }, syscall.EBADF},
		{"no fd of that number", func() (*Map, error) { return OpenFD(1 << 20) }, syscall.EBADF},
		{"no id", func() (*Map, error) { return OpenID(1 << 30) }, syscall.ENOENT},
	} {
		m, err := tt.open()
		if m != nil || !errors.Is(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
	}
}

// mapInfo asks the kernel about a map.
func mapInfo(t *testing.T, m *Map) sys.MapInfo {
	t.Helper()
	fd, err := m.FD()
	if err != nil {
		t.Fatal(err)
	}
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		t.Fatal(err)
	}
	return info
}

func mapBTF(t *testing.T, m *Map) *sys.FD {
	t.Helper()
	fd, err := sys.FDByID(sys.ObjBTF, mapInfo(t, m).BTFID)
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestOpenSays: errors name the pin, fd or id.
func TestOpenSays(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	dir := pinDir(t)
	prog, err := obj.Program("on_sys_enter").FD()
	if err != nil {
		t.Fatal(err)
	}
	if err := sys.ObjPin(dir+"/prog", prog); err != nil {
		t.Fatal(err)
	}
	_, notMap := OpenPinned(dir + "/prog")
	_, notPin := OpenPinned("/dev/null")
	_, noFD := OpenFD(-1)
	_, noID := OpenID(1 << 30)
	for _, tt := range []struct {
		err  error
		text string
	}{
		{notMap, dir + "/prog: not a BPF map but anon_inode:bpf-prog"},
		{notPin, "/dev/null: not a BPF map but a file outside of any bpffs: BPF_OBJ_GET: "},
		{noFD, "fd -1: fcntl F_DUPFD_CLOEXEC: "},
		{noID, "map id 1073741824: BPF_MAP_GET_FD_BY_ID: "},
	} {
		if tt.err == nil || !strings.HasPrefix(tt.err.Error(), tt.text) {
			t.Errorf("error %v, want it to begin with %q", tt.err, tt.text)
		}
	}
}

// TestOpenUnprivileged: without CAP_SYS_ADMIN a map may not be opened by id, and by fd only without its value type.
func TestOpenUnprivileged(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	m := obj.Map("datamap")
	id := mapInfo(t, m).ID
	fd, err := m.FD()
	if err != nil {
		t.Fatal(err)
	}
	var byID, byFD error
	var opened *Map
	if err := withoutCaps(func() {
		_, byID = OpenID(id)
		opened, byFD = OpenFD(fd.Int())
	}); err != nil {
		t.Fatal(err)
	}
	wantAdmin := func(what string, err error) {
		var permission *PermissionError
		if !errors.As(err, &permission) || !slices.Equal(permission.Missing, []string{"CAP_SYS_ADMIN"}) || !errors.Is(err, ErrPermission) ||
			!errors.Is(err, syscall.EPERM) || !strings.Contains(err.Error(), "setcap cap_sys_admin+ep") {
			t.Errorf("%s: error %v, want a PermissionError that names CAP_SYS_ADMIN", what, err)
		}
	}
	wantAdmin("id", byID)
	if byID != nil && !strings.HasPrefix(byID.Error(), fmt.Sprintf("map id %d: ", id)) {
		t.Errorf("error %v does not name the id", byID)
	}
	if byFD != nil {
		t.Fatal(byFD)
	}
	defer opened.Close()
	wantAdmin("value type", opened.Untyped())
	if types, value := opened.ValueType(); types != nil || value != 0 || opened.ValueSize() != 8 || opened.UserKptrs() != nil {
		t.Errorf("value type %d, of %d bytes", value, opened.ValueSize())
	}
	if err := m.Untyped(); err != nil {
		t.Errorf("a loaded map: %v", err)
	}
}

// withoutCaps runs f on a thread that has no capability, and that ends with it.
func withoutCaps(f func()) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and no unlock
		hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var none [2]unix.CapUserData // version 3 reads two
		err := unix.Capset(&hdr, &none[0])
		if err == nil {
			f()
		}
		done <- err
	}()
	return <-done
}

// TestOpenUntyped: a map without BTF has no value type.
func TestOpenUntyped(t *testing.T) {
	obj := loadObject(t, "maps", nil)
	fd, err := obj.Map("ring").FD()
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenFD(fd.Int())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if types, id := m.ValueType(); types != nil || id != 0 || m.Untyped() != nil {
		t.Errorf("value type %d, %v", id, m.Untyped())
	}
}
