package main

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
)

// object is one of bpfobj's, in the host's byte order.
func object(dir, name string) string {
	suffix := ".bpfel.o"
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		suffix = ".bpfeb.o"
	}
	return filepath.Join("..", "..", "bpfobj", dir, name+suffix)
}

// uptr has the type tag that the kernel honours: cilium/ebpf loads tags as they are.
func uptr() string { return object("testdata", "uptr") }

func TestShare(t *testing.T) {
	kerneltest.NeedRoot(t)
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	stdout := os.Stdout
	os.Stdout = w
	share(uptr())
	os.Stdout = stdout
	must(t, w.Close())
	got, err := io.ReadAll(r)
	must(t, err)
	if string(got) != "3\n" {
		t.Errorf("got %q, want 3", got)
	}
}

// TestPinAndID: the other two ways to a map of cilium/ebpf.
func TestPinAndID(t *testing.T) {
	kerneltest.NeedRoot(t)
	datamap := loadMap(t, uptr())
	info, err := datamap.Info()
	must(t, err)
	id, ok := info.ID()
	if !ok {
		t.Fatal("the map has no id")
	}
	dir := t.TempDir()
	must(t, syscall.Mount("bpf", dir, "bpf", 0, ""))
	defer func() { must(t, syscall.Unmount(dir, 0)) }()
	must(t, datamap.Pin(filepath.Join(dir, "datamap")))
	for name, open := range map[string]func() (*bpfobj.Map, error){
		"pin": func() (*bpfobj.Map, error) { return bpfobj.OpenPinned(filepath.Join(dir, "datamap")) },
		"id":  func() (*bpfobj.Map, error) { return bpfobj.OpenID(uint32(id)) },
	} {
		t.Run(name, func(t *testing.T) {
			m, err := open()
			must(t, err)
			defer m.Close()
			hints, err := kptr.Open[Value](m)
			must(t, err)
			must(t, hints.Unchecked())
			must(t, hints.OnThread(func(*kptr.Shared[Value]) error { return nil }))
			must(t, hints.Close())
		})
	}
}

// TestPlainMap: the kernel takes a tag that it does not know for none, and says nothing. Open does.
func TestPlainMap(t *testing.T) {
	kerneltest.NeedRoot(t)
	datamap := loadMap(t, object("prebuilt", "task_local")) // its tag is kptr_user
	m, err := bpfobj.OpenFD(datamap.FD())
	must(t, err)
	defer m.Close()
	hints, err := kptr.Open[Value](m)
	if err == nil {
		hints.Close()
	}
	var e *kptr.MapError
	if !errors.Is(err, kptr.ErrPlainMap) || !errors.As(err, &e) || e.Map != "datamap" || e.Field != "Udata" {
		t.Errorf("got %v, want %v of map datamap, field Udata", err, kptr.ErrPlainMap)
	}
}

// TestReadme: the README shows the code that TestShare runs.
func TestReadme(t *testing.T) {
	source, err := os.ReadFile("share.go")
	must(t, err)
	readme, err := os.ReadFile("../../README.md")
	must(t, err)
	_, code, begins := strings.Cut(string(source), "\t// README:\n")
	code, _, ends := strings.Cut(code, "\t// :README\n")
	if !begins || !ends {
		t.Fatal("share.go has lost a mark")
	}
	var want strings.Builder
	for line := range strings.Lines(code) {
		want.WriteString(strings.TrimPrefix(line, "\t"))
	}
	if !strings.Contains(string(readme), "```go\n"+want.String()+"```\n") {
		t.Errorf("README.md does not show:\n%s", want.String())
	}
}

func loadMap(t *testing.T, file string) *ebpf.Map {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpec(file)
	must(t, err)
	m, err := ebpf.NewMap(spec.Maps["datamap"])
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
