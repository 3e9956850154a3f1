package bpfobj

import (
	"fmt"
	"strings"
)

// SetEnums gives the variables of .rodata whose names begin with a prefix the values of the kernel's enumerators. The name of the
// enumerator is that of the variable without the "__" it begins with, as the headers of sched_ext have it: the variable
// __SCX_SLICE_DFL is the enumerator SCX_SLICE_DFL. What the kernel does not have becomes 0. It comes before [Spec.Plan].
//
// The error matches [ErrEnumSize] where a value does not fit.
func (s *Spec) SetEnums(k *Kernel, prefix string) error {
	var vars []*Variable
	var names []string
	for i := range s.Maps {
		m := &s.Maps[i]
		if !m.isData() || !m.readOnly() || m.Value == 0 {
			continue
		}
		for _, sv := range s.types.Type(m.Value).Vars {
			if name := s.types.Type(sv.Type).Name; strings.HasPrefix(name, prefix) {
				vars = append(vars, s.Variable(name))
				names = append(names, strings.TrimPrefix(name, "__"))
			}
		}
	}
	values, err := k.enumerators(names)
	if err != nil {
		return err
	}
	for i, v := range vars {
		if v.size != 1 && v.size != 2 && v.size != 4 && v.size != 8 {
			return fmt.Errorf("variable %q of %d bytes: %w: it is no integer", v.name, v.size, ErrEnumSize)
		}
		if v.size < 8 && values[i].Value>>(8*v.size) != 0 && int64(values[i].Value)>>(8*v.size-1) != -1 {
			return fmt.Errorf("variable %q of %d bytes: %w: %#x", v.name, v.size, ErrEnumSize, values[i].Value)
		}
		if v.initial.Contents == nil {
			v.initial.Contents = make([]byte, v.initial.ValueSize)
		}
		putUint(s.ByteOrder, v.memory(), values[i].Value)
	}
	return nil
}
