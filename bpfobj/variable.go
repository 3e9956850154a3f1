package bpfobj

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"kptr/btf"
	"kptr/sys"
)

// A Variable is a global variable of the BPF object, from .data, .rodata, .bss or
// a section named like .data.NAME.
//
// Before load it is the initial value, after load the memory that the BPF
// programs use, mapped into this process: Set and Get are plain memory accesses
// and make no syscall. Single integers of up to 8 bytes are read and written
// whole; anything larger may be seen half-written by the other side.
type Variable struct {
	name    string
	types   *btf.Spec
	typ     btf.ID
	offset  uint64   // in the section
	size    uint64   // in bytes
	section *MapSpec // whose Contents it is part of before load
	mapped  []byte   // after load: its memory
	err     error    // why there is no such variable
}

// Name gives the variable's name.
func (v *Variable) Name() string { return v.name }

// Size gives the variable's size in bytes; 0 if there is no such variable.
func (v *Variable) Size() int { return int(v.size) }

// variables goes through those of sections, and through the members of struct_ops as MAP.MEMBER, as they are before load.
func (s *Spec) variables(yield func(Variable) bool) {
	for i := range s.Maps {
		m := &s.Maps[i]
		in := m.Value
		if m.structOps != nil {
			in = m.structOps.typ
		} else if !m.data || in == 0 {
			continue
		}
		for _, mem := range s.types.Type(in).Members {
			v := Variable{types: s.types, section: m}
			if m.data {
				t := s.types.Type(mem.Type)
				v.name, v.typ, v.offset, v.size = t.Name, t.Type, uint64(mem.Offset), uint64(mem.Size)
			} else {
				size, err := s.types.Size(mem.Type)
				v.name, v.typ, v.offset, v.size = m.Name+"."+mem.Name, mem.Type, uint64(mem.BitOffset/8), size
				// btf has checked that an INT's bits lie in the struct, not that its bytes do.
				if mem.Name == "" || mem.BitSize != 0 || err != nil || v.offset+size > uint64(m.ValueSize) {
					continue
				}
			}
			if !yield(v) {
				return
			}
		}
	}
}

// Variable finds a global variable by name, or as MAP.MEMBER one of a struct_ops, to be read and set before loading.
func (s *Spec) Variable(name string) *Variable {
	var have []string
	for v := range s.variables {
		if v.name == name {
			found := v
			return &found
		}
		have = append(have, v.name)
	}
	return &Variable{name: name, err: &NotFoundError{Kind: "variable", Name: name, Have: have}}
}

// Variable gives a global variable by name, mapped into this process. If there is
// none, or it cannot be mapped, each method of the result that can fail says so.
func (o *Object) Variable(name string) *Variable {
	v := o.spec.Variable(name)
	if v.err != nil {
		return v
	}
	section, err := o.section(v.section)
	if err != nil {
		return &Variable{name: name, err: fmt.Errorf("variable %q: map %q: %w", name, v.section.Name, err)}
	}
	v.mapped = section[v.offset : v.offset+v.size]
	return v
}

// check compares the Go type with the variable's BTF.
func (v *Variable) check(t reflect.Type) error {
	if v.err != nil {
		return v.err
	}
	if err := v.types.CompareGo(v.typ, t); err != nil {
		return fmt.Errorf("variable %q: %w", v.name, err)
	}
	return nil
}

// Set stores x, whose Go type must have the layout of the variable's C type (see
// [btf.Spec.CompareGo]), such as an int32 for a pid_t.
//
// It fails with *NotFoundError if there is no such variable, a *btf.LayoutError
// if the types differ, and [ErrReadOnly] after load in .rodata.
func (v *Variable) Set(x any) error {
	rv := reflect.ValueOf(x)
	if !rv.IsValid() {
		return fmt.Errorf("variable %q: Set(nil)", v.name)
	}
	if err := v.check(rv.Type()); err != nil {
		return err
	}
	if v.mapped != nil && v.section.readOnly() {
		return fmt.Errorf("variable %q: %w", v.name, ErrReadOnly)
	}
	from := reflect.New(rv.Type())
	from.Elem().Set(rv)
	copyScalars(rv.Type(), v.writable(), memory{nativeOrder(), sys.Memory(from)})
	return nil
}

// memory gives the variable's bytes, none if they are zeros that nobody has allocated.
func (v *Variable) memory() memory {
	b := v.mapped
	if b == nil && v.section.Contents != nil {
		b = v.section.Contents[v.offset:][:v.size]
	}
	return memory{v.types.ByteOrder(), b}
}

// writable is memory, allocated.
func (v *Variable) writable() memory {
	if v.mapped == nil && v.section.Contents == nil {
		v.section.Contents = make([]byte, v.section.ValueSize)
	}
	return v.memory()
}

// Get loads the variable into *ptr. It fails as Set does.
func (v *Variable) Get(ptr any) error {
	rv := reflect.ValueOf(ptr)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		return fmt.Errorf("variable %q: Get needs a pointer, not %T", v.name, ptr)
	}
	if err := v.check(rv.Type().Elem()); err != nil {
		return err
	}
	if from := v.memory(); from.b != nil {
		copyScalars(rv.Type().Elem(), memory{nativeOrder(), sys.Memory(rv)}, from)
	} else {
		rv.Elem().SetZero()
	}
	return nil
}

// A memory is bytes in a byte order.
type memory struct {
	order binary.ByteOrder
	b     []byte
}

func (m memory) from(off uintptr) memory { return memory{m.order, m.b[off:]} }

// copyScalars copies the scalars of a Go type, each whole, between memories of its layout, which CompareGo found to be C's.
// Padding, blank fields and pointers stay as they are.
func copyScalars(t reflect.Type, to, from memory) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.Name != "_" {
				copyScalars(f.Type, to.from(f.Offset), from.from(f.Offset))
			}
		}
	case reflect.Array:
		for i := range uintptr(t.Len()) {
			at := i * t.Elem().Size()
			copyScalars(t.Elem(), to.from(at), from.from(at))
		}
	case reflect.Bool: // BPF may have stored another number than 1
		to.b[0] = min(from.b[0], 1)
	case reflect.Pointer:
	default:
		putUint(to.order, to.b[:t.Size()], getUint(from.order, from.b[:t.Size()]))
	}
}

// putUint stores the low len(b) bytes of x; len(b) is 1, 2, 4 or 8.
func putUint(order binary.ByteOrder, b []byte, x uint64) {
	switch len(b) {
	case 1:
		b[0] = byte(x)
	case 2:
		order.PutUint16(b, uint16(x))
	case 4:
		order.PutUint32(b, uint32(x))
	case 8:
		order.PutUint64(b, x)
	}
}

func getUint(order binary.ByteOrder, b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}
