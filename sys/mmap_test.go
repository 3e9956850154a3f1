package sys_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestMmapShared(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := memfd(t, 4096)
	a := mapped(t, fd, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	b := mapped(t, fd, syscall.PROT_READ, syscall.MAP_SHARED)
	p := mapped(t, fd, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	p.Bytes()[1] = 2
	copy(a.Bytes(), "shared")
	if got := b.Bytes()[:6]; string(got) != "shared" {
		t.Errorf("the other mapping has %q", got)
	}
	if got := p.Bytes()[1]; got != 2 {
		t.Errorf("the private page has %d", got)
	}
}

func memfd(t *testing.T, size int64) *sys.FD {
	t.Helper()
	fd, err := sys.MemfdCreate("sys_test", size, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fd.Close() })
	if got, err := fd.Size(); got != size || err != nil {
		t.Errorf("size %d, %v, want %d", got, err, size)
	}
	return fd
}

func mapped(t *testing.T, fd *sys.FD, prot, flags int) *sys.Mapping {
	t.Helper()
	m, err := sys.Mmap(fd, 0, 4096, prot, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// TestMmapAnonymous reads in /proc/self/maps what the kernel made of it.
func TestMmapAnonymous(t *testing.T) {
	tests := []struct {
		name  string
		prot  int
		flags int
		want  string
	}{
		{"shared", syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_SHARED, "rw-s"},
		{"private", syscall.PROT_READ | syscall.PROT_WRITE, syscall.MAP_PRIVATE, "rw-p"},
		{"read-only", syscall.PROT_READ, syscall.MAP_SHARED, "r--s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mapped(t, nil, tt.prot, tt.flags)
			if got := protection(t, m.Addr()); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(m.Bytes()) != 4096 || m.Addr()%4096 != 0 {
				t.Errorf("%d bytes at %#x", len(m.Bytes()), m.Addr())
			}
		})
	}
}

// protection gives the second column of the mapping that addr lies in, "" if there is none.
func protection(t *testing.T, addr uintptr) string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(maps)) {
		var start, end uintptr
		var prot string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &start, &end, &prot); err != nil {
			t.Fatal(err)
		}
		if start <= addr && addr < end {
			return prot
		}
	}
	return ""
}

func TestMmapMap(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := open(t, &sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1, MapFlags: sys.BPF_F_MMAPABLE,
	})
	m := mapped(t, fd, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	v, err := sys.At[atomic.Uint32](m, 0)
	if err != nil {
		t.Fatal(err)
	}
	v.Store(42)
	var got uint32
	do(t, &sys.MapLookupElemAttr{MapFD: fd.Uint32(), Key: sys.PtrTo(new(uint32)), Value: sys.PtrTo(&got)})
	if got != 42 {
		t.Errorf("the map has %d", got)
	}
}

func TestMapFile(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	m, err := sys.MapFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !bytes.Equal(m.Bytes(), want) {
		t.Error("mapped and read bytes differ")
	}
}

func TestMapFileKernelBTF(t *testing.T) {
	want := kerneltest.NeedBTF(t)
	m, err := sys.MapFile("/sys/kernel/btf/vmlinux")
	if errors.Is(err, syscall.ENODEV) {
		kerneltest.Require(t, &sys.NotSupportedError{Feature: "mmap of BTF", Since: "6.16", Err: err})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !bytes.Equal(m.Bytes(), want) {
		t.Error("mapped and read bytes differ")
	}
}

func TestMmapErrors(t *testing.T) {
	closed := memfd(t, 4096)
	closed.Close()
	empty := t.TempDir() + "/empty"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		call func() (*sys.Mapping, error)
		want syscall.Errno
	}{
		{"no bytes", func() (*sys.Mapping, error) { return sys.Mmap(nil, 0, 0, 0, syscall.MAP_PRIVATE) }, syscall.EINVAL},
		{"negative size", func() (*sys.Mapping, error) { return sys.Mmap(nil, 0, -1, 0, syscall.MAP_PRIVATE) }, syscall.EINVAL},
		{"too large", func() (*sys.Mapping, error) { return sys.Mmap(nil, 0, 1<<62, syscall.PROT_WRITE, syscall.MAP_PRIVATE) }, syscall.ENOMEM},
		{"closed fd", func() (*sys.Mapping, error) { return sys.Mmap(closed, 0, 4096, 0, syscall.MAP_SHARED) }, syscall.EBADF},
		{"offset within a page", func() (*sys.Mapping, error) { return sys.Mmap(memfd(t, 4096), 1, 1, 0, syscall.MAP_SHARED) }, syscall.EINVAL},
		{"no file", func() (*sys.Mapping, error) { return sys.MapFile("/nonexistent") }, syscall.ENOENT},
		{"empty file", func() (*sys.Mapping, error) { return sys.MapFile(empty) }, syscall.EINVAL},
		{"directory", func() (*sys.Mapping, error) { return sys.MapFile("/tmp") }, syscall.ENODEV},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if m, err := tt.call(); m != nil || !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v, want %v", m, err, tt.want)
			}
		})
	}
}

func TestMappingClose(t *testing.T) {
	m := mapped(t, nil, syscall.PROT_READ, syscall.MAP_PRIVATE)
	addr := m.Addr()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if got := protection(t, addr); got != "" {
		t.Errorf("still mapped: %s", got)
	}
	if err := (*sys.Mapping)(nil).Close(); err != nil {
		t.Errorf("nil: %v", err)
	}
	if m.Bytes() != nil || m.Addr() != 0 || m.Close() != nil {
		t.Errorf("after Close: %v, %#x, %v", m.Bytes(), m.Addr(), m.Close())
	}
}

func TestAt(t *testing.T) {
	m := mapped(t, nil, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	tests := []struct {
		name   string
		offset uintptr
		ok     bool
	}{
		{"start", 0, true},
		{"end", 4088, true},
		{"past the end by one element", 4096, false},
		{"past the end by half an element", 4092, false},
		{"misaligned", 4, false},
		{"far out", ^uintptr(0) - 7, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := sys.At[uint64](m, tt.offset)
			if (err == nil) != tt.ok || (p != nil) != tt.ok {
				t.Fatalf("got %v, %v", p, err)
			}
			if tt.ok {
				*p = 1
				return
			}
			var e *sys.MappingError
			if !errors.Is(err, sys.ErrOutOfMapping) || !errors.As(err, &e) ||
				*e != (sys.MappingError{Offset: tt.offset, Size: 8, Align: 8, Mapped: 4096}) {
				t.Errorf("got %v", err)
			}
		})
	}
	if p, err := sys.At[struct{}](m, 4096); p == nil || err != nil {
		t.Errorf("nothing at the end: %v, %v", p, err)
	}
	m.Close()
	if _, err := sys.At[uint64](m, 0); !errors.Is(err, sys.ErrOutOfMapping) {
		t.Errorf("closed: %v", err)
	}
}

func TestMemfdErrors(t *testing.T) {
	if _, err := sys.MemfdCreate(strings.Repeat("x", 300), 1, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("long name: %v, want EINVAL", err)
	}
	kerneltest.NoLeaks(t)
	if _, err := sys.MemfdCreate("x", -1, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("negative size: %v, want EINVAL", err)
	}
}
