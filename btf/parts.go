package btf

import "fmt"

// part is a place in a type that has a name, or refers to another type, or both.
type part struct {
	what    string  // "member", "element", ...; empty: the type itself
	rec     *Record // nil: not among several
	index   int     // among those
	name    *string
	nameOff *uint32 // nil, as is name: the format has no name there
	named   bool    // the name may not be empty
	text    bool    // the name is any text that an author wrote
	id      *ID     // nil: refers to nothing
	allowed kindSet // what id may be
}

const (
	// complete are the kinds that a member or an element may have, behind modifiers too.
	complete = aggregates | enums | 1<<KindInt | 1<<KindPtr | 1<<KindArray | 1<<KindFloat
	// typeKinds are the kinds that are types in C. Void is one; FUNC, VAR, DATASEC and DECL_TAG are not.
	typeKinds = elementKinds | 1<<KindVoid | 1<<KindFwd | 1<<KindFuncProto

	elementKinds         = complete | modifiers
	secKinds     kindSet = 1<<KindVar | 1<<KindFunc // clang puts extern kfuncs into .ksyms
	taggedKinds          = aggregates | 1<<KindTypedef | 1<<KindVar | 1<<KindFunc
)

// parts visits the type itself, and then whatever it consists of, in the order of the format. It returns the first fault that
// visit finds, with the place before it, and does not go on after that.
func (t *Type) parts(visit func(part) (fault string)) (what string) {
	see := func(p part) {
		if what == "" {
			what = p.place(visit(p))
		}
	}
	own := part{name: &t.Name, nameOff: &t.nameOff, named: named.has(t.Kind), id: &t.Type, allowed: typeKinds}
	switch {
	case t.Kind == KindFunc:
		own.allowed = 1 << KindFuncProto
	case t.Kind == KindDeclTag:
		own.allowed, own.text = taggedKinds, true
	case t.Kind == KindFuncProto:
		own.what = "return"
	case t.Kind != KindPtr && t.Kind != KindVar && !modifiers.has(t.Kind):
		own.id = nil
	}
	see(own)
	if t.Kind == KindArray {
		see(part{what: "element", id: &t.Type, allowed: elementKinds})
		see(part{what: "index", id: &t.Index, allowed: elementKinds})
	}
	if recs := t.records(); recs != nil {
		for i := range *recs {
			see(t.recordPart(i, &(*recs)[i]))
		}
	}
	return what
}

func (t *Type) recordPart(i int, r *Record) part {
	p := part{rec: r, index: i, name: &r.Name, nameOff: &r.nameOff, id: &r.Type}
	switch t.Kind {
	case KindEnum, KindEnum64:
		p.what, p.named, p.id = "enumerator", true, nil
	case KindFuncProto:
		p.what, p.allowed = "parameter", typeKinds
	case KindDataSec:
		p.what, p.allowed, p.name, p.nameOff = "entry", secKinds, nil, nil
	default:
		p.what, p.allowed = "member", elementKinds
	}
	return p
}

// place puts the place of a fault before it: `member 0 "udata": `.
func (p *part) place(fault string) string {
	switch {
	case fault == "" || p.what == "":
		return fault
	case p.rec == nil:
		return p.what + ": " + fault
	case p.rec.Name == "":
		return fmt.Sprintf("%s %d: %s", p.what, p.index, fault)
	}
	return fmt.Sprintf("%s %d %q: %s", p.what, p.index, p.rec.Name, fault)
}
