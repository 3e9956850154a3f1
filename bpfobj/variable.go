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
	name     string
	types    *btf.Spec
	typ      btf.ID
	offset   uint64   // in the section
	size     uint64   // in bytes
	bytes    []byte   // after load: mapped
	initial  *MapSpec // before load: whose Contents to use
	readOnly bool
	err      error // why there is no such variable
}

// Name gives the variable's name.
func (v *Variable) Name() string { return v.name }

// Size gives the variable's size in bytes; 0 if there is no such variable.
func (v *Variable) Size() int { return int(v.size) }

// variables lists those of a section, or the members of a struct_ops as MAP.MEMBER, before load.
func (s *Spec) variables(m *MapSpec) (list []Variable) {
	switch {
	case m.data && m.Value != 0:
		for _, sv := range s.types.Type(m.Value).Members {
			t := s.types.Type(sv.Type)
			list = append(list, Variable{name: t.Name, types: s.types, typ: t.Type, offset: uint64(sv.Offset), size: uint64(sv.Size), initial: m})
		}
	case m.structOps != nil:
		for _, mem := range s.types.Type(m.structOps.typ).Members {
			v := Variable{name: m.Name + "." + mem.Name, types: s.types, typ: mem.Type, offset: uint64(mem.BitOffset / 8), initial: m}
			var err error
			v.size, err = s.types.Size(mem.Type)
			// btf has checked that an INT's bits lie in the struct, not that its bytes do.
			if mem.Name != "" && mem.BitSize == 0 && err == nil && v.offset+v.size <= uint64(m.ValueSize) {
				list = append(list, v)
			}
		}
	}
	return list
}

// variableNames lists the variables, for error texts.
func (s *Spec) variableNames() (names []string) {
	for i := range s.Maps {
		for _, v := range s.variables(&s.Maps[i]) {
			names = append(names, v.name)
		}
	}
	return names
}

// Variable finds a global variable by name, or as MAP.MEMBER one of a struct_ops, to be read and set before loading.
func (s *Spec) Variable(name string) *Variable {
	for i := range s.Maps {
		for _, v := range s.variables(&s.Maps[i]) {
			if v.name == name {
				return &v
			}
		}
	}
	return &Variable{name: name, err: &NotFoundError{Kind: "variable", Name: name, Have: s.variableNames()}}
}

// Variable gives a global variable by name, mapped into this process. If there is
// none, or it cannot be mapped, each method of the result that can fail says so.
func (o *Object) Variable(name string) *Variable {
	v := o.spec.Variable(name)
	m := v.initial
	if m == nil {
		return v
	}
	section, err := o.section(m)
	if err != nil {
		return &Variable{name: name, err: fmt.Errorf("variable %q: map %q: %w", name, m.Name, err)}
	}
	v.bytes, v.readOnly, v.initial = section[v.offset:v.offset+v.size], m.readOnly(), nil
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
	if v.readOnly {
		return fmt.Errorf("variable %q: %w", v.name, ErrReadOnly)
	}
	from := reflect.New(rv.Type())
	from.Elem().Set(rv)
	copyScalars(rv.Type(), v.writable(), memory{nativeOrder(), sys.Memory(from)})
	return nil
}

// memory gives the variable's bytes, none if they are zeros that nobody has
// allocated.
func (v *Variable) memory() memory {
	m := memory{v.types.ByteOrder(), v.bytes}
	if v.initial != nil && v.initial.Contents != nil {
		m.b = v.initial.Contents[v.offset:][:v.size]
	}
	return m
}

// writable is memory, allocated.
func (v *Variable) writable() memory {
	if v.initial != nil && v.initial.Contents == nil {
		v.initial.Contents = make([]byte, v.initial.ValueSize)
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
