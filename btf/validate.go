package btf

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"unicode"
)

// validate checks the whole Spec once, so that nobody has to check again: references are in range and of a kind that
// may stand there, nothing contains itself, names are there where they must be, members lie inside their struct. The rules
// are those of the kernel's btf_check_all_metas and btf_resolve_all, less what clang writes for a loader to
// mend (DATASEC without size and offsets, extern linkage, an enum or the type of a parameter that is only declared), and plus
// two: a FUNC is no type for a pointer, and pointers and prototypes may not form a ring without a struct in it, which C cannot
// write down.
func (s *Spec) validate() *Error {
	err := s.each(s.checkType)
	if err == nil {
		err = s.checkDepth()
	}
	if err == nil {
		err = s.each(s.checkLayout) // sizes can be asked for now: every id exists and every chain ends
	}
	return err
}

func (s *Spec) each(check func(*Type) string) *Error {
	for id := 1; id < len(s.types); id++ {
		if what := check(&s.types[id]); what != "" {
			return s.fault(ID(id), ErrMalformed, what)
		}
	}
	return nil
}

// checkType checks names, references, and what can be said about a type without following them.
func (s *Spec) checkType(t *Type) string {
	switch {
	case t.Kind == KindVoid || t.Kind > kindMax:
		return fmt.Sprintf("unknown kind %d", t.Kind)
	case t.Flag && !flagged.has(t.Kind):
		return "kind_flag set"
	case t.Name != "" && nameless.has(t.Kind):
		return fmt.Sprintf("name %q, want none", t.Name)
	case len(t.Members) != 0 && kinds[t.Kind].each == 0:
		return fmt.Sprintf("%d members, want none", len(t.Members))
	}
	k := &kinds[t.Kind]
	what := cmp.Or(checkName(t.Name, named.has(t.Kind), t.Kind == KindDeclTag), s.checkRef(k.ref, t.Type, k.refs))
	for i := 0; i < len(t.Members) && what == ""; i++ {
		m := &t.Members[i]
		what = t.place(i, cmp.Or(checkName(m.Name, enums.has(t.Kind), false), s.checkRef("", m.Type, k.members), checkValue(t, m)))
	}
	if what != "" {
		return what
	}
	switch t.Kind {
	case KindInt:
		return checkInt(t)
	case KindArray:
		return s.checkRef("index: ", t.Index, elementKinds)
	case KindFloat: // btf_float_check_meta
		if t.Size != 2 && t.Size != 4 && t.Size != 8 && t.Size != 12 && t.Size != 16 {
			return fmt.Sprintf("size %d, want 2, 4, 8, 12 or 16", t.Size)
		}
	case KindEnum, KindEnum64: // btf_enum_check_meta and btf_enum64_check_meta
		declared := t.Size == 0 && len(t.Members) == 0 // the kernel refuses it, clang writes it
		if t.Size != 1 && t.Size != 2 && t.Size != 4 && t.Size != 8 && !declared {
			return fmt.Sprintf("size %d, want 1, 2, 4 or 8", t.Size)
		}
	case KindFunc, KindVar:
		if t.Linkage > LinkageExtern {
			return fmt.Sprintf("linkage %d, want 0, 1 or 2", t.Linkage)
		}
	case KindFuncProto: // btf_func_proto_check: void stands for what a function returns, and for the dots that end its parameters
		for i, m := range t.Members {
			if m.Type == 0 && (i < len(t.Members)-1 || m.Name != "" || m.nameOff != 0) {
				return fmt.Sprintf("parameter %d %q: void, which only the last and nameless one may be", i, m.Name)
			}
		}
	case KindDeclTag:
		return s.checkDeclTag(t)
	}
	return ""
}

// checkName checks the name of a type or of a member. That of a decl tag is any text that an author wrote.
func checkName(name string, wanted, text bool) string {
	switch {
	case name == "" && wanted:
		return "no name"
	case len(name) > maxName:
		return longName
	case !text && strings.IndexFunc(name, unicode.IsControl) >= 0, // which no compiler writes, and which would reach people's terminals
		strings.IndexByte(name, 0) >= 0: // which ends it
		return fmt.Sprintf("name %q with a control character", name)
	}
	return ""
}

// checkRef checks a reference to one of the kinds allowed. Nothing is allowed where there is no reference.
func (s *Spec) checkRef(what string, id ID, allowed kindSet) string {
	switch t := s.Type(id); {
	case allowed == 0:
		return ""
	case t == nil:
		return fmt.Sprintf("%stype id %d out of range (%d types)", what, id, len(s.types))
	case !allowed.has(t.Kind):
		return fmt.Sprintf("%stype id %d (%s) may not stand here", what, id, t.Kind)
	}
	return ""
}

// checkValue checks that the value of an ENUM has a form in 32 bits.
func checkValue(t *Type, m *Member) string {
	switch signed := int64(m.Value); {
	case t.Kind != KindEnum:
	case t.Flag && signed != int64(int32(signed)):
		return fmt.Sprintf("%d does not fit 32 bits", signed)
	case !t.Flag && m.Value > math.MaxUint32:
		return fmt.Sprintf("%d does not fit 32 bits", m.Value)
	}
	return ""
}

// checkInt is btf_int_check_meta.
func checkInt(t *Type) string {
	if t.Encoding&(t.Encoding-1) != 0 || t.Encoding > IntBool {
		return fmt.Sprintf("int encoding 0x%x, want one bit at most", uint8(t.Encoding))
	}
	if bits := uint64(t.BitOffset) + uint64(t.Bits); bits > 128 || bits > 8*uint64(t.Size) {
		return fmt.Sprintf("int of %d bits at bit %d in %d bytes", t.Bits, t.BitOffset, t.Size)
	}
	return ""
}

// checkDeclTag is btf_decl_tag_resolve, with its subject known to exist.
func (s *Spec) checkDeclTag(t *Type) string {
	subject := &s.types[t.Type]
	n := len(subject.Members)
	if proto := s.Type(subject.Type); subject.Kind == KindFunc && proto != nil { // its id may not have been checked yet
		n = len(proto.Members)
	}
	if t.Component < -1 || int(t.Component) >= n {
		return fmt.Sprintf("component_idx %d of a %s with %d", t.Component, subject.Kind, n)
	}
	return ""
}
