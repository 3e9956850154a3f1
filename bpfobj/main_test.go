package bpfobj

import (
	"embed"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/btf"
	"kptr/internal/kerneltest"
)

// childEnv chooses, in a process that a test started, what it does instead of testing.
const childEnv = "BPFOBJ_TEST_CHILD"

//go:embed testdata/*.o testdata/*.plan testdata/*.log prebuilt/*.o
var files embed.FS

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "unprivileged" {
		unprivilegedChild()
		os.Exit(0)
	}
	kerneltest.Main(m, kerneltest.Files{"": files})
}

// needUserKptrs skips on a kernel without user kptrs.
func needUserKptrs(t testing.TB) {
	t.Helper()
	_, err := HonouredTag()
	kerneltest.Require(t, err)
}

// readObject reads an object of testdata or prebuilt by name and byte order.
func readObject(t testing.TB, name string, order binary.ByteOrder) []byte {
	t.Helper()
	b, err := os.ReadFile(objectPath(name, order))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func objectPath(name string, order binary.ByteOrder) string {
	dir, suffix := "testdata", ".bpfel.o"
	if name == "task_local" {
		dir = "prebuilt"
	}
	if order == binary.ByteOrder(binary.BigEndian) {
		suffix = ".bpfeb.o"
	}
	return filepath.Join(dir, name+suffix)
}

// objectNames lists the objects of testdata and prebuilt.
func objectNames(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.bpfel.o")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no objects: %v", err)
	}
	names := []string{"task_local"}
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".bpfel.o"))
	}
	return names
}

func mustParse(t testing.TB, b []byte) *Spec {
	t.Helper()
	spec, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// bothOrders runs a test for each byte order.
func bothOrders(t *testing.T, test func(t *testing.T, order binary.ByteOrder)) {
	t.Run("little", func(t *testing.T) { test(t, binary.LittleEndian) })
	t.Run("big", func(t *testing.T) { test(t, binary.BigEndian) })
}

// everything makes cmp look into unexported fields.
var everything = cmp.Exporter(func(reflect.Type) bool { return true })

// recordedKernel makes up a kernel with the BTF that the objects ask for.
func recordedKernel(t testing.TB, order binary.ByteOrder) *Kernel {
	t.Helper()
	types := btf.New(order)
	integer := types.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	proto := types.Add(btf.Type{Kind: btf.KindFuncProto, Type: integer})
	pointer := types.Add(btf.Type{Kind: btf.KindPtr, Type: proto})
	types.Add(btf.Type{Kind: btf.KindTypedef, Name: "btf_trace_sys_enter", Type: pointer})
	for _, name := range []string{"bpf_task_acquire", "bpf_task_release", "bpf_cgroup_from_id", "bpf_cgroup_release", "bpf_iter_task", "vfs_read"} {
		types.Add(btf.Type{Kind: btf.KindFunc, Name: name, Type: proto})
	}
	blob, err := types.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &Kernel{Release: "6.18.0", ByteOrder: order, PageSize: 4096, Tag: TagUptr, BTF: blob}
}
