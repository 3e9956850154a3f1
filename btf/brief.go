package btf

import (
	"cmp"
	"fmt"
	"strings"
)

// brief returns a type as in a C declaration without a name, on one line: "struct user_data *", "struct { ... }". What is
// nearest to the name in C is said first by BTF, so the text grows from there; parameters of functions are left out.
func (s *Spec) brief(id ID) string {
	text := ""
	for range maxDepth + 1 {
		t := s.Type(id)
		if t == nil {
			return fmt.Sprintf("type id %d", id)
		}
		switch t.Kind {
		case KindPtr:
			text = "*" + text
		case KindConst, KindVolatile, KindRestrict:
			text = strings.TrimSpace(strings.ToLower(t.Kind.String()) + " " + text)
		case KindTypeTag:
			text = fmt.Sprintf("__attribute__((btf_type_tag(%q))) %s", t.Name, text)
		case KindArray, KindFuncProto:
			if strings.HasPrefix(text, "*") {
				text = "(" + text + ")" // a pointer to an array, not an array of pointers
			}
			if t.Kind == KindArray {
				text += fmt.Sprintf("[%d]", t.Count)
			} else {
				text += "()"
			}
		default:
			return strings.TrimSpace(t.cName() + " " + text)
		}
		id = t.Type
	}
	return "/* ... */ " + text
}

// cName returns how C refers to a type that has no other behind it.
func (t *Type) cName() string {
	keyword := strings.ToLower(t.Kind.String())
	switch t.Kind {
	case KindVoid:
		return "void"
	case KindInt, KindFloat, KindTypedef:
		return t.Name
	case KindStruct, KindUnion, KindEnum:
	case KindEnum64:
		keyword = "enum"
	case KindFwd:
		keyword = "struct"
		if t.Flag {
			keyword = "union"
		}
	default:
		return fmt.Sprintf("/* %s %q */", t.Kind, t.Name)
	}
	return keyword + " " + cmp.Or(t.Name, "{ ... }")
}
