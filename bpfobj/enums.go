package bpfobj

import (
	"fmt"
	"strings"

	"kptr/btf"
)

// SetEnums gives the variables of .rodata whose names begin with a prefix the values of the kernel's enumerators. The name of the
// enumerator is that of the variable without the "__" it begins with, as the headers of sched_ext have it: the variable
// __SCX_SLICE_DFL is the enumerator SCX_SLICE_DFL. What the kernel does not have becomes 0. It comes before [Spec.Plan].
//
// The error matches [ErrEnumSize] where a value does not fit.
func (s *Spec) SetEnums(k *Kernel, prefix string) error {
	var vars []Variable
	var names []string
	for v := range s.variables {
		if v.section.readOnly() && strings.HasPrefix(v.name, prefix) {
			vars = append(vars, v)
			names = append(names, strings.TrimPrefix(v.name, "__"))
		}
	}
	values, err := scanned(k, names, btf.Enumerators)
	if err != nil {
		return err
	}
	for i, v := range vars {
		x := values[i].Value
		switch {
		case v.size != 1 && v.size != 2 && v.size != 4 && v.size != 8:
			return fmt.Errorf("variable %q of %d bytes: %w: it is no integer", v.name, v.size, ErrEnumSize)
		case v.size < 8 && x>>(8*v.size) != 0 && int64(x)>>(8*v.size-1) != -1:
			return fmt.Errorf("variable %q of %d bytes: %w: %#x", v.name, v.size, ErrEnumSize, x)
		}
		putUint(s.ByteOrder, v.writable().b, x)
	}
	return nil
}
