package bpfobj

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/sys"
)

// rules has an object for each rule of user kptrs that Plan knows. What the kernel
// says to it is at the head of the C source.
var rules = []struct {
	object string
	rule   error
	strct  string
	field  string
	offset uint64
	detail string
}{
	{"bad_barevalue", ErrNotStruct, "", "", 0, "it is a PTR: wrap it in a struct"},
	{"bad_bigpointee", ErrPointeeSize, "value_type", "udata", 0, "struct big_data has 4100 bytes, a page has 4096"},
	{"bad_const", ErrFieldConst, "value_type", "udata", 0, "CONST"},
	{"bad_emptypointee", ErrPointeeEmpty, "value_type", "udata", 0, "struct empty_data"},
	{"bad_enumpointee", ErrPointeeKind, "value_type", "udata", 0, "ENUM"},
	{"bad_flags", ErrNoPrealloc, "value_type", "udata", 0, "map_flags is 0x401"},
	{"bad_hugevalue", ErrValueSize, "value_type", "udata", 0, "it has 67592 bytes"},
	{"bad_intpointee", ErrPointeeKind, "value_type", "udata", 0, "INT"},
	{"bad_key", ErrNoPrealloc, "value_type", "udata", 0, "the key is not an int"},
	{"bad_maptype", ErrMapType, "value_type", "udata", 0, "BPF_MAP_TYPE_HASH"},
	{"bad_maxentries", ErrNoPrealloc, "value_type", "udata", 0, "max_entries is 1"},
	{"bad_misaligned", ErrFieldAlign, "value_type", "udata", 4, "do not pack"},
	{"bad_prealloc", ErrNoPrealloc, "value_type", "udata", 0, "map_flags is 0x0"},
	{"bad_ptrptr", ErrPointeeKind, "value_type", "udata", 0, "it is a pointer"},
	{"bad_toomany", ErrFieldCount, "value_type", "", 0, "12 of them"},
	{"bad_twotags", ErrTagTwice, "value_type", "udata", 0, "leave only the user kptr's tag"},
	{"bad_union", ErrFieldUnion, "value_type", "udata", 0, "move it out"},
	{"bad_unionpointee", ErrPointeeKind, "value_type", "udata", 0, "UNION"},
	{"bad_unknowntag", ErrTagUnknown, "value_type", "udata", 0, `it is "kptr_usr"`},
	{"bad_voidpointee", ErrPointeeKind, "value_type", "udata", 0, "VOID"},
	{"fwd", ErrPointeeDeclared, "value_type", "udata", 0, "struct user_data: name it at file scope"},
}

func TestRules(t *testing.T) {
	for _, tt := range rules {
		t.Run(tt.object, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				_, err := mustParse(t, readObject(t, tt.object, order)).Plan(recordedKernel(t, order), nil)
				checkRule(t, err, RuleError{Map: "datamap", Struct: tt.strct, Field: tt.field, Offset: tt.offset, Rule: tt.rule, Detail: tt.detail})
			})
		})
	}
}

// checkRule compares an error with a rule that was broken; Detail is a part.
func checkRule(t *testing.T, err error, want RuleError) {
	t.Helper()
	var got *RuleError
	if !errors.As(err, &got) || !errors.Is(err, want.Rule) {
		t.Fatalf("error %v, want a *RuleError that matches %q", err, want.Rule)
	}
	if got.Map != want.Map || got.Struct != want.Struct || got.Field != want.Field || got.Offset != want.Offset {
		t.Errorf("map %q, struct %q, field %q, offset %d; want %q, %q, %q, %d", got.Map, got.Struct, got.Field, got.Offset, want.Map, want.Struct, want.Field, want.Offset)
	}
	text := err.Error()
	for _, part := range []string{`map "` + want.Map + `"`, want.Struct, want.Field, want.Rule.Error(), want.Detail} {
		if !strings.Contains(text, part) {
			t.Errorf("text %q lacks %q", text, part)
		}
	}
	if strings.Count(text, `"`+want.Map+`"`) != 1 {
		t.Errorf("text %q does not name the map once", text)
	}
	for _, other := range rules {
		if other.rule != want.Rule && errors.Is(err, other.rule) {
			t.Errorf("error %q also matches %q", err, other.rule)
		}
	}
}

