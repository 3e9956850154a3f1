package btfc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kptr/btf"
)

// declare returns the declaration of a name (which may be empty) with the type of id. C declares inside out: what is nearest
// to the name is said first by BTF.
func (p *printer) declare(id btf.ID, name string, indent int) string {
	inner, quals, tags := name, "", "" // quals and tags of the type that comes next
	for range maxDepth + 1 {
		t := p.spec.Type(id)
		if t == nil || !p.spend(len(inner)) {
			break
		}
		switch t.Kind {
		case btf.KindPtr:
			inner, quals, tags = "*"+spaced(quals, tags, inner), "", ""
			if next := p.skipQuals(t.Type); next != nil && (next.Kind == btf.KindArray || next.Kind == btf.KindFuncProto) {
				inner = "(" + inner + ")"
			}
		case btf.KindArray:
			inner += "[" + strconv.FormatUint(uint64(t.Count), 10) + "]"
		case btf.KindFuncProto:
			inner, quals, tags = inner+p.params(t, indent), "", ""
		case btf.KindConst:
			quals = spaced("const", quals)
		case btf.KindVolatile:
			quals = spaced("volatile", quals)
		case btf.KindRestrict:
			quals = spaced("restrict", quals)
		case btf.KindTypeTag:
			tags = spaced(typeTag(t), tags)
		default:
			return spaced(quals, p.base(id, t, indent), tags, inner)
		}
		id = t.Type
	}
	return spaced("/* ... */", inner)
}

func typeTag(t *btf.Type) string {
	if t.Flag {
		// Linux 6.14: the name is an attribute, not a tag.
		return "__attribute__((" + t.Name + "))"
	}
	return "__attribute__((btf_type_tag(" + strconv.Quote(t.Name) + ")))"
}

// spaced puts a space between words that are not empty.
func spaced(words ...string) string {
	text := ""
	for _, w := range words {
		if text != "" && w != "" {
			text += " "
		}
		text += w
	}
	return text
}

// skipQuals looks for what follows a pointer's asterisk: typedefs have a name, so they need no parentheses.
func (p *printer) skipQuals(id btf.ID) *btf.Type {
	for range maxDepth + 1 {
		t := p.spec.Type(id)
		if t == nil || t.Kind == btf.KindTypedef || !isModifier(t) {
			return t
		}
		id = t.Type
	}
	return nil
}

// params returns the parameters of a prototype. A last one that is void and nameless is an ellipsis.
func (p *printer) params(t *btf.Type, indent int) string {
	if len(t.Members) == 0 {
		return "(void)"
	}
	list := make([]string, len(t.Members))
	for i := range t.Members {
		param := &t.Members[i]
		if i == len(list)-1 && param.Type == 0 && param.Name == "" {
			list[i] = "..."
		} else {
			list[i] = p.declare(param.Type, param.Name, indent)
		}
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// base returns a type that no declarator is left of. Types that C can name are named, others written out.
func (p *printer) base(id btf.ID, t *btf.Type, indent int) string {
	switch t.Kind {
	case btf.KindVoid:
		return "void"
	case btf.KindInt, btf.KindFloat, btf.KindTypedef:
		return t.Name
	case btf.KindFwd:
		return p.keyword(t) + " " + t.Name
	case btf.KindStruct, btf.KindUnion, btf.KindEnum, btf.KindEnum64:
		switch {
		case isTagged(t):
			return p.keyword(t) + " " + t.Name
		case p.short, len(p.open) > maxDepth, slices.Contains(p.open, id):
			return p.keyword(t) + " { ... }"
		}
		p.open = append(p.open, id)
		defer func() { p.open = p.open[:len(p.open)-1] }()
		return p.definition(id, t, indent) + p.sizeComment(id, t)
	default:
		return fmt.Sprintf("/* %s %q */", t.Kind, t.Name)
	}
}

func (p *printer) keyword(t *btf.Type) string {
	switch {
	case t.Kind == btf.KindUnion, t.Kind == btf.KindFwd && t.Flag:
		return "union"
	case isEnum(t):
		return "enum"
	default:
		return "struct"
	}
}
