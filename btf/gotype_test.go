package btf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
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
				if diff := cmp.Diff(s.types, decoded.types, ignoreOffsets); diff != "" {
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
	Udata *struct{ A int32 } `btf:"kptr_user,name=ok"`
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
		{"int", reflect.TypeFor[struct{ A int }](), "a", "int32"},
		{"uint", reflect.TypeFor[struct{ A uint }](), "a", "uint32"},
		{"uintptr", reflect.TypeFor[struct{ A uintptr }](), "a", "uint64"},
		{"string", reflect.TypeFor[struct{ A string }](), "a", "Go memory"},
		{"slice", reflect.TypeFor[struct{ A []byte }](), "a", "Go memory"},
		{"map", reflect.TypeFor[struct{ A map[int32]int32 }](), "a", "Go memory"},
		{"chan", reflect.TypeFor[struct{ A chan int32 }](), "a", "Go memory"},
		{"func", reflect.TypeFor[struct{ A func() }](), "a", "Go memory"},
		{"interface", reflect.TypeFor[struct{ A any }](), "a", "Go memory"},
		{"unsafe.Pointer", reflect.ArrayOf(1, reflect.TypeOf(reflect.ValueOf(new(int)).UnsafePointer())), "", "Go memory"},
		{"complex", reflect.TypeFor[struct{ A complex128 }](), "a", "complex"},
		{"array of strings", reflect.TypeFor[struct{ A [2][2]string }](), "a", "Go memory"},
		{"pointer without tag", reflect.TypeFor[struct{ A *named }](), "a", "`btf:\"kptr_user\"`"},
		{"blank pointer", reflect.TypeFor[struct{ _ *named }](), "_", "`btf:\"kptr_user\"`"},
		{"atomic.Pointer", reflect.TypeFor[struct{ A atomic.Pointer[named] }](), "a", "sync/atomic"},
		{"atomic.Uintptr", reflect.TypeFor[struct{ A atomic.Uintptr }](), "a", "sync/atomic"},
		{"nested in an array", reflect.TypeFor[outer](), "inner[].name", "Go memory"},
		{"in the pointee", reflect.TypeFor[reached](), "udata.name", "Go memory"},
		{"user kptr to an int", reflect.TypeFor[struct {
			A *int32 `btf:"kptr_user"`
		}](), "a", "wants a struct"},
		{"user kptr to an atomic", reflect.TypeFor[struct {
			A *atomic.Int32 `btf:"kptr_user"`
		}](), "a", "wants a struct"},
		{"user kptr to a pointer", reflect.TypeFor[struct {
			A **named `btf:"uptr"`
		}](), "a", "wants a struct"},
		{"user kptr to a struct without a name", reflect.TypeFor[badPointee](), "ok", "without a name"},
		{"tag on an integer", reflect.TypeFor[struct {
			A uint64 `btf:"kptr_user"`
		}](), "a", "no pointer to a struct"},
		{"unknown word", reflect.TypeFor[struct {
			A *named `btf:"kptr-user"`
		}](), "a", `unknown word "kptr-user"`},
		{"empty word", reflect.TypeFor[struct {
			A *named `btf:"kptr_user,"`
		}](), "a", `unknown word ""`},
		{"empty name", reflect.TypeFor[struct {
			A int32 `btf:"name="`
		}](), "a", "no C identifier"},
		{"name with a space", reflect.TypeFor[struct {
			A int32 `btf:"name=a b"`
		}](), "a", "no C identifier"},
		{"name too long", reflect.StructOf([]reflect.StructField{{Name: strings.Repeat("A", 512), Type: reflect.TypeFor[int32]()}}),
			strings.Repeat("a", 512), "no C identifier"},
		{"field not ASCII", reflect.TypeFor[struct{ Größe int32 }](), "größe", "no C identifier"},
		{"struct not ASCII", reflect.TypeFor[generic[int32]](), "", "no C identifier"},
		{"two fields of one name", reflect.TypeFor[struct {
			TargetPid  int32
			Target_pid int32
		}](), "target_pid", "has a Go field already"},
		{"blank user kptr", reflect.TypeFor[struct {
			_ *named `btf:"kptr_user"`
		}](), "_", "blank field"},
		{"Go memory under padding", reflect.TypeFor[struct{ _ struct{ S string } }](), "_.S", "Go memory"},
		{"name on padding", reflect.TypeFor[struct {
			_ [4]byte `btf:"name=x"`
		}](), "x", "struct{}"},
		{"name last", reflect.TypeFor[struct {
			A int32
			_ struct{} `btf:"name=x"`
		}](), "", "put that field first"},
		{"too many elements", reflect.TypeFor[[1 << 32]struct{}](), "", "4294967296 elements"},
		{"too large", reflect.TypeFor[struct{ A [1 << 32]byte }](), "", "bytes are more"},
		{"offset too large", reflect.TypeFor[struct {
			A [1 << 29]byte
			B int32
		}](), "", "536870916 bytes"},
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
	const want = "Go type btf.valueType: field udata: *btf.userData: user kptr, and no type tag to build it with"
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
		if got := snake(name); got != want {
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
