package btf

import (
	"fmt"
	"math"
)

// Validate checks the whole Spec once, so that nobody has to check again: references are in range and of a kind that
// may stand there, nothing contains itself, names are there where they must be, members lie inside their struct. The rules
// are those of the kernel's btf_check_all_metas and btf_resolve_all, less what clang writes for a loader to
// mend (DATASEC without size and offsets, extern linkage, an enum or the type of a parameter that is only declared), and plus
// two: a FUNC is no type for a pointer, and pointers and prototypes may not form a ring without a struct in it, which C cannot
// write down. The error is an [*Error] that matches [ErrMalformed] or [ErrTooLarge].
func (s *Spec) Validate() error {
	if err := s.validate(); err != nil {
		return err
	}
	return nil
}

func (s *Spec) validate() *Error {
	for id := ID(1); int(id) < len(s.types); id++ {
		if what := s.checkType(&s.types[id]); what != "" {
			return s.fault(id, ErrMalformed, what)
		}
	}
	if err := s.checkDepth(); err != nil {
		return err
	}
	// Sizes can be asked for now: every id exists and every chain ends.
	for id := ID(1); int(id) < len(s.types); id++ {
		if what := s.checkLayout(&s.types[id]); what != "" {
			return s.fault(id, ErrMalformed, what)
		}
	}
	return nil
}

// fault is an error about a type, which exists. Finding its offset walks all types before it, once.
func (s *Spec) fault(id ID, sentinel error, what string) *Error {
	t := &s.types[id]
	off := s.hdrLen
	for i := range s.types[1:id] {
		off += s.types[1+i].wireLen()
	}
	return &Error{Section: sectionBTF, Type: id, Kind: t.Kind, Name: t.Name, Offset: int64(off), Err: sentinel, What: what}
}

// checkType checks what can be said about a type without following references.
func (s *Spec) checkType(t *Type) string {
	if t.Kind == KindVoid || t.Kind > kindMax {
		return fmt.Sprintf("unknown kind %d", t.Kind)
	}
	if t.Flag && !flagged.has(t.Kind) {
		return "kind_flag set"
	}
	if what := s.checkName(t); what != "" {
		return what
	}
	if what := s.checkRefs(t); what != "" {
		return what
	}
	switch t.Kind {
	case KindInt:
		return checkInt(t)
	case KindFloat:
		return checkFloat(t)
	case KindEnum, KindEnum64:
		return s.checkValues(t)
	case KindFunc, KindVar:
		if t.Linkage > LinkageExtern {
			return fmt.Sprintf("linkage %d, want 0, 1 or 2", t.Linkage)
		}
	case KindDeclTag:
		return s.checkDeclTag(t)
	}
	return ""
}

const (
	// named are the kinds whose name may not be empty.
	named kindSet = 1<<KindFwd | 1<<KindTypedef | 1<<KindFunc | 1<<KindVar | 1<<KindDataSec | 1<<KindDeclTag | 1<<KindTypeTag
	// nameless are the kinds without one.
	nameless kindSet = 1<<KindPtr | 1<<KindArray | 1<<KindVolatile | 1<<KindConst | 1<<KindRestrict | 1<<KindFuncProto
)

func (s *Spec) checkName(t *Type) string {
	what := s.strs.check(t.nameOff, t.Name)
	switch {
	case what != "":
		return what
	case t.Name == "" && named.has(t.Kind):
		return "no name"
	case t.nameOff != 0 && nameless.has(t.Kind):
		return fmt.Sprintf("name at string offset 0x%x, want none", t.nameOff)
	}
	return ""
}

// checkInt is btf_int_check_meta.
func checkInt(t *Type) string {
	switch t.Encoding {
	case 0, IntSigned, IntChar, IntBool:
	default:
		return fmt.Sprintf("int encoding 0x%x, want one bit at most", uint8(t.Encoding))
	}
	bits := uint32(t.BitOffset) + uint32(t.Bits)
	if bits > 128 || uint64(bits) > 8*uint64(t.Size) {
		return fmt.Sprintf("int of %d bits at bit %d in %d bytes", t.Bits, t.BitOffset, t.Size)
	}
	return ""
}

// checkFloat is btf_float_check_meta.
func checkFloat(t *Type) string {
	switch t.Size {
	case 2, 4, 8, 12, 16:
		return ""
	}
	return fmt.Sprintf("size %d, want 2, 4, 8, 12 or 16", t.Size)
}

// checkValues is btf_enum_check_meta and btf_enum64_check_meta, and that a value of an ENUM has a form in 32 bits.
func (s *Spec) checkValues(t *Type) string {
	switch {
	case t.Size == 1, t.Size == 2, t.Size == 4, t.Size == 8:
	case t.Size == 0 && len(t.Values) == 0: // only declared; the kernel refuses it, clang writes it
	default:
		return fmt.Sprintf("size %d, want 1, 2, 4 or 8", t.Size)
	}
	for i := range t.Values {
		v := &t.Values[i]
		what := s.strs.check(v.nameOff, v.Name)
		switch {
		case what != "":
			return fmt.Sprintf("enumerator %d %q: %s", i, v.Name, what)
		case v.Name == "":
			return fmt.Sprintf("enumerator %d: no name", i)
		case t.Kind == KindEnum && t.Flag && int64(v.Value) != int64(int32(v.Value)):
			return fmt.Sprintf("enumerator %d %q: %d does not fit 32 bits", i, v.Name, int64(v.Value))
		case t.Kind == KindEnum && !t.Flag && v.Value > math.MaxUint32:
			return fmt.Sprintf("enumerator %d %q: %d does not fit 32 bits", i, v.Name, v.Value)
		}
	}
	return ""
}

// checkDeclTag is btf_decl_tag_resolve, with its subject known to exist.
func (s *Spec) checkDeclTag(t *Type) string {
	if t.Component == -1 {
		return ""
	}
	subject := &s.types[t.Type]
	parts := 0
	switch subject.Kind {
	case KindStruct, KindUnion:
		parts = len(subject.Members)
	case KindFunc:
		// The prototype's id may not have been checked yet.
		if proto := s.Type(subject.Type); proto != nil {
			parts = len(proto.Params)
		}
	}
	if t.Component < 0 || int(t.Component) >= parts {
		return fmt.Sprintf("component_idx %d of a %s with %d", t.Component, subject.Kind, parts)
	}
	return ""
}
