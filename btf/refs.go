package btf

import "fmt"

const (
	// complete are the kinds that a member or an element may have, behind modifiers too.
	complete kindSet = 1<<KindInt | 1<<KindPtr | 1<<KindArray | 1<<KindStruct | 1<<KindUnion | 1<<KindEnum | 1<<KindFloat | 1<<KindEnum64
	// typeKinds are the kinds that are types in C. Void is one; FUNC, VAR, DATASEC and DECL_TAG are not.
	typeKinds = complete | modifiers | 1<<KindVoid | 1<<KindFwd | 1<<KindFuncProto

	// What each reference may be.
	elementKinds = complete | modifiers
	protoKinds   = kindSet(1 << KindFuncProto)
	secKinds     = kindSet(1<<KindVar | 1<<KindFunc) // clang puts extern kfuncs into .ksyms
	taggedKinds  = kindSet(1<<KindStruct | 1<<KindUnion | 1<<KindTypedef | 1<<KindVar | 1<<KindFunc)
)

// checkRefs checks every type id inside a type, by range and by the kind that it leads to, and the names of what refers.
func (s *Spec) checkRefs(t *Type) string {
	switch t.Kind {
	case KindPtr, KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag, KindVar:
		return s.checkRef(t.Type, typeKinds)
	case KindFunc:
		return s.checkRef(t.Type, protoKinds)
	case KindDeclTag:
		return s.checkRef(t.Type, taggedKinds)
	case KindArray:
		if what := s.checkRef(t.Type, elementKinds); what != "" {
			return "element: " + what
		}
		if what := s.checkRef(t.Index, elementKinds); what != "" {
			return "index: " + what
		}
	case KindStruct, KindUnion:
		return s.checkMemberRefs(t)
	case KindFuncProto:
		return s.checkParams(t)
	case KindDataSec:
		for i := range t.Vars {
			if what := s.checkRef(t.Vars[i].Type, secKinds); what != "" {
				return fmt.Sprintf("entry %d: %s", i, what)
			}
		}
	}
	return ""
}

func (s *Spec) checkRef(id ID, allowed kindSet) string {
	t := s.Type(id)
	if t == nil {
		return fmt.Sprintf("type id %d out of range (%d types)", id, len(s.types))
	}
	if !allowed.has(t.Kind) {
		return fmt.Sprintf("type id %d (%s) may not stand here", id, t.Kind)
	}
	return ""
}

func (s *Spec) checkMemberRefs(t *Type) string {
	for i := range t.Members {
		m := &t.Members[i]
		what := s.strs.check(m.nameOff, m.Name)
		if what == "" {
			what = s.checkRef(m.Type, elementKinds)
		}
		if what != "" {
			return memberFault(i, m, what)
		}
	}
	return ""
}

func memberFault(i int, m *Member, what string) string {
	return fmt.Sprintf("member %d %q: %s", i, m.Name, what)
}

// checkParams is btf_func_proto_check: void stands only for what a function returns, and for the dots that end its parameters.
func (s *Spec) checkParams(t *Type) string {
	if what := s.checkRef(t.Type, typeKinds); what != "" {
		return "return: " + what
	}
	for i := range t.Params {
		p := &t.Params[i]
		what := s.strs.check(p.nameOff, p.Name)
		switch {
		case what != "":
		case p.Type == 0 && (i < len(t.Params)-1 || p.nameOff != 0):
			what = "void, which only the last and nameless one may be"
		default:
			what = s.checkRef(p.Type, typeKinds)
		}
		if what != "" {
			return fmt.Sprintf("parameter %d %q: %s", i, p.Name, what)
		}
	}
	return ""
}
