package btf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"structs"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddGoLayoutIsThatOfClang(t *testing.T) {
	want := bpftoolStructs(t)
	for _, m := range mirrors {
		t.Run(m.t.Name(), func(t *testing.T) {
			s := New(binary.LittleEndian)
			id, err := s.AddGo(m.t, "kptr_user")
			if err != nil {
				t.Fatal(err)
			}
			got, c := s.Type(id), want[m.c]
			if got.Size != c.Size || c.Size == 0 {
				t.Errorf("size %d, clang: %d", got.Size, c.Size)
			}
			offsets := make(map[string]uint32)
			for _, member := range c.Members {
				offsets[member.Name] = member.BitsOffset
			}
			for _, member := range got.Members {
				want, ok := offsets[member.Name]
				if !ok && m.c == "nested" {
					continue // embedded, and anonymous in C
				}
				if !ok || member.BitOffset != want {
					t.Errorf("%s: bit offset %d, clang: %d (%t)", member.Name, member.BitOffset, want, ok)
				}
			}
		})
	}
}

func TestAddGoEncodesAndCompares(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, m := range mirrors {
			t.Run(order.String()+"/"+m.t.Name(), func(t *testing.T) {
				s := New(order)
				id, err := s.AddGo(m.t, "uptr")
				if err != nil {
					t.Fatal(err)
				}
				blob, err := s.Encode()
				if err != nil {
					t.Fatal(err)
				}
				decoded, err := Decode(blob)
				if err != nil {
					t.Fatal(err)
				}
				again, err := decoded.Encode()
				if err != nil || !bytes.Equal(blob, again) {
					t.Errorf("decodes to something else (%v)", err)
				}
				if diff := cmp.Diff(s.C(id), decoded.C(id)); diff != "" {
					t.Error(diff)
				}
				if err := decoded.CompareGo(id, m.t); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestAddGoInt(t *testing.T) {
	tests := []struct {
		name string
		t    reflect.Type
		want string // C, as clang's BTF names the type
	}{
		{"int8", reflect.TypeFor[int8](), "signed char"},
		{"uint8", reflect.TypeFor[uint8](), "unsigned char"},
		{"int16", reflect.TypeFor[int16](), "short"},
		{"uint16", reflect.TypeFor[uint16](), "unsigned short"},
		{"int32", reflect.TypeFor[int32](), "int"},
		{"uint32", reflect.TypeFor[uint32](), "unsigned int"},
		{"int64", reflect.TypeFor[int64](), "long long"},
		{"uint64", reflect.TypeFor[uint64](), "unsigned long long"},
		{"bool", reflect.TypeFor[bool](), "_Bool"},
		{"float32", reflect.TypeFor[float32](), "float"},
		{"float64", reflect.TypeFor[float64](), "double"},
		{"atomic.Int32", reflect.TypeFor[atomic.Int32](), "int"},
		{"atomic.Int64", reflect.TypeFor[atomic.Int64](), "long long"},
		{"atomic.Uint32", reflect.TypeFor[atomic.Uint32](), "unsigned int"},
		{"atomic.Uint64", reflect.TypeFor[atomic.Uint64](), "unsigned long long"},
		{"atomic.Bool", reflect.TypeFor[atomic.Bool](), "unsigned int"},
	}
	clang := clangSpec(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := New(binary.LittleEndian)
			id, err := s.AddGo(test.t, "")
			if err != nil {
				t.Fatal(err)
			}
			got := s.Type(id)
			want := *clang.Type(mustFind(t, clang, got.Kind, test.want))
			want.nameOff = got.nameOff
			if !reflect.DeepEqual(*got, want) {
				t.Errorf("got %+v, clang: %+v", *got, want)
			}
		})
	}
}

func TestAddGoText(t *testing.T) {
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
	s := New(binary.LittleEndian)
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
	if diff := cmp.Diff(want, s.C(id)); diff != "" {
		t.Error(diff)
	}
	if err := s.Validate(); err != nil {
		t.Error(err)
	}
}

func TestAddGoReusesInts(t *testing.T) {
	s := clangSpec(t)
	before := s.Len()
	id, err := s.AddGo(reflect.TypeFor[userData](), "")
	if err != nil {
		t.Fatal(err)
	}
	if id != ID(before) || s.Len() != before+1 {
		t.Errorf("id %d, %d types; want one type more than %d", id, s.Len(), before)
	}
	other := New(binary.LittleEndian)
	other.Add(Type{Kind: KindInt, Name: "int", Size: 2, Bits: 16, Encoding: IntSigned})
	if id, err := other.AddGo(reflect.TypeFor[int32](), ""); err != nil || id != 2 {
		t.Errorf("id %d, error %v; want 2: an int of two bytes is another type", id, err)
	}
}

// TestAddGoCycle reaches a struct through the pointer that it holds itself.
func TestAddGoCycle(t *testing.T) {
	type list struct {
		Head, Tail *node `btf:"uptr"`
	}
	s := New(binary.LittleEndian)
	id, err := s.AddGo(reflect.TypeFor[list](), "uptr")
	if err != nil {
		t.Fatal(err)
	}
	next := s.Type(mustFind(t, s, KindStruct, "node")).Members[1].Type
	if m := s.Type(id).Members; m[0].Type != next || m[1].Type != next {
		t.Errorf("PTR ids %d, %d and %d, want one", m[0].Type, m[1].Type, next)
	}
	if ptr := s.Type(next); ptr.Kind != KindPtr || s.Type(ptr.Type).Kind != KindTypeTag || s.Type(ptr.Type).Name != "uptr" {
		t.Errorf("%+v", ptr)
	}
	if err := s.CompareGo(id, reflect.TypeFor[list]()); err != nil {
		t.Error(err)
	}
}

type badPointee struct {
	Udata *struct{ Name string } `btf:"kptr_user,name=ok"`
}

type generic[T any] struct{ A T }

func TestAddGoRefuses(t *testing.T) {
	type named struct{ A int32 }
	type withString struct{ Name string }
	type outer struct {
		Ok    int32
		Inner [2]withString
	}
	type reached struct {
		Udata *withString `btf:"kptr_user"`
	}
	tests := []struct {
		name  string
		t     reflect.Type
		field string
		what  string // part of it
	}{
		{"no type", nil, "", "no type"},
		{"pointer at the top", reflect.TypeFor[*named](), "", "pointer without the struct tag"},
		{"int", reflect.TypeFor[struct{ A int }](), "A", "int32"},
		{"uint", reflect.TypeFor[struct{ A uint }](), "A", "uint32"},
		{"uintptr", reflect.TypeFor[struct{ A uintptr }](), "A", "uint64"},
		{"string", reflect.TypeFor[struct{ A string }](), "A", "Go memory"},
		{"slice", reflect.TypeFor[struct{ A []byte }](), "A", "Go memory"},
		{"map", reflect.TypeFor[struct{ A map[int32]int32 }](), "A", "Go memory"},
		{"chan", reflect.TypeFor[struct{ A chan int32 }](), "A", "Go memory"},
		{"func", reflect.TypeFor[struct{ A func() }](), "A", "Go memory"},
		{"interface", reflect.TypeFor[struct{ A any }](), "A", "Go memory"},
		{"unsafe.Pointer", reflect.ArrayOf(1, reflect.TypeOf(reflect.ValueOf(new(int)).UnsafePointer())), "", "Go memory"},
		{"complex", reflect.TypeFor[struct{ A complex128 }](), "A", "complex"},
		{"array of strings", reflect.TypeFor[struct{ A [2][2]string }](), "A", "Go memory"},
		{"pointer without tag", reflect.TypeFor[struct{ A *named }](), "A", "`btf:\"kptr_user\"`"},
		{"blank pointer", reflect.TypeFor[struct{ _ *named }](), "_", "`btf:\"kptr_user\"`"},
		{"atomic.Pointer", reflect.TypeFor[struct{ A atomic.Pointer[named] }](), "A", "sync/atomic"},
		{"atomic.Uintptr", reflect.TypeFor[struct{ A atomic.Uintptr }](), "A", "sync/atomic"},
		{"nested in an array", reflect.TypeFor[outer](), "Inner.Name", "Go memory"},
		{"in the pointee", reflect.TypeFor[reached](), "Udata.Name", "Go memory"},
		{"user kptr to an int", reflect.TypeFor[struct {
			A *int32 `btf:"kptr_user"`
		}](), "A", "wants a struct"},
		{"user kptr to an atomic", reflect.TypeFor[struct {
			A *atomic.Int32 `btf:"kptr_user"`
		}](), "A", "wants a struct"},
		{"user kptr to a pointer", reflect.TypeFor[struct {
			A **named `btf:"uptr"`
		}](), "A", "wants a struct"},
		{"user kptr to a struct without a name", reflect.TypeFor[badPointee](), "Udata", "without a name"},
		{"tag on an integer", reflect.TypeFor[struct {
			A uint64 `btf:"kptr_user"`
		}](), "A", "no pointer to a struct"},
		{"unknown word", reflect.TypeFor[struct {
			A *named `btf:"kptr-user"`
		}](), "A", `unknown word "kptr-user"`},
		{"empty word", reflect.TypeFor[struct {
			A *named `btf:"kptr_user,"`
		}](), "A", `unknown word ""`},
		{"empty name", reflect.TypeFor[struct {
			A int32 `btf:"name="`
		}](), "A", "no C identifier"},
		{"name with a space", reflect.TypeFor[struct {
			A int32 `btf:"name=a b"`
		}](), "A", "no C identifier"},
		{"name too long", reflect.StructOf([]reflect.StructField{{Name: strings.Repeat("A", 512), Type: reflect.TypeFor[int32]()}}),
			strings.Repeat("A", 512), "no C identifier"},
		{"field not ASCII", reflect.TypeFor[struct{ Größe int32 }](), "Größe", "no C identifier"},
		{"struct not ASCII", reflect.TypeFor[generic[int32]](), "", "no C identifier"},
		{"two fields of one name", reflect.TypeFor[struct {
			TargetPid  int32
			Target_pid int32
		}](), "Target_pid", "that of field TargetPid"},
		{"blank user kptr", reflect.TypeFor[struct {
			_ *named `btf:"kptr_user"`
		}](), "_", "blank field"},
		{"name on padding", reflect.TypeFor[struct {
			_ [4]byte `btf:"name=x"`
		}](), "_", "struct{}"},
		{"name last", reflect.TypeFor[struct {
			A int32
			_ struct{} `btf:"name=x"`
		}](), "", "put that field first"},
		{"too many elements", reflect.TypeFor[[1 << 32]struct{}](), "", "4294967296 elements"},
		{"too large", reflect.TypeFor[struct{ A [1 << 32]byte }](), "", "bytes are more"},
		{"offset too large", reflect.TypeFor[struct {
			A [1 << 29]byte
			B int32
		}](), "B", "offset 536870912"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := New(binary.LittleEndian)
			id, err := s.AddGo(test.t, "uptr")
			var typeErr *TypeError
			if !errors.Is(err, ErrGoType) || !errors.As(err, &typeErr) {
				t.Fatalf("id %d, error %v", id, err)
			}
			if typeErr.Root != test.t || typeErr.Field != test.field || !strings.Contains(err.Error(), test.what) {
				t.Errorf("got field %q, %v", typeErr.Field, err)
			}
			if id != 0 || s.Len() != 1 {
				t.Errorf("id %d, %d types left behind", id, s.Len())
			}
		})
	}
}

func TestAddGoWantsATypeTag(t *testing.T) {
	_, err := New(binary.LittleEndian).AddGo(reflect.TypeFor[valueType](), "")
	const want = "Go type btf.valueType: field Udata: *btf.userData: user kptr, and no type tag to build it with"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSnake(t *testing.T) {
	tests := map[string]string{
		"A": "a", "Result": "result", "TargetPid": "target_pid", "TargetPID": "target_pid", "HTTPServer": "http_server", "ID2": "id2",
		"Id2Name": "id2_name", "Target_Pid": "target_pid", "target_pid": "target_pid", "_X": "_x", "x": "x", "NrCPUs": "nr_cp_us",
	}
	for name, want := range tests {
		if got := string(appendSnake(nil, name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if !sameName(name, want) {
			t.Errorf("%s and %s are not the same name", name, want)
		}
	}
	for _, pair := range [][2]string{{"a", "b"}, {"a", "ab"}, {"ab", "a"}, {"", "a"}, {"a_", "_b"}} {
		if sameName(pair[0], pair[1]) {
			t.Errorf("%q and %q are the same name", pair[0], pair[1])
		}
	}
}