// TestRulesAccept: what stands beside user kptrs, and a larger page.
func TestRulesAccept(t *testing.T) {
	for _, tt := range []struct {
		object string
		page   int
	}{{"constpointee", 4096}, {"values", 4096}, {"bad_bigpointee", 65536}, {"task_local", 4096}} {
		spec, k := mustParse(t, readObject(t, tt.object, binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
		k.PageSize = tt.page
		if _, err := spec.Plan(k, nil); err != nil {
			t.Errorf("%s on pages of %d: %v", tt.object, tt.page, err)
		}
	}
}

// A typeBuilder makes value types that the C sources do not have.
type typeBuilder struct {
	*btf.Spec
	integer, data btf.ID // int, struct data { int a; }
}

func newTypeBuilder() typeBuilder {
	b := typeBuilder{Spec: btf.New(binary.LittleEndian)}
	b.integer = b.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	b.data = b.Add(btf.Type{Kind: btf.KindStruct, Name: "data", Size: 4, Members: []btf.Member{{Name: "a", Type: b.integer}}})
	return b
}

func (b typeBuilder) wrap(kind btf.Kind, name string, t btf.ID) btf.ID {
	return b.Add(btf.Type{Kind: kind, Name: name, Type: t})
}

func (b typeBuilder) tagged(tag string, t btf.ID) btf.ID {
	return b.wrap(btf.KindPtr, "", b.wrap(btf.KindTypeTag, tag, t))
}

// value is a struct of 8-byte members.
func (b typeBuilder) value(types ...btf.ID) btf.ID {
	var members []btf.Member
	for i, t := range types {
		members = append(members, btf.Member{Name: string(rune('a' + i)), Type: t, BitOffset: uint32(64 * i)})
	}
	return b.Add(btf.Type{Kind: btf.KindStruct, Name: "value", Size: uint32(8 * len(types)), Members: members})
}

func TestUserKptrs(t *testing.T) {
	special := func(b typeBuilder, name string) btf.ID {
		return b.Add(btf.Type{Kind: btf.KindStruct, Name: name, Size: 8})
	}
	for _, tt := range []struct {
		name  string
		build func(b typeBuilder) btf.ID
		count int
		rule  error
	}{
		{"void", func(b typeBuilder) btf.ID { return 0 }, 0, nil},
		{"no such type", func(b typeBuilder) btf.ID { return 1000 }, 0, nil},
		{"int", func(b typeBuilder) btf.ID { return b.integer }, 0, nil},
		{"one", func(b typeBuilder) btf.ID { return b.value(b.tagged(TagUptr, b.data)) }, 1, nil},
		{"behind a typedef of the pointee", func(b typeBuilder) btf.ID {
			return b.value(b.tagged(TagUptr, b.wrap(btf.KindTypedef, "data_t", b.data)))
		}, 1, nil},
		{"volatile field", func(b typeBuilder) btf.ID {
			return b.value(b.wrap(btf.KindVolatile, "", b.tagged(TagUptr, b.data)))
		}, 1, nil},
		{"typedef of the pointer", func(b typeBuilder) btf.ID {
			return b.value(b.wrap(btf.KindTypedef, "data_p", b.tagged(TagUptr, b.data)))
		}, 0, ErrFieldConst},
		{"typedef of the value", func(b typeBuilder) btf.ID {
			return b.wrap(btf.KindTypedef, "value_t", b.value(b.tagged(TagUptr, b.data)))
		}, 0, ErrNotStruct},
		{"union value", func(b typeBuilder) btf.ID {
			return b.Add(btf.Type{Kind: btf.KindUnion, Name: "value", Size: 8, Members: []btf.Member{{Name: "p", Type: b.tagged(TagUptr, b.data)}}})
		}, 0, ErrFieldUnion},
		{"array value", func(b typeBuilder) btf.ID {
			return b.Add(btf.Type{Kind: btf.KindArray, Type: b.tagged(TagUptr, b.data), Index: b.integer, Count: 2})
		}, 0, ErrNotStruct},
		{"eleven", func(b typeBuilder) btf.ID {
			return b.value(b.Add(btf.Type{Kind: btf.KindArray, Type: b.tagged(TagUptr, b.data), Index: b.integer, Count: 11}))
		}, 11, nil},
		{"a million", func(b typeBuilder) btf.ID {
			return b.value(b.Add(btf.Type{Kind: btf.KindArray, Type: b.tagged(TagUptr, b.data), Index: b.integer, Count: 1 << 20}))
		}, 0, ErrFieldCount},
		{"eleven and a lock", func(b typeBuilder) btf.ID {
			return b.value(special(b, "bpf_spin_lock"), b.Add(btf.Type{Kind: btf.KindArray, Type: b.tagged(TagUptr, b.data), Index: b.integer, Count: 11}))
		}, 0, ErrFieldCount},
		{"beside a kptr and a reference count", func(b typeBuilder) btf.ID {
			return b.value(b.tagged("kptr", b.data), b.tagged(TagKptrUser, b.data), special(b, "bpf_refcount"))
		}, 1, nil},
		{"beside an __user pointer", func(b typeBuilder) btf.ID {
			return b.value(b.tagged(TagUptr, b.data), b.tagged("user", b.data))
		}, 0, ErrTagUnknown},
		{"an __user pointer alone", func(b typeBuilder) btf.ID { return b.value(b.tagged("user", b.data)) }, 0, nil},
		{"beside an unknown tag", func(b typeBuilder) btf.ID {
			return b.value(b.tagged(TagUptr, b.data), b.tagged("kptr_usr", b.data))
		}, 0, ErrTagUnknown},
		{"the other tag inside", func(b typeBuilder) btf.ID {
			return b.value(b.tagged("user", b.wrap(btf.KindTypeTag, TagUptr, b.data)))
		}, 0, ErrTagTwice},
		{"const between tag and pointer", func(b typeBuilder) btf.ID {
			return b.value(b.wrap(btf.KindPtr, "", b.wrap(btf.KindConst, "", b.wrap(btf.KindTypeTag, TagUptr, b.data))))
		}, 0, ErrTagTwice},
		{"in a union in a struct", func(b typeBuilder) btf.ID {
			return b.value(b.Add(btf.Type{Kind: btf.KindUnion, Size: 8, Members: []btf.Member{{Type: b.value(b.tagged(TagUptr, b.data))}}}))
		}, 0, ErrFieldUnion},
		{"function", func(b typeBuilder) btf.ID {
			return b.value(b.tagged(TagUptr, b.Add(btf.Type{Kind: btf.KindFuncProto})))
		}, 0, ErrPointeeKind},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTypeBuilder()
			got, err := UserKptrs(b.Spec, tt.build(b), 4096)
			if tt.rule == nil && err != nil || tt.rule != nil && !errors.Is(err, tt.rule) || len(got) != tt.count {
				t.Errorf("%d user kptrs and error %v, want %d and %v", len(got), err, tt.count, tt.rule)
			}
		})
	}
}

