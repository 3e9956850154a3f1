package btf

import "reflect"

// scalarClass tells apart scalars of the same size.
type scalarClass uint8

const (
	notScalar scalarClass = iota
	signedInt
	unsignedInt
	boolean
	floating
)

// scalar is the C scalar that a Go type stands for.
type scalar struct {
	class scalarClass
	size  uint32 // bytes
}

// goScalar returns the zero scalar for what is none, and for int, uint and uintptr: their size is the machine's, the
// other side's is not.
func goScalar(t reflect.Type) scalar {
	switch t.Kind() {
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return scalar{signedInt, uint32(t.Size())}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return scalar{unsignedInt, uint32(t.Size())}
	case reflect.Bool:
		return scalar{boolean, 1}
	case reflect.Float32, reflect.Float64:
		return scalar{floating, uint32(t.Size())}
	case reflect.Struct:
		return atomicScalar(t)
	default:
		return scalar{}
	}
}

// atomicScalar knows the integers of sync/atomic: structs around a single integer of the same size and alignment.
// atomic.Bool is a uint32 that holds 0 or 1.
func atomicScalar(t reflect.Type) scalar {
	if t.PkgPath() != "sync/atomic" {
		return scalar{}
	}
	switch t.Name() {
	case "Int32":
		return scalar{signedInt, 4}
	case "Int64":
		return scalar{signedInt, 8}
	case "Uint32", "Bool":
		return scalar{unsignedInt, 4}
	case "Uint64":
		return scalar{unsignedInt, 8}
	default:
		return scalar{}
	}
}

// isGoStruct reports whether t mirrors a C struct: the types of sync/atomic do not.
func isGoStruct(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && atomicScalar(t).class == notScalar
}

// isOpaque reports whether t is size bytes without a meaning of their own: an unsigned integer or an array of
// them. Such a field stands for what only BPF can use, or what Go cannot declare.
func isOpaque(t reflect.Type, size uint64) bool {
	if uint64(t.Size()) != size {
		return false
	}
	for t.Kind() == reflect.Array {
		t = t.Elem()
	}
	return goScalar(t).class == unsignedInt
}

// cType returns the INT or FLOAT that clang writes for a scalar of a 64-bit target.
func (sc scalar) cType() Type {
	t := Type{Kind: KindInt, Size: sc.size, Bits: uint8(sc.size * 8)}
	switch sc.class {
	case boolean:
		t.Name, t.Encoding = "_Bool", IntBool
	case floating:
		t = Type{Kind: KindFloat, Size: sc.size, Name: "float"}
		if sc.size == 8 {
			t.Name = "double"
		}
	case signedInt:
		t.Name, t.Encoding = signedName(sc.size), IntSigned
	default:
		t.Name = unsignedName(sc.size)
	}
	return t
}

func signedName(size uint32) string {
	switch size {
	case 1:
		return "signed char"
	case 2:
		return "short"
	case 4:
		return "int"
	default:
		return "long long"
	}
}

func unsignedName(size uint32) string {
	switch size {
	case 1:
		return "unsigned char"
	case 2:
		return "unsigned short"
	case 4:
		return "unsigned int"
	default:
		return "unsigned long long"
	}
}
