package btf

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareGoAgrees(t *testing.T) {
	s := clangSpec(t)
	for _, m := range mirrors {
		t.Run(m.t.Name(), func(t *testing.T) {
			if err := s.CompareGo(mustFind(t, s, KindStruct, m.c), m.t); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCompareGoAgreesOtherwise has Go types that mirror in another way what mirrors holds.
func TestCompareGoAgreesOtherwise(t *testing.T) {
	tests := []struct {
		name string
		kind Kind
		c    string
		t    reflect.Type
	}{
		{"blank fields cover members", KindStruct, "user_data", reflect.TypeFor[struct {
			A int32
			_ [8]byte
		}]()},
		{"blank fields of another split", KindStruct, "user_data", reflect.TypeFor[struct {
			_ [6]byte
			_ uint16
			_ uint32
		}]()},
		{"halves of an anonymous union", KindStruct, "nested", reflect.TypeFor[struct {
			_      [88]byte
			P, Q   int32
			Lo, Hi uint16
			U      uint64
			_      uint64
		}]()},
		{"struct for bpf_spin_lock", KindStruct, "locked", reflect.TypeFor[struct {
			Lock  struct{ Val uint32 }
			Timer struct{ Opaque [2]uint64 }
		}]()},
		{"typedef", KindTypedef, "pid_t", reflect.TypeFor[int32]()},
		{"variable", KindVar, "target_pid", reflect.TypeFor[int32]()},
		{"variable, atomic", KindVar, "target_pid", reflect.TypeFor[atomic.Int32]()},
		{"const volatile variable", KindVar, "limit", reflect.TypeFor[int32]()},
		{"variable of a struct", KindVar, "user_data", reflect.TypeFor[userData]()},
		{"enum, signed", KindEnum, "small", reflect.TypeFor[int32]()},
		{"enum, unsigned", KindEnum, "negative", reflect.TypeFor[uint32]()},
		{"enum64", KindEnum64, "big", reflect.TypeFor[int64]()},
		{"float", KindFloat, "float", reflect.TypeFor[float32]()},
		{"_Bool", KindInt, "_Bool", reflect.TypeFor[bool]()},
		{"_Bool, uint8", KindInt, "_Bool", reflect.TypeFor[uint8]()},
		{"char", KindInt, "char", reflect.TypeFor[int8]()},
		{"char, bool", KindInt, "char", reflect.TypeFor[bool]()},
		{"unsigned char, bool", KindInt, "unsigned char", reflect.TypeFor[bool]()},
	}
	s := clangSpec(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := s.CompareGo(mustFind(t, s, test.kind, test.c), test.t); err != nil {
				t.Error(err)
			}
		})
	}
}

type otherNode struct {
	Value uint32
	Next  *otherNode `btf:"uptr"`
}

type deepWrong struct {
	Udata *struct{ A, B int32 } `btf:"uptr"`
	Depth int64
}

type hint struct{ A, B, Result int32 }

type mixedWrong struct {
	Lock  uint64
	Udata *hint `btf:"uptr"`
	Deep  deepWrong
	Slots [3]*struct {
		X int16
		Y uint64
	} `btf:"kptr_user"`
	Owned *inner `btf:"uptr"`
	Bare  uint32
}

func TestCompareGoDifferences(t *testing.T) {
	type hintValue struct {
		Udata *hint `btf:"kptr_user"`
	}
	tests := []struct {
		name string
		kind Kind
		c    string
		t    reflect.Type
		want []string
	}{
		{"missing member", KindStruct, "user_data", reflect.TypeFor[struct{ A, B int32 }](), []string{
			"size 12 (struct user_data) in C, 8 (struct { A int32; B int32 }) in Go",
			"result: no such field in Go; C has int at offset 8",
		}},
		{"extra field", KindStruct, "user_data", reflect.TypeFor[struct{ A, B, Result, More int32 }](), []string{
			"size 12 (struct user_data) in C, 16 (struct { A int32; B int32; Result int32; More int32 }) in Go",
			"more: no such member in C; Go has More int32 at offset 12",
		}},
		{"other name", KindStruct, "user_data", reflect.TypeFor[struct{ A, B, Sum int32 }](), []string{
			"sum: no such member in C; Go has Sum int32 at offset 8",
			"result: no such field in Go; C has int at offset 8",
		}},
		{"name to the letter", KindStruct, "user_data", reflect.TypeFor[struct {
			A int32
			B int32 `btf:"name=B"`
			R int32 `btf:"name=result"`
		}](), []string{
			"B: no such member in C; Go has B int32 at offset 4",
			"b: no such field in Go; C has int at offset 4",
		}},
		{"swapped", KindStruct, "user_data", reflect.TypeFor[struct{ B, A, Result int32 }](), []string{
			"b: offset 4 in C, 0 in Go",
			"a: offset 0 in C, 4 in Go",
		}},
		{"size and sign", KindStruct, "user_data", reflect.TypeFor[struct {
			A uint32
			B uint64
		}](), []string{
			"size 12 (struct user_data) in C, 16 (struct { A uint32; B uint64 }) in Go",
			"a: signed (int) in C, unsigned (uint32) in Go",
			"b: offset 4 in C, 8 in Go",
			"b: size 4 (int) in C, 8 (uint64) in Go",
			"b: signed (int) in C, unsigned (uint64) in Go",
			"result: no such field in Go; C has int at offset 8",
		}},
		{"second field for a member", KindStruct, "user_data", reflect.TypeFor[struct {
			A      int32
			B      int32
			Result int32 `btf:"name=b"`
		}](), []string{
			"b: int at offset 4 in C has a Go field already, Result int32 is a second one",
			"result: no such field in Go; C has int at offset 8",
		}},
		{"Go type and struct tags", KindStruct, "user_data", reflect.TypeFor[struct {
			A      string
			B      int32 `btf:"b"`
			Result *hint
		}](), []string{
			"size 12 (struct user_data) in C, 32 (struct { A string; B int32 \"btf:\\\"b\\\"\"; Result *btf.hint }) in Go",
			"a: string: refers to Go memory: use an array, or a uint64",
			`b: field B: struct tag btf: unknown word "b": want name=..., kptr_user or uptr`,
			"result: offset 8 in C, 24 in Go",
			"result: *btf.hint: pointer without the struct tag `btf:\"kptr_user\"`: add it, or use uint64 for a pointer that Go does not follow",
			"b: no such field in Go; C has int at offset 4",
		}},
		{"user kptr for an int", KindStruct, "user_data", reflect.TypeFor[struct {
			A *hint `btf:"kptr_user"`
			_ int32
		}](), []string{
			"size 12 (struct user_data) in C, 16 (struct { A *btf.hint \"btf:\\\"kptr_user\\\"\"; _ int32 }) in Go",
			"a: int in C, user kptr *btf.hint in Go",
			"b: no such field in Go; C has int at offset 4",
		}},
		{"user kptr expected", KindStruct, "value_type", reflect.TypeFor[struct{ Udata uint64 }](), []string{
			`udata: user kptr struct user_data __attribute__((btf_type_tag("kptr_user"))) * in C, uint64 in Go`,
		}},
		{"user kptr under a blank field", KindStruct, "value_type", reflect.TypeFor[struct{ _ uint64 }](), []string{
			`udata: no such field in Go; C has struct user_data __attribute__((btf_type_tag("kptr_user"))) * at offset 0`,
		}},
		{"nested user kptrs under a blank field", KindStruct, "mixed", reflect.TypeFor[struct{ _ [10]uint64 }](), []string{
			`udata: no such field in Go; C has struct user_data __attribute__((btf_type_tag("uptr"))) * at offset 8`,
			`deep: no such field in Go; C has struct { ... } at offset 16`,
			`slots: no such field in Go; C has struct inner __attribute__((btf_type_tag("uptr"))) *[4] at offset 32`,
		}},
		{"tag missing", KindStruct, "untagged", reflect.TypeFor[hintValue](), []string{
			"udata: struct user_data * in C is not tagged as user kptr, *btf.hint in Go is",
		}},
		{"other tag, and other pointee", KindStruct, "other_tag", reflect.TypeFor[hintValue](), []string{
			`udata: struct inner __attribute__((btf_type_tag("kptr"))) * in C is not tagged as user kptr, *btf.hint in Go is`,
			"udata: size 16 (struct inner) in C, 12 (btf.hint) in Go",
			"udata.a: no such member in C; Go has A int32 at offset 0",
			"udata.b: no such member in C; Go has B int32 at offset 4",
			"udata.result: no such member in C; Go has Result int32 at offset 8",
			"udata.x: no such field in Go; C has __u16 at offset 0",
			"udata.y: no such field in Go; C has __u64 at offset 8",
		}},
		{"only declared", KindStruct, "declared_value", reflect.TypeFor[struct {
			Data *hint `btf:"kptr_user"`
		}](), []string{
			`data: struct only_declared __attribute__((btf_type_tag("kptr_user"))) * in C points to a struct that is only declared (FWD), *btf.hint in Go to a whole one`,
		}},
		{"pointee is no struct", KindStruct, "scalar_pointee", reflect.TypeFor[hintValue](), []string{
			`udata: int __attribute__((btf_type_tag("uptr"))) * in C does not point to a struct, *btf.hint in Go does`,
		}},
		{"pointees, nested and in arrays", KindStruct, "mixed", reflect.TypeFor[mixedWrong](), []string{
			"size 80 (struct mixed) in C, 72 (btf.mixedWrong) in Go",
			"lock: size 4 (struct bpf_spin_lock) in C, 8 (uint64) in Go",
			"deep.udata: size 12 (struct user_data) in C, 8 (struct { A int32; B int32 }) in Go",
			"deep.udata.result: no such field in Go; C has int at offset 8",
			"deep.depth: size 4 (int) in C, 8 (int64) in Go",
			"slots: 4 elements in C, 3 in Go",
			"slots[].x: unsigned (__u16) in C, signed (int16) in Go",
			"owned: offset 64 in C, 56 in Go",
			`owned: struct inner __attribute__((btf_type_tag("kptr"))) * in C is not tagged as user kptr, *btf.inner in Go is`,
			"bare: offset 72 in C, 64 in Go",
			"bare: size 8 (struct inner *) in C, 4 (uint32) in Go",
			"plain: no such field in Go; C has int at offset 4",
		}},
		{"cycle", KindStruct, "node", reflect.TypeFor[otherNode](), []string{
			"value: signed (int) in C, unsigned (uint32) in Go",
		}},
		{"bit fields", KindStruct, "bits", reflect.TypeFor[struct {
			A    uint32
			Rest uint32
		}](), []string{
			"a: __u32:3 at bit 0 is a bit field in C, which Go cannot declare (uint32 in Go): cover it with a blank field",
			"b: no such field in Go; C has __u32:5 at bit 3",
			"c: no such field in Go; C has __s32:24 at bit 8",
		}},
		{"packed", KindStruct, "packed", reflect.TypeFor[struct {
			A uint8
			B uint32
			C uint16
		}](), []string{
			"size 7 (struct packed) in C, 12 (struct { A uint8; B uint32; C uint16 }) in Go",
			"b: offset 1 in C, 4 in Go",
			"c: offset 5 in C, 8 in Go",
		}},
		{"members of anonymous structs", KindStruct, "nested", reflect.TypeFor[struct {
			One       inner
			Many      [3]struct{ X, Y uint64 }
			Grid      [3][2]int32
			pq        uint64
			Lo        uint16
			_         uint16
			U         float64
			NamedAnon uint8
		}](), []string{
			"many[].x: size 2 (__u16) in C, 8 (uint64) in Go",
			"grid: 2 elements in C, 3 in Go",
			"grid[]: 3 elements in C, 2 in Go",
			"pq: no such member in C; Go has pq uint64 at offset 88",
			"u: union { ... } in C, float64 in Go",
			"named_anon: struct { ... } in C, uint8 in Go",
			"p: no such field in Go; C has int at offset 88",
			"q: no such field in Go; C has int at offset 92",
		}},
		{"union not covered", KindStruct, "nested", reflect.TypeFor[struct {
			_  [96]byte
			Lo uint16
			U  uint64
			_  uint64
		}](), []string{
			"word: no such field in Go; C has __u32 at offset 96",
			"bytes: no such field in Go; C has __u8 [4] at offset 96",
			"hi: no such field in Go; C has __u16 at offset 98",
		}},
		{"integer for a struct", KindStruct, "user_data", reflect.TypeFor[uint32](), []string{"struct user_data in C, uint32 in Go"}},
		{"struct for an integer", KindTypedef, "pid_t", reflect.TypeFor[userData](), []string{"pid_t in C, btf.userData in Go"}},
		{"array for an integer", KindTypedef, "pid_t", reflect.TypeFor[[1]int32](), []string{"pid_t in C, [1]int32 in Go"}},
		{"float for an integer", KindTypedef, "pid_t", reflect.TypeFor[float32](), []string{"pid_t in C, float32 in Go"}},
		{"integer for a float", KindFloat, "float", reflect.TypeFor[uint32](), []string{"float in C, uint32 in Go"}},
		{"float of another size", KindFloat, "float", reflect.TypeFor[float64](), []string{"size 4 (float) in C, 8 (float64) in Go"}},
		{"variable of another type", KindVar, "target_pid", reflect.TypeFor[uint16](), []string{
			"size 4 (pid_t) in C, 2 (uint16) in Go",
			"signed (pid_t) in C, unsigned (uint16) in Go",
		}},
		{"bool for an int", KindTypedef, "pid_t", reflect.TypeFor[bool](), []string{"size 4 (pid_t) in C, 1 (bool) in Go"}},
		{"int8 for _Bool", KindInt, "_Bool", reflect.TypeFor[int8](), []string{"bool (_Bool) in C, signed (int8) in Go"}},
		{"uint8 for char", KindInt, "char", reflect.TypeFor[uint8](), []string{"signed (char) in C, unsigned (uint8) in Go"}},
		{"enum of another size", KindEnum, "small", reflect.TypeFor[uint64](), []string{"size 4 (enum small) in C, 8 (uint64) in Go"}},
		{"bool for an enum", KindEnum, "small", reflect.TypeFor[bool](), []string{"enum small in C, bool in Go"}},
		{"function", KindFunc, "probe", reflect.TypeFor[int32](), []string{`/* FUNC "probe" */ in C, int32 in Go`}},
		{"int for anything", KindTypedef, "pid_t", reflect.TypeFor[int](), []string{
			"int: has the size of the machine's word: use int32, int64, uint32 or uint64",
		}},
		{"no Go type", KindTypedef, "pid_t", nil, []string{"no type"}},
	}
	s := clangSpec(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := s.CompareGo(mustFind(t, s, test.kind, test.c), test.t)
			var layout *LayoutError
			if !errors.Is(err, ErrLayout) || !errors.As(err, &layout) {
				t.Fatalf("error %v", err)
			}
			var got []string
			for _, d := range layout.Differences {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLayoutErrorText(t *testing.T) {
	s := clangSpec(t)
	err := s.CompareGo(mustFind(t, s, KindStruct, "user_data"), reflect.TypeFor[inner]())
	const want = "struct user_data and Go type btf.inner differ: size 12 (struct user_data) in C, 16 (btf.inner) in Go; " +
		"x: no such member in C; Go has X uint16 at offset 0; y: no such member in C; Go has Y uint64 at offset 8; " +
		"a: no such field in Go; C has int at offset 0; b: no such field in Go; C has int at offset 4; " +
		"result: no such field in Go; C has int at offset 8"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if errors.Is(err, ErrGoType) {
		t.Error("matches ErrGoType")
	}
	if err := s.CompareGo(mustFind(t, s, KindTypedef, "pid_t"), reflect.TypeFor[int]()); !errors.Is(err, ErrGoType) {
		t.Errorf("%v does not match ErrGoType", err)
	}
	if err := s.CompareGo(1<<31, reflect.TypeFor[int32]()); err == nil || !strings.Contains(err.Error(), "type id 2147483648") {
		t.Error(err)
	}
}

// TestCompareGoWide has what clang does not write for BPF.
func TestCompareGoWide(t *testing.T) {
	s := New(binary.LittleEndian)
	wide := s.Add(Type{Kind: KindInt, Name: "__int128", Size: 16, Bits: 128, Encoding: IntSigned})
	narrow := s.Add(Type{Kind: KindInt, Name: "int", Size: 4, Bits: 3})
	for _, test := range []struct {
		name string
		id   ID
		t    reflect.Type
		want string
	}{
		{"two words", wide, reflect.TypeFor[[2]uint64](), ""},
		{"bytes", wide, reflect.TypeFor[[16]byte](), ""},
		{"one word", wide, reflect.TypeFor[uint64](), "size 16 (__int128) in C, 8 (uint64) in Go"},
		{"signed words", wide, reflect.TypeFor[[2]int64](), "__int128 in C, [2]int64 in Go"},
		{"integer of three bits", narrow, reflect.TypeFor[uint32](), "bit field"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := s.CompareGo(test.id, test.t)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// doubling returns a Spec whose last struct holds an anonymous struct twice, which holds another twice, and so on.
func doubling(levels int) (*Spec, ID) {
	s := New(binary.LittleEndian)
	id := s.Add(Type{Kind: KindStruct})
	for range levels {
		id = s.Add(Type{Kind: KindStruct, Members: []Member{{Type: id}, {Type: id}}})
	}
	return s, s.Add(Type{Kind: KindStruct, Name: "doubling", Members: []Member{{Type: id}}})
}

func TestCompareGoEnds(t *testing.T) {
	s, id := doubling(50)
	if _, err := s.Encode(); err != nil {
		t.Fatal(err)
	}
	err := s.CompareGo(id, reflect.TypeFor[struct{}]())
	if err == nil || !strings.Contains(err.Error(), "nested members") {
		t.Error(err)
	}
}

func TestCompareGoAllocs(t *testing.T) {
	s := clangSpec(t)
	id := mustFind(t, s, KindStruct, "value_type")
	typ := reflect.TypeFor[valueType]()
	n := testing.AllocsPerRun(100, func() {
		if err := s.CompareGo(id, typ); err != nil {
			t.Fatal(err)
		}
	})
	if n >= 20 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCompareGo(b *testing.B) {
	s := clangSpec(b)
	id := mustFind(b, s, KindStruct, "value_type")
	typ := reflect.TypeFor[valueType]()
	b.ReportAllocs()
	for b.Loop() {
		if err := s.CompareGo(id, typ); err != nil {
			b.Fatal(err)
		}
	}
}