type (
	goData  struct{ A, B, Result int32 }
	goValue struct {
		Udata *goData `btf:"kptr_user"`
	}
	goLong struct {
		Udata *struct{ A, B, Result, More int32 } `btf:"kptr_user"`
	}
	goPlain struct{ Udata uint64 }
)

// TestValueTypes: the Go type is compared where the object has a type of use, and
// builds one where it has none.
func TestValueTypes(t *testing.T) {
	for _, tt := range []struct {
		object string
		value  reflect.Type
		built  bool
		err    error
	}{
		{"task_local", reflect.TypeFor[goValue](), false, nil},
		{"uptr", reflect.TypeFor[goValue](), false, nil},
		{"notag", reflect.TypeFor[goValue](), true, nil},
		{"fwd", reflect.TypeFor[goValue](), true, nil},
		{"notag", reflect.TypeFor[goPlain](), false, nil}, // asks for no user kptr
		{"task_local", reflect.TypeFor[goLong](), false, btf.ErrLayout},
		{"notag", reflect.TypeFor[goLong](), false, btf.ErrLayout},
		{"task_local", reflect.TypeFor[goPlain](), false, btf.ErrLayout},
		{"bad_const", reflect.TypeFor[goValue](), false, ErrFieldConst},
		{"notag", reflect.TypeFor[string](), false, btf.ErrGoType},
	} {
		t.Run(tt.object+" "+tt.value.Name(), func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				spec := mustParse(t, readObject(t, tt.object, order))
				p, err := spec.Plan(recordedKernel(t, order), &Options{ValueTypes: map[string]reflect.Type{"datamap": tt.value}})
				if !errors.Is(err, tt.err) {
					t.Fatalf("error %v, want %v", err, tt.err)
				}
				if err != nil {
					return
				}
				if m := spec.Map("datamap"); (p.maps[0].valueType != m.Value) != tt.built {
					t.Errorf("value type %d, that of the object is %d", p.maps[0].valueType, m.Value)
				}
				if wants := tt.value != reflect.TypeFor[goPlain](); (len(p.maps[0].kptrs) == 1) != wants {
					t.Errorf("user kptrs %v", p.maps[0].kptrs)
				}
				if id := createOf(t, p, "datamap").BTFValueTypeID; id != uint32(p.maps[0].valueType) {
					t.Errorf("btf_value_type_id %d, want %d", id, p.maps[0].valueType)
				}
			})
		})
	}
}

// TestCheckUserMap: flags that may stand beside BPF_F_NO_PREALLOC, and a value that
// the kernel's limit cannot hold.
func TestCheckUserMap(t *testing.T) {
	good := MapSpec{Type: storage, Flags: noPrealloc, KeySize: 4, Key: 1, ValueSize: 65535}
	for _, tt := range []struct {
		name   string
		change func(*MapSpec)
		rule   error
	}{
		{"good", func(*MapSpec) {}, nil},
		{"clone", func(m *MapSpec) { m.Flags |= sys.BPF_F_CLONE }, nil},
		{"mmapable", func(m *MapSpec) { m.Flags |= mmapable }, ErrNoPrealloc},
		{"key without a type", func(m *MapSpec) { m.Key = 0 }, ErrNoPrealloc},
		{"value of 64 KiB", func(m *MapSpec) { m.ValueSize++ }, ErrValueSize},
		{"inode storage", func(m *MapSpec) { m.Type = sys.BPF_MAP_TYPE_INODE_STORAGE }, ErrMapType},
	} {
		m := good
		tt.change(&m)
		if err := catch(func() { checkUserMap(&m, RuleError{Map: "m"}) }); !errors.Is(err, tt.rule) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.rule)
		}
	}
}
