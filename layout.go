package kptr

import (
	"fmt"
	"reflect"
	"strings"

	"kptr/btf"
)

// maxKptrs is BTF_FIELDS_MAX (include/linux/bpf.h): the kernel takes a value type with more special fields for a plain one.
const maxKptrs = 11

// A field is a user kptr of a Go value type.
type field struct {
	path   string  // in Go, such as "Nested.Slots[1]"
	offset uintptr // in the value, in bytes
	size   uintptr // of the pointee
	align  uintptr // of the pointee
	typ    reflect.Type
}

// userKptrs lists the user kptrs of a Go type that package btf has taken. Its pointees may hold no pointers, which the
// collector would not see there and BPF cannot follow.
func userKptrs(t reflect.Type) ([]field, error) {
	fields := pointers(nil, t, "", 0)
	for _, f := range fields {
		if inner := pointers(nil, f.typ.Elem(), f.path, 0); len(inner) > 0 {
			// The first one lies in the first element of each array on the way, and in the others too.
			at := f.path + strings.ReplaceAll(inner[0].path[len(f.path):], "[0]", "[]")
			return nil, &btf.TypeError{Root: t, Field: at, Type: inner[0].typ, What: "pointer inside a pointee, which neither BPF nor the garbage collector follows: use uint64"}
		}
	}
	return fields, nil
}

// pointers appends the pointers of a type to a list, until it has more than a value may have.
func pointers(list []field, t reflect.Type, path string, offset uintptr) []field {
	switch t.Kind() {
	case reflect.Pointer:
		list = append(list, field{path, offset, t.Elem().Size(), uintptr(t.Elem().Align()), t})
	case reflect.Array:
		for i := range t.Len() {
			n := len(list)
			list = pointers(list, t.Elem(), fmt.Sprintf("%s[%d]", path, i), offset+uintptr(i)*t.Elem().Size())
			if len(list) == n || n > maxKptrs { // the elements are all alike
				break
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			list = pointers(list, f.Type, strings.TrimPrefix(path+"."+f.Name, "."), offset+f.Offset)
		}
	}
	return list
}
