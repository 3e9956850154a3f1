package btfc

import (
	"encoding/binary"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"structs"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/btf"
	"kptr/internal/kerneltest"
)

var (
	afterAsterisk = regexp.MustCompile(`\* +`)
	comment       = regexp.MustCompile(` ?/\*.*?\*/`)
)

// definitions splits C into its definitions, sorted. Comments, directives and blanks after an asterisk are left out.
func definitions(text string) []string {
	var list []string
	for block := range strings.SplitSeq(comment.ReplaceAllString(text, ""), "\n\n") {
		block = strings.TrimSpace(afterAsterisk.ReplaceAllString(block, "*"))
		if block != "" && !strings.HasPrefix(block, "#") {
			list = append(list, block)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// isForward reports whether a definition is only "struct foo;": how many are needed depends on the order.
func isForward(definition string) bool { return strings.Count(definition, " ") == 1 }

func TestCIsThatOfBpftool(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	text, err := os.ReadFile("../../btf/testdata/gotypes_values.bpftool.c")
	if err != nil {
		t.Fatal(err)
	}
	s := clangSpec(t)
	got, _, _ := strings.Cut(C(s, mustFind(t, s, btf.KindDataSec, ".bss")), "\n\n/* .bss")
	want := slices.DeleteFunc(definitions(string(text)), isForward)
	if diff := cmp.Diff(want, slices.DeleteFunc(definitions(got), isForward)); diff != "" {
		t.Error(diff)
	}
}

// TestCCompiles takes clang's word that the text is C and means the same: testdata/gotypes_printed.c is the text,
// testdata/gotypes_printed.btf was compiled from it as gotypes_values.c says.
func TestCCompiles(t *testing.T) {
	s := clangSpec(t)
	source, err := os.ReadFile("../../btf/testdata/gotypes_printed.c")
	if err != nil {
		t.Fatal(err)
	}
	text := C(s, mustFind(t, s, btf.KindDataSec, ".bss"))
	if diff := cmp.Diff(string(source), text+"\n"); diff != "" {
		t.Fatalf("compile it again, and look at it: %s", diff)
	}
	blob, err := os.ReadFile("../../btf/testdata/gotypes_printed.btf")
	if err != nil {
		t.Fatal(err)
	}
	printed, err := btf.Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range bpftoolStructs(t) {
		id, err := printed.Find(btf.KindStruct, name)
		if err != nil {
			t.Error(err)
			continue
		}
		got := printed.Type(id)
		if got.Size != want.Size || len(got.Members) != len(want.Members) {
			t.Errorf("struct %s: %d bytes, %d members; want %d, %d", name, got.Size, len(got.Members), want.Size, len(want.Members))
			continue
		}
		for i, m := range want.Members {
			if g := got.Members[i]; g.BitOffset != m.BitsOffset {
				t.Errorf("struct %s: %s at bit %d, want %d", name, m.Name, g.BitOffset, m.BitsOffset)
			}
		}
		if diff := cmp.Diff(C(s, mustFind(t, s, btf.KindStruct, name)), C(printed, id)); diff != "" {
			t.Errorf("struct %s: %s", name, diff)
		}
	}
}

func TestCOrder(t *testing.T) {
	s := clangSpec(t)
	const want = `struct pong;

struct ping {
	struct pong __attribute__((btf_type_tag("uptr"))) *pong;
	int n;
};

struct pong {
	struct ping __attribute__((btf_type_tag("uptr"))) *ping;
	int n;
};`
	if diff := cmp.Diff(want, C(s, mustFind(t, s, btf.KindStruct, "ping"))); diff != "" {
		t.Error(diff)
	}
}

// What AddGo builds reads like the C that its comment promises.
func TestCOfGoType(t *testing.T) {
	type Hint struct {
		PID        int32
		HTTPServer uint64
		ID2        [2]atomic.Bool
		Renamed    int8 `btf:"name=other"`
	}
	type Value struct {
		_     structs.HostLayout
		Hint  *Hint `btf:"kptr_user,name=h"`
		_     uint32
		Hints [2]*Hint `btf:"uptr"`
		Grid  [2][3]struct{ X, y int16 }
	}
	s := btf.New(binary.LittleEndian)
	id, err := s.AddGo(reflect.TypeFor[Value](), "uptr")
	if err != nil {
		t.Fatal(err)
	}
	const want = `struct Hint;

struct Value {
	struct Hint __attribute__((btf_type_tag("uptr"))) *h;
	struct Hint __attribute__((btf_type_tag("uptr"))) *hints[2]; /* offset 16 */
	struct {
		short x;
		short y;
	} grid[2][3];
};

struct Hint {
	int pid;
	unsigned long long http_server;
	unsigned int id2[2];
	signed char other;
};`
	if diff := cmp.Diff(want, C(s, id)); diff != "" {
		t.Error(diff)
	}
}

// lastLine is the declaration, after the definitions that it needs.
func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// TestCDeclarations expects what testdata/gotypes_values.c says.
func TestCDeclarations(t *testing.T) {
	s := clangSpec(t)
	tests := []struct {
		name string
		id   btf.ID
		want string // last line
	}{
		{"void", 0, "void"},
		{"int", mustFind(t, s, btf.KindInt, "int"), "int"},
		{"double", mustFind(t, s, btf.KindFloat, "double"), "double"},
		{"typedef", mustFind(t, s, btf.KindTypedef, "pid_t"), "typedef int pid_t;"},
		{"typedef of a typedef", mustFind(t, s, btf.KindTypedef, "u32"), "typedef __u32 u32;"},
		{"forward", mustFind(t, s, btf.KindFwd, "only_declared"), "struct only_declared; /* only declared (FWD) */"},
		{"variable", mustFind(t, s, btf.KindVar, "target_pid"), "pid_t target_pid;"},
		{"static variable", mustFind(t, s, btf.KindVar, "hidden"), "static volatile int hidden;"},
		{"extern variable", mustFind(t, s, btf.KindVar, "elsewhere"), "extern int elsewhere;"},
		{"struct variable", mustFind(t, s, btf.KindVar, "mixed"), "struct mixed mixed;"},
		{"function", mustFind(t, s, btf.KindFunc, "probe"), "int probe(struct node *n);"},
		{"section", mustFind(t, s, btf.KindDataSec, ".data"), "static volatile int hidden; /* offset 0, 4 bytes */"},
		{"no such type", btf.ID(s.Len()), "/* type id 146 out of range (146 types) */"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := lastLine(C(s, test.id)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestCBuilt has what clang does not write for BPF. Expectations are C.
func TestCBuilt(t *testing.T) {
	s := btf.New(binary.LittleEndian)
	i32 := s.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	three := s.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 3, Encoding: btf.IntSigned})
	holes := s.Add(btf.Type{Kind: btf.KindStruct, Name: "holes", Size: 64, Members: []btf.Member{{Name: "a", Type: i32}, {Name: "b", Type: i32, BitOffset: 256}}})
	old := s.Add(btf.Type{Kind: btf.KindStruct, Name: "old", Size: 4, Members: []btf.Member{{Name: "a", Type: three}, {Name: "b", Type: three, BitOffset: 3}}})
	gap := s.Add(btf.Type{Kind: btf.KindStruct, Name: "gap", Size: 4, Flag: true, Members: []btf.Member{
		{Name: "a", Type: i32, BitSize: 3}, {Name: "b", Type: i32, BitOffset: 7, BitSize: 2}}})
	union := s.Add(btf.Type{Kind: btf.KindUnion, Name: "u", Size: 8, Members: []btf.Member{{Name: "a", Type: i32}, {Name: "b", Type: i32}}})
	fwd := s.Add(btf.Type{Kind: btf.KindFwd, Name: "f", Flag: true})
	tiny := s.Add(btf.Type{Kind: btf.KindEnum, Name: "tiny", Size: 1, Flag: true, Members: []btf.Member{{Name: "MINUS", Value: 1<<64 - 1}}})
	attribute := s.Add(btf.Type{Kind: btf.KindTypeTag, Name: "address_space(1)", Flag: true, Type: i32})
	global := s.Add(btf.Type{Kind: btf.KindPtr, Type: attribute})
	tag := s.Add(btf.Type{Kind: btf.KindDeclTag, Name: "contains", Type: holes, Component: 1})
	proto := s.Add(btf.Type{Kind: btf.KindFuncProto})
	fn := s.Add(btf.Type{Kind: btf.KindFunc, Name: "f", Type: proto, Linkage: btf.LinkageStatic})
	fnTag := s.Add(btf.Type{Kind: btf.KindDeclTag, Name: "bpf_kfunc", Type: fn, Component: -1})
	self := s.Add(btf.Type{Kind: btf.KindStruct, Size: 8, Members: []btf.Member{{Name: "self", Type: btf.ID(s.Len() + 1)}}})
	s.Add(btf.Type{Kind: btf.KindPtr, Type: self})
	tests := []struct {
		name string
		id   btf.ID
		want string
	}{
		{"holes", holes, "struct holes {\n\tint a;\n\tint b; /* offset 32 */\n}; /* size 64 */"},
		{"bit fields before kind_flag", old, "struct old {\n\tint a: 3;\n\tint b: 3;\n};"},
		{"bit field after a gap", gap, "struct gap {\n\tint a: 3;\n\tint b: 2; /* bit 7 */\n};"},
		{"union", union, "union u {\n\tint a;\n\tint b;\n}; /* size 8 */"},
		{"forward union", fwd, "union f; /* only declared (FWD) */"},
		{"small enum", tiny, "enum tiny {\n\tMINUS = -1,\n}; /* size 1 */"},
		{"attribute", global, "int __attribute__((address_space(1))) *"},
		{"tag of a member", tag, "struct holes {\n\tint a;\n\tint b; /* offset 32 */\n}; /* size 64 */\n\n/* decl tag \"contains\" of struct holes member or parameter 1 */"},
		{"tag of a function", fnTag, "/* decl tag \"bpf_kfunc\" of static void f(void); */"},
		{"anonymous struct in itself", self, "struct {\n\tstruct { ... } *self;\n}"},
	}
	if _, err := s.Encode(); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, C(s, test.id)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// deepChain returns a Spec with a chain of anonymous structs behind pointers, which no rule of the format bounds.
func deepChain(levels int) (*btf.Spec, btf.ID) {
	s := btf.New(binary.LittleEndian)
	id := s.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	for range levels {
		ptr := s.Add(btf.Type{Kind: btf.KindPtr, Type: id})
		id = s.Add(btf.Type{Kind: btf.KindStruct, Size: 8, Members: []btf.Member{{Name: "p", Type: ptr}}})
	}
	return s, id
}

func TestCEnds(t *testing.T) {
	t.Run("doubling", func(t *testing.T) {
		s, id := doubling(50)
		if text := C(s, id); len(text) > 2*printBudget || !strings.HasSuffix(text, "/* cut off */") {
			t.Errorf("%d bytes, ends %q", len(text), text[max(0, len(text)-100):])
		}
	})
	t.Run("deep", func(t *testing.T) {
		s, id := deepChain(100_000)
		if text := C(s, id); len(text) > printBudget || !strings.Contains(text, "{ ... }") {
			t.Errorf("%d bytes", len(text))
		}
	})
}
