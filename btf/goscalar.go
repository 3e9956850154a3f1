package btf

import "reflect"

// goScalars are the INTs and FLOATs that clang writes, for a 64-bit target, for what Go's scalars stand for.
var goScalars = [...]Type{
	reflect.Bool:    {Kind: KindInt, Name: "_Bool", Size: 1, Bits: 8, Encoding: IntBool},
	reflect.Int8:    {Kind: KindInt, Name: "signed char", Size: 1, Bits: 8, Encoding: IntSigned},
	reflect.Int16:   {Kind: KindInt, Name: "short", Size: 2, Bits: 16, Encoding: IntSigned},
	reflect.Int32:   {Kind: KindInt, Name: "int", Size: 4, Bits: 32, Encoding: IntSigned},
	reflect.Int64:   {Kind: KindInt, Name: "long long", Size: 8, Bits: 64, Encoding: IntSigned},
	reflect.Uint8:   {Kind: KindInt, Name: "unsigned char", Size: 1, Bits: 8},
	reflect.Uint16:  {Kind: KindInt, Name: "unsigned short", Size: 2, Bits: 16},
	reflect.Uint32:  {Kind: KindInt, Name: "unsigned int", Size: 4, Bits: 32},
	reflect.Uint64:  {Kind: KindInt, Name: "unsigned long long", Size: 8, Bits: 64},
	reflect.Float32: {Kind: KindFloat, Name: "float", Size: 4},
	reflect.Float64: {Kind: KindFloat, Name: "double", Size: 8},
}

// goScalar returns the C scalar that a Go type stands for, nil if it is none. int, uint and uintptr are none: their size is
// the machine's, the other side's is not.
func goScalar(t reflect.Type) *Type {
	kind := t.Kind()
	if t.PkgPath() == "sync/atomic" {
		kind = atomicKinds[t.Name()]
	}
	if int(kind) >= len(goScalars) || goScalars[kind].Kind == KindVoid {
		return nil
	}
	return &goScalars[kind]
}

// atomicKinds are the integers of sync/atomic: structs around a single integer of the same size and alignment.
// atomic.Bool is a uint32 that holds 0 or 1.
var atomicKinds = map[string]reflect.Kind{
	"Int32": reflect.Int32, "Int64": reflect.Int64, "Uint32": reflect.Uint32, "Uint64": reflect.Uint64, "Bool": reflect.Uint32,
}

// isGoStruct reports whether t mirrors a C struct: the types of sync/atomic do not.
func isGoStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() != "sync/atomic"
}

// isOpaque reports whether t is bytes without a meaning of their own: an unsigned integer or an array of
// them. Such a field stands for what only BPF can use, or what Go cannot declare.
func isOpaque(t reflect.Type) bool {
	for t.Kind() == reflect.Array {
		t = t.Elem()
	}
	g := goScalar(t)
	return g != nil && g.Kind == KindInt && g.Encoding == 0
}
