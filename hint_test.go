package kptr_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/btf"
)

// hintTypes are the Go types that mirror those of kptr_hint.h, by C name.
var hintTypes = map[string]reflect.Type{
	"kptr_hint":       reflect.TypeFor[kptr.Hint](),
	"kptr_hint_value": reflect.TypeFor[kptr.HintValue](),
	"kptr_gc":         reflect.TypeFor[kptr.GCWord](),
	"kptr_gc_value":   reflect.TypeFor[kptr.GCValue](),
}

// TestHintTypes compares them with the BTF of the scheduler.
func TestHintTypes(t *testing.T) {
	spec, err := bpfobj.Parse(prebuilt.Scheduler())
	must(t, err)
	for name, typ := range hintTypes {
		id, err := spec.Types().Find(btf.KindStruct, name)
		must(t, err)
		if err := spec.Types().CompareGo(id, typ); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHintTypesInC compares them with what the C compiler makes of the header, outside of BPF.
func TestHintTypesInC(t *testing.T) {
	dir, err := filepath.Abs(filepath.Join("bpfobj", "prebuilt"))
	must(t, err)
	var source, want strings.Builder
	fmt.Fprintf(&source, "#include %q\n#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{\n", filepath.Join(dir, "kptr_hint.h"))
	expect := func(expr string, value any) {
		fmt.Fprintf(&source, "\tprintf(\"%%s %%zu\\n\", %q, (size_t)(%s));\n", expr, expr)
		fmt.Fprintln(&want, expr, value)
	}
	for name, typ := range hintTypes {
		expect("sizeof(struct "+name+")", typ.Size())
		for i := range typ.NumField() {
			f := typ.Field(i)
			member := strings.ToLower(f.Name)
			if f.Name == "_" {
				member = "reserved"
			}
			expect(fmt.Sprintf("offsetof(struct %s, %s)", name, member), f.Offset)
			expect(fmt.Sprintf("sizeof(((struct %s *)0)->%s)", name, member), f.Type.Size())
		}
	}
	expect("KPTR_HINT_VERSION", kptr.HintVersion)
	expect("sizeof(struct kptr_hint)", kptr.HintSize)
	source.WriteString("\treturn 0;\n}\n")
	file := filepath.Join(t.TempDir(), "layout.c")
	must(t, os.WriteFile(file, []byte(source.String()), 0o644))
	got, err := exec.Command(compile(t, file)).Output()
	must(t, err)
	if string(got) != want.String() {
		t.Errorf("C:\n%s\nGo:\n%s", got, &want)
	}
}

// TestHintInit: a block is ignored until its version is there, and all of its fields are within its size.
func TestHintInit(t *testing.T) {
	var h kptr.Hint
	if h.Version != 0 {
		t.Errorf("version %d of zeroes", h.Version)
	}
	h.Init()
	if h.Version != kptr.HintVersion || uintptr(h.Size) != reflect.TypeFor[kptr.Hint]().Size() {
		t.Errorf("version %d, size %d", h.Version, h.Size)
	}
}
