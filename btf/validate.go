package btf

import (
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
	case t.nameOff != 0 && nameless.has(t.Kind):
		return fmt.Sprintf("name at string offset 0x%x, want none", t.nameOff)
	}
	if what := t.parts(s.checkPart); what != "" {
		return what
	}
	switch t.Kind {
	case KindInt:
		return checkInt(t)
	case KindFloat: // btf_float_check_meta
		if t.Size != 2 && t.Size != 4 && t.Size != 8 && t.Size != 12 && t.Size != 16 {
			return fmt.Sprintf("size %d, want 2, 4, 8, 12 or 16", t.Size)
		}
	case KindEnum, KindEnum64:
		return checkEnum(t)
	case KindFunc, KindVar:
		if t.Linkage > LinkageExtern {
			return fmt.Sprintf("linkage %d, want 0, 1 or 2", t.Linkage)
		}
	case KindFuncProto: // btf_func_proto_check: void stands for what a function returns, and for the dots that end its parameters
		for i, p := range t.Params {
			if p.Type == 0 && (i < len(t.Params)-1 || p.nameOff != 0) {
				return fmt.Sprintf("parameter %d %q: void, which only the last and nameless one may be", i, p.Name)
			}
		}
	case KindDeclTag:
		return s.checkDeclTag(t)
	}
	return ""
}

func (s *Spec) checkPart(p part) string {
	if p.name != nil {
		if why := s.strs.check(*p.nameOff, *p.name); why != "" {
			return why
		}
		switch {
		case p.named && *p.name == "":
			return "no name"
		case !p.text && strings.IndexFunc(*p.name, unicode.IsControl) >= 0: // which no compiler writes, and which would reach people's terminals
			return fmt.Sprintf("name %q with a control character", *p.name)
		}
	}
	if p.id != nil {
		return s.checkRef(*p.id, p.allowed)
	}
	return ""
}

func (s *Spec) checkRef(id ID, allowed kindSet) string {
	t := s.Type(id)
	switch {
	case t == nil:
		return fmt.Sprintf("type id %d out of range (%d types)", id, len(s.types))
	case !allowed.has(t.Kind):
		return fmt.Sprintf("type id %d (%s) may not stand here", id, t.Kind)
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

// checkEnum is btf_enum_check_meta and btf_enum64_check_meta, and that a value of an ENUM has a form in 32 bits.
func checkEnum(t *Type) string {
	declared := t.Size == 0 && len(t.Values) == 0 // the kernel refuses it, clang writes it
	if t.Size != 1 && t.Size != 2 && t.Size != 4 && t.Size != 8 && !declared {
		return fmt.Sprintf("size %d, want 1, 2, 4 or 8", t.Size)
	}
	for i, v := range t.Values {
		switch signed := int64(v.Value); {
		case t.Kind == KindEnum && t.Flag && signed != int64(int32(signed)):
			return fmt.Sprintf("enumerator %d %q: %d does not fit 32 bits", i, v.Name, signed)
		case t.Kind == KindEnum && !t.Flag && v.Value > math.MaxUint32:
			return fmt.Sprintf("enumerator %d %q: %d does not fit 32 bits", i, v.Name, v.Value)
		}
	}
	return ""
}

// checkDeclTag is btf_decl_tag_resolve, with its subject known to exist.
func (s *Spec) checkDeclTag(t *Type) string {
	subject, n := &s.types[t.Type], 0
	switch proto := s.Type(subject.Type); { // its id may not have been checked yet
	case aggregates.has(subject.Kind):
		n = len(subject.Members)
	case subject.Kind == KindFunc && proto != nil:
		n = len(proto.Params)
	}
	if t.Component < -1 || int(t.Component) >= n {
		return fmt.Sprintf("component_idx %d of a %s with %d", t.Component, subject.Kind, n)
	}
	return ""
}
