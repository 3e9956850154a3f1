package btf

import "reflect"

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
	if err := checkGo(t, typeTag); err != nil {
		return 0, err
	}
	b := goBuilder{spec: s, typeTag: typeTag, ids: make(map[reflect.Type]ID)}
	return b.add(t), nil
}

// goBuilder adds types that goChecker has taken.
type goBuilder struct {
	spec    *Spec
	typeTag string
	ids     map[reflect.Type]ID
	index   ID // type of array indices; 0: not added yet
}

func (b *goBuilder) add(t reflect.Type) ID {
	if id, ok := b.ids[t]; ok {
		return id
	}
	var id ID
	switch {
	case t.Kind() == reflect.Array:
		elem := b.add(t.Elem())
		id = b.spec.Add(Type{Kind: KindArray, Type: elem, Index: b.indexType(), Count: uint32(t.Len())})
	case t.Kind() == reflect.Pointer:
		target := b.add(t.Elem())
		if known, ok := b.ids[t]; ok {
			return known // added while the pointee was, which points to itself
		}
		tagged := b.spec.Add(Type{Kind: KindTypeTag, Name: b.typeTag, Type: target})
		id = b.spec.Add(Type{Kind: KindPtr, Type: tagged})
	case isGoStruct(t):
		return b.addStruct(t)
	default:
		id = b.basic(goScalar(t).cType())
	}
	b.ids[t] = id
	return id
}

// addStruct adds the struct before the types of its members, so that these may point back to it.
func (b *goBuilder) addStruct(t reflect.Type) ID {
	members := make([]Member, 0, t.NumField())
	types := make([]reflect.Type, 0, t.NumField())
	for i := range t.NumField() {
		f := fieldAt(t, i)
		if f.blank {
			continue
		}
		members = append(members, Member{Name: string(f.appendC(nil)), BitOffset: uint32(f.offset * 8)})
		types = append(types, f.typ)
	}
	id := b.spec.Add(Type{Kind: KindStruct, Name: structName(t), Size: uint32(t.Size()), Members: members})
	b.ids[t] = id
	for i, typ := range types {
		member := b.add(typ)
		b.spec.Type(id).Members[i].Type = member // Add may have moved the types
	}
	return id
}

// indexType is the type that clang gives to array indices; the kernel wants one, and an integer.
func (b *goBuilder) indexType() ID {
	if b.index == 0 {
		b.index = b.basic(Type{Kind: KindInt, Name: "__ARRAY_SIZE_TYPE__", Size: 4, Bits: 32})
	}
	return b.index
}

// basic returns the INT or FLOAT that is like t, which it adds if there is none.
func (b *goBuilder) basic(t Type) ID {
	if id, err := b.spec.Find(t.Kind, t.Name); err == nil {
		f := b.spec.Type(id)
		if f.Size == t.Size && f.Encoding == t.Encoding && f.Bits == t.Bits && f.BitOffset == 0 {
			return id
		}
	}
	return b.spec.Add(t)
}
