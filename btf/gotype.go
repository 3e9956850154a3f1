package btf

import (
	"errors"
	"fmt"
	"reflect"
)

// What the errors of [Spec.AddGo] and [Spec.CompareGo] match with [errors.Is].
var (
	ErrGoType = errors.New("no counterpart in C for a Go type") // int, strings, slices, pointers without a struct tag, bad struct tags
	ErrLayout = errors.New("layouts of Go and C differ")        // what CompareGo returns
)

// TypeError says which field of a Go type [Spec.AddGo] cannot build, and why. It matches [ErrGoType].
type TypeError struct {
	Root  reflect.Type // the type that AddGo was called with; may be nil
	Field string       // from Root through nested structs, arrays and pointees: "udata.name"; empty: Root itself
	Type  reflect.Type // of that field, nil if What says it
	What  string       // the rule, and what to do
}

// Error returns for example `Go type main.Value: field udata.name: string: refers to Go memory: use an array, or a uint64`.
func (e *TypeError) Error() string {
	text := fmt.Sprintf("Go type %v", e.Root)
	if e.Field != "" {
		text += ": field " + e.Field
	}
	if e.Type != nil && e.Type != e.Root {
		text += ": " + e.Type.String()
	}
	return text + ": " + e.What
}

// Is reports whether target is ErrGoType.
func (e *TypeError) Is(target error) bool { return target == ErrGoType }

// AddGo builds the BTF of a Go type and of all it reaches, and returns its id. The type is a struct (or, for keys and
// variables, an integer, float, bool or array); everything in it must be one of:
//
//   - int8 to int64, uint8 to uint64, bool, float32, float64, and Int32, Int64, Uint32, Uint64 and Bool of sync/atomic,
//     which count as the integers inside them (Bool is an unsigned int);
//   - arrays and structs of these;
//   - a pointer to a struct, or an array of such pointers, in a field with the struct tag `btf:"kptr_user"` (or "uptr",
//     its name since Linux 6.13): a user kptr, built as a PTR to a TYPE_TAG named typeTag to the STRUCT.
//
// Members are named like the Go fields, in small letters with underscores (TargetPid: target_pid), or by the struct
// tag `btf:"name=foo"`. A struct is named like its Go type, or by a blank field _ struct{} `btf:"name=foo"`, which must not
// be the last one. Other blank fields are padding and leave no member. An embedded struct is a member like any other.
//
// Members get the offsets, and structs the sizes, that Go gave them, and these are C's: on 64-bit hosts Go aligns each
// scalar to its size and each struct to its largest member, in the order of declaration, as the C ABIs of BPF,
// x86-64, arm64 and others do.
//
// Anything else is refused with a [*TypeError], and the Spec is left as it was. Types that are in the Spec already are not
// looked for, but integers and floats are.
func (s *Spec) AddGo(t reflect.Type, typeTag string) (ID, error) {
	if t == nil {
		return 0, &TypeError{What: "no type"}
	}
	before := len(s.types)
	b := goBuilder{spec: s, typeTag: typeTag, ids: make(map[reflect.Type]ID)}
	id := b.add("", t)
	var differs *LayoutError
	if errors.As(s.CompareGo(id, t), &differs) { // what cannot be built was left out
		first := differs.Differences[0]
		b.refuse(first.Path, nil, first.text())
	}
	if b.refused != nil {
		s.types = s.types[:before]
		b.refused.Root = t
		return 0, b.refused
	}
	return id, nil
}

// goBuilder builds what it can of Go types.
type goBuilder struct {
	spec    *Spec
	typeTag string
	ids     map[reflect.Type]ID
	refused *TypeError // the first one
}

func (b *goBuilder) refuse(path string, t reflect.Type, what string) {
	if b.refused == nil {
		b.refused = &TypeError{Field: path, Type: t, What: what}
	}
}

// add adds a struct or a pointer before the types that it refers to, so that these may refer back to it.
func (b *goBuilder) add(path string, t reflect.Type) ID {
	if id, ok := b.ids[t]; ok {
		return id
	}
	var id ID
	switch scalar := goScalar(t); {
	case scalar != nil:
		id = b.basic(*scalar)
	case t.Kind() == reflect.Array:
		// The type that clang gives to array indices; the kernel wants one, and an integer.
		index := b.basic(Type{Kind: KindInt, Name: "__ARRAY_SIZE_TYPE__", Size: 4, Bits: 32})
		id = b.spec.Add(Type{Kind: KindArray, Type: b.add(path, t.Elem()), Index: index, Count: uint32(t.Len())})
	case t.Kind() == reflect.Pointer && isGoStruct(t.Elem()):
		return b.pointer(path, t)
	case isGoStruct(t):
		return b.structure(path, t)
	}
	b.ids[t] = id
	return id
}

func (b *goBuilder) pointer(path string, t reflect.Type) ID {
	switch {
	case b.typeTag == "":
		b.refuse(path, t, "user kptr, and no type tag to build it with")
	case structName(t.Elem()) == "":
		// The kernel compares the pointee's name with those of its own structs, and "" is among them
		// (btf_parse_kptr, bpf_find_btf_id).
		b.refuse(path, t, "user kptr to a struct without a name: add a field _ struct{} `btf:\"name=...\"`")
	}
	ptr := b.spec.Add(Type{Kind: KindPtr})
	b.ids[t] = ptr
	tagged := b.spec.Add(Type{Kind: KindTypeTag, Name: b.typeTag, Type: b.add(path, t.Elem())})
	b.spec.Type(ptr).Type = tagged
	return ptr
}

func (b *goBuilder) structure(path string, t reflect.Type) ID {
	name := structName(t)
	if name != "" && !isIdentifier(name) {
		b.refuse(path, t, fmt.Sprintf("struct name %q is no C identifier: add a field _ struct{} `btf:\"name=...\"`", name))
	}
	id := b.spec.Add(Type{Kind: KindStruct, Name: name, Size: uint32(t.Size())})
	b.ids[t] = id
	for i := range t.NumField() {
		if f := fieldAt(t, i); !f.blank() {
			member := Member{Name: f.cName, BitOffset: uint32(f.Offset * 8), Type: b.add(join(path, f.cName), f.Type)}
			typ := b.spec.Type(id) // which may have moved
			typ.Members = append(typ.Members, member)
		}
	}
	return id
}

// basic returns the INT or FLOAT that is like t, which it adds if there is none.
func (b *goBuilder) basic(t Type) ID {
	for id := ID(1); int(id) < b.spec.Len(); id++ {
		f := b.spec.Type(id)
		if f.Kind == t.Kind && f.Name == t.Name && f.Size == t.Size &&
			f.Encoding == t.Encoding && f.Bits == t.Bits && f.BitOffset == 0 {
			return id
		}
	}
	return b.spec.Add(t)
}
