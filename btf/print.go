package btf

import (
	"fmt"
	"strconv"
)

// C returns a type as C: its definition, those of the types it holds before it, and those of the types it points to
// after it. Type tags read __attribute__((btf_type_tag("uptr"))), as clang takes them. A VAR or FUNC is a
// declaration, a DATASEC those of its variables; a type without a definition, such as a pointer, follows the definitions
// of what it needs. Comments say what C has no words for: an offset or a size that does not follow from the members, a
// struct that is only declared. There is no newline at the end.
//
// The Spec is valid. The text is cut off at 4 MiB: anonymous structs that hold each other twice double it at each level.
func (s *Spec) C(id ID) string {
	p := printer{spec: s, budget: printBudget, state: make(map[ID]defState), shapes: make(map[ID]shape)}
	p.top(id)
	if p.budget < 0 {
		p.block("/* cut off */")
	}
	return string(p.out)
}

// brief returns the type as in a declaration without a name, on one line: "struct user_data *", "struct { ... }".
func (s *Spec) brief(id ID) string {
	if s.Type(id) == nil {
		return "type id " + strconv.FormatUint(uint64(id), 10)
	}
	p := printer{spec: s, budget: printBudget, short: true}
	return p.declare(id, "", 0)
}

const printBudget = 4 << 20 // bytes; task_struct and all it reaches take 0.5 MB

// defState is how far the definition of a type has come.
type defState uint8

const (
	declared defState = 1 << iota // struct foo;
	active                        // what it holds is being defined
	defined
)

// printer writes definitions in an order that C takes.
type printer struct {
	spec   *Spec
	out    []byte
	budget int // bytes left
	short  bool
	state  map[ID]defState
	shapes map[ID]shape
	queue  []ID // structs behind pointers
	open   []ID // anonymous types that are being written, outermost first
}

// spend takes n bytes off the budget, and reports whether it lasts.
func (p *printer) spend(n int) bool {
	if p.budget >= 0 {
		p.budget -= n + 1
	}
	return p.budget >= 0
}

func (p *printer) block(text string) {
	if len(p.out) > 0 {
		p.out = append(p.out, "\n\n"...)
	}
	p.out = append(p.out, text...)
}

func (p *printer) top(id ID) {
	t := p.spec.Type(id)
	switch {
	case t == nil:
		p.block(fmt.Sprintf("/* type id %d out of range (%d types) */", id, p.spec.Len()))
	case t.Kind == KindDataSec:
		p.dataSec(t)
	case t.Kind == KindVar, t.Kind == KindFunc:
		p.need(t.Type, 0, true, 0)
		p.flush()
		p.block(p.declaration(t))
	case t.Kind == KindDeclTag:
		p.need(t.Type, 0, true, 0)
		p.flush()
		p.block(p.declTag(t))
	case t.Kind == KindFwd, t.Kind == KindTypedef, isTagged(t):
		p.need(id, 0, true, 0)
		p.flush()
	default:
		p.need(id, 0, true, 0)
		p.flush()
		p.block(p.declare(id, "", 0))
	}
}

// isTagged reports whether C can refer to a type by struct, union or enum and a name.
func isTagged(t *Type) bool {
	switch t.Kind {
	case KindStruct, KindUnion, KindEnum, KindEnum64:
		return t.Name != ""
	}
	return false
}

func (p *printer) dataSec(t *Type) {
	for _, v := range t.Vars {
		if vt := p.spec.Type(v.Type); vt != nil {
			p.need(vt.Type, 0, true, 0)
		}
	}
	p.flush()
	p.block(fmt.Sprintf("/* %s: %d bytes */", t.Name, t.Size))
	for _, v := range t.Vars {
		if vt := p.spec.Type(v.Type); vt != nil && p.spend(len(vt.Name)) {
			p.out = fmt.Appendf(p.out, "\n%s /* offset %d, %d bytes */", p.declaration(vt), v.Offset, v.Size)
		}
	}
}

// declaration of a VAR or FUNC.
func (p *printer) declaration(t *Type) string {
	text := p.declare(t.Type, t.Name, 0) + ";"
	switch t.Linkage {
	case LinkageStatic:
		return "static " + text
	case LinkageExtern:
		return "extern " + text
	default:
		return text
	}
}

func (p *printer) declTag(t *Type) string {
	what := p.spec.brief(t.Type)
	if target := p.spec.Type(t.Type); target != nil && (target.Kind == KindVar || target.Kind == KindFunc) {
		what = p.declaration(target)
	}
	if t.Component >= 0 {
		what += " member or parameter " + strconv.Itoa(int(t.Component))
	}
	return "/* decl tag " + strconv.Quote(t.Name) + " of " + what + " */"
}
