package btf

import "fmt"

// maxDepth bounds how many types deep a type may be nested, in two senses: by value (structs, arrays and
// modifiers) and without passing a struct (pointers, prototypes, arrays and modifiers). Whoever recurses over a valid
// Spec and stops at structs behind pointers thus needs no bound of its own. The kernel's bound for what it is given is
// 32 (MAX_RESOLVE_DEPTH); its own BTF, which it does not resolve, goes deeper (in the H.323 connection tracking).
const maxDepth = 128

// depths computes the height of each type over the types that it is made of.
type depths struct {
	s       *Spec
	byValue bool
	height  []uint8 // of each id; 0: not known yet
}

const inProgress = 0xff // a height; real ones are at most maxDepth

// checkDepth refuses types that are nested too deeply or contain themselves. It takes time linear in the number of
// references, and recurses maxDepth deep at most.
func (s *Spec) checkDepth() *Error {
	d := depths{s: s, height: make([]uint8, len(s.types))}
	for _, d.byValue = range [...]bool{true, false} {
		clear(d.height)
		for id := range s.types {
			if _, err := d.visit(ID(id), 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// visit returns the height of a type that is the level-th on the way down.
func (d *depths) visit(id ID, level int) (int, *Error) {
	height := int(d.height[id])
	switch {
	case height == inProgress:
		return 0, d.s.fault(id, ErrMalformed, "contains itself")
	case height == 0 && level <= maxDepth:
		d.height[id] = inProgress
		below, err := d.visitParts(&d.s.types[id], level+1)
		if err != nil {
			return 0, err
		}
		height = below + 1
		d.height[id] = uint8(height)
	}
	if level > maxDepth || level+height-1 > maxDepth {
		return 0, d.s.fault(id, ErrMalformed, fmt.Sprintf("nested more than %d types deep", maxDepth))
	}
	return height, nil
}

// visitParts returns the height of the highest part.
func (d *depths) visitParts(t *Type, level int) (height int, err *Error) {
	part := func(id ID) {
		if err == nil {
			var h int
			h, err = d.visit(id, level)
			height = max(height, h)
		}
	}
	switch t.Kind {
	case KindTypedef, KindVolatile, KindConst, KindRestrict, KindTypeTag:
		part(t.Type)
	case KindArray:
		part(t.Type)
		part(t.Index)
	case KindStruct, KindUnion:
		if d.byValue {
			for i := range t.Members {
				part(t.Members[i].Type)
			}
		}
	case KindPtr, KindFuncProto:
		if !d.byValue {
			part(t.Type)
			for i := range t.Params {
				part(t.Params[i].Type)
			}
		}
	}
	return height, err
}
