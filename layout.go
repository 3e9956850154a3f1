package kptr

import (
	"fmt"
	"reflect"

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
}

// userKptrs lists the user kptrs of a Go type that package btf has taken. Its pointees may hold no pointers, which the
// collector would not see there and BPF cannot follow.
func userKptrs(t reflect.Type) ([]field, error) {
	w := walk{root: t}
	if err := w.value(t, "", 0); err != nil {
		return nil, err
	}
	return w.found, nil
}

type walk struct {
	root  reflect.Type
	found []field
}

func (w *walk) value(t reflect.Type, path string, offset uintptr) error {
	switch t.Kind() {
	case reflect.Pointer:
		if at, p := pointerIn(t.Elem(), path); p != nil {
			return &btf.TypeError{Root: w.root, Field: at, Type: p, What: "pointer inside a pointee, which neither BPF nor the garbage collector follows: use uint64"}
		}
		w.found = append(w.found, field{path, offset, t.Elem().Size(), uintptr(t.Elem().Align())})
	case reflect.Array:
		for i := range t.Len() {
			if len(w.found) > maxKptrs || !holdsPointer(t.Elem()) {
				return nil
			}
			if err := w.value(t.Elem(), fmt.Sprintf("%s[%d]", path, i), offset+uintptr(i)*t.Elem().Size()); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if err := w.value(f.Type, join(path, f.Name), offset+f.Offset); err != nil {
				return err
			}
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func holdsPointer(t reflect.Type) bool {
	_, p := pointerIn(t, "")
	return p != nil
}

// pointerIn finds a pointer in a type of fixed size.
func pointerIn(t reflect.Type, path string) (string, reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer:
		return path, t
	case reflect.Array:
		return pointerIn(t.Elem(), path+"[]")
	case reflect.Struct:
		for i := range t.NumField() {
			if at, p := pointerIn(t.Field(i).Type, join(path, t.Field(i).Name)); p != nil {
				return at, p
			}
		}
	}
	return "", nil
}
