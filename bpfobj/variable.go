package bpfobj

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"

	"kptr/btf"
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

// findVariable looks for a variable in a section's BTF, or for MAP.MEMBER of a struct_ops.
func findVariable(types *btf.Spec, m *MapSpec, name string) (*Variable, bool) {
	if member, ok := strings.CutPrefix(name, m.Name+"."); ok && m.structOps != nil {
		return findMember(types, m, name, member)
	}
	if !m.isData() || m.Value == 0 {
		return nil, false
	}
	for _, sv := range types.Type(m.Value).Vars {
		t := types.Type(sv.Type)
		if t.Name != name {
			continue
		}
		return &Variable{
			name: name, types: types, typ: t.Type,
			offset: uint64(sv.Offset), size: uint64(sv.Size),
		}, true
	}
	return nil, false
}

func findMember(types *btf.Spec, m *MapSpec, name, member string) (*Variable, bool) {
	t := types.Type(m.structOps.typ)
	i := memberNamed(t, member)
	if i < 0 || t.Members[i].BitSize != 0 {
		return nil, false
	}
	size, err := types.Size(t.Members[i].Type)
	v := &Variable{name: name, types: types, typ: t.Members[i].Type, offset: uint64(t.Members[i].BitOffset / 8), size: size}
	return v, err == nil
}

// variableNames lists the variables, for error texts.
func (s *Spec) variableNames() []string {
	var names []string
	for i := range s.Maps {
		m := &s.Maps[i]
		if !m.isData() || m.Value == 0 {
			continue
		}
		for _, sv := range s.types.Type(m.Value).Vars {
			names = append(names, s.types.Type(sv.Type).Name)
		}
	}
	return names
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
	if v.initial != nil && v.initial.Contents == nil {
		v.initial.Contents = make([]byte, v.initial.ValueSize)
	}
	putValue(v.types.ByteOrder(), v.memory(), rv)
	return nil
}

// memory gives the variable's bytes, none if they are zeros that nobody has
// allocated.
func (v *Variable) memory() []byte {
	if v.initial == nil {
		return v.bytes
	}
	if v.initial.Contents == nil {
		return nil
	}
	return v.initial.Contents[v.offset:][:v.size]
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
	b := v.memory()
	if b == nil {
		rv.Elem().SetZero()
		return nil
	}
	takeValue(v.types.ByteOrder(), b, rv.Elem())
	return nil
}

// putValue writes a value at its C layout, which CompareGo found to be the Go
// layout. Padding stays as it is.
func putValue(order binary.ByteOrder, b []byte, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Name != "_" {
				putValue(order, b[f.Offset:], v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			putValue(order, b[uintptr(i)*v.Type().Elem().Size():], v.Index(i))
		}
	default:
		putUint(order, b[:v.Type().Size()], scalarBits(v))
	}
}

func takeValue(order binary.ByteOrder, b []byte, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Name != "_" {
				takeValue(order, b[f.Offset:], v.Field(i))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			takeValue(order, b[uintptr(i)*v.Type().Elem().Size():], v.Index(i))
		}
	default:
		setScalar(v, getUint(order, b[:v.Type().Size()]))
	}
}
