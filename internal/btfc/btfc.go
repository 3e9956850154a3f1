// Package btfc writes BTF types as C, for people to read.
package btfc

import (
	"fmt"
	"strconv"

	"kptr/btf"
)

// C returns a type as C: its definition, those of the types it holds before it, and those of the types it points to
// after it. Type tags read __attribute__((btf_type_tag("uptr"))), as clang takes them. A VAR or FUNC is a
// declaration, a DATASEC those of its variables; a type without a definition, such as a pointer, follows the definitions
// of what it needs. Comments say what C has no words for: an offset or a size that does not follow from the members, a
// struct that is only declared. There is no newline at the end.
//
// The Spec is valid. The text is cut off at 4 MiB: anonymous structs that hold each other twice double it at each level.
func C(s *btf.Spec, id btf.ID) string {
	p := printer{spec: s, budget: printBudget, state: make(map[btf.ID]defState), shapes: make(map[btf.ID]shape)}
	p.top(id)
	if p.budget < 0 {
		p.block("/* cut off */")
	}
	return string(p.out)
}

// brief returns the type as in a declaration without a name, on one line: "struct user_data *", "struct { ... }".
func brief(s *btf.Spec, id btf.ID) string {
	p := printer{spec: s, budget: printBudget, short: true}
	return p.declare(id, "", 0)
}

// maxDepth is how deep the types of a valid Spec are nested at most, behind what the printer follows by name.
const maxDepth = 128

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
	spec   *btf.Spec
	out    []byte
	budget int // bytes left
	short  bool
	state  map[btf.ID]defState
	shapes map[btf.ID]shape
	queue  []btf.ID // structs behind pointers
	open   []btf.ID // anonymous types that are being written, outermost first
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

func (p *printer) top(id btf.ID) {
	t := p.spec.Type(id)
	switch {
	case t == nil:
		p.block(fmt.Sprintf("/* type id %d out of range (%d types) */", id, p.spec.Len()))
	case t.Kind == btf.KindDataSec:
		p.dataSec(t)
	case t.Kind == btf.KindVar, t.Kind == btf.KindFunc:
		p.need(t.Type, 0, true, 0)
		p.flush()
		p.block(p.declaration(t))
	case t.Kind == btf.KindDeclTag:
		p.need(t.Type, 0, true, 0)
		p.flush()
		p.block(p.declTag(t))
	case t.Kind == btf.KindFwd, t.Kind == btf.KindTypedef, isTagged(t):
		p.need(id, 0, true, 0)
		p.flush()
	default:
		p.need(id, 0, true, 0)
		p.flush()
		p.block(p.declare(id, "", 0))
	}
}

// isTagged reports whether C can refer to a type by struct, union or enum and a name.
func isTagged(t *btf.Type) bool {
	switch t.Kind {
	case btf.KindStruct, btf.KindUnion, btf.KindEnum, btf.KindEnum64:
		return t.Name != ""
	}
	return false
}

func isEnum(t *btf.Type) bool { return t.Kind == btf.KindEnum || t.Kind == btf.KindEnum64 }

// isModifier reports whether a type stands for the one that it refers to.
func isModifier(t *btf.Type) bool {
	switch t.Kind {
	case btf.KindTypedef, btf.KindVolatile, btf.KindConst, btf.KindRestrict, btf.KindTypeTag:
		return true
	}
	return false
}

func (p *printer) dataSec(t *btf.Type) {
	for _, v := range t.Members {
		if vt := p.spec.Type(v.Type); vt != nil {
			p.need(vt.Type, 0, true, 0)
		}
	}
	p.flush()
	p.block(fmt.Sprintf("/* %s: %d bytes */", t.Name, t.Size))
	for _, v := range t.Members {
		if vt := p.spec.Type(v.Type); vt != nil && p.spend(len(vt.Name)) {
			p.out = fmt.Appendf(p.out, "\n%s /* offset %d, %d bytes */", p.declaration(vt), v.Offset, v.Size)
		}
	}
}

// declaration of a VAR or FUNC.
func (p *printer) declaration(t *btf.Type) string {
	text := p.declare(t.Type, t.Name, 0) + ";"
	switch t.Linkage {
	case btf.LinkageStatic:
		return "static " + text
	case btf.LinkageExtern:
		return "extern " + text
	default:
		return text
	}
}

func (p *printer) declTag(t *btf.Type) string {
	what := brief(p.spec, t.Type)
	if target := p.spec.Type(t.Type); target != nil && (target.Kind == btf.KindVar || target.Kind == btf.KindFunc) {
		what = p.declaration(target)
	}
	if t.Component >= 0 {
		what += " member or parameter " + strconv.Itoa(int(t.Component))
	}
	return "/* decl tag " + strconv.Quote(t.Name) + " of " + what + " */"
}
