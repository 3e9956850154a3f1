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
	through kindSet // whose references count
	height  []uint8 // of each id; 0: not known yet
	fault   *Error
}

const inProgress = 0xff // a height; real ones are at most maxDepth

// checkDepth refuses types that are nested too deeply or contain themselves. It takes time linear in the number of
// references, and recurses maxDepth deep at most.
func (s *Spec) checkDepth() *Error {
	const both = modifiers | 1<<KindArray
	d := depths{s: s, height: make([]uint8, len(s.types))}
	for _, d.through = range [...]kindSet{both | aggregates, both | 1<<KindPtr | 1<<KindFuncProto} {
		clear(d.height)
		for id := range s.types {
			if d.visit(ID(id), 1); d.fault != nil {
				return d.fault
			}
		}
	}
	return nil
}

// visit returns the height of a type that is the level-th on the way down.
func (d *depths) visit(id ID, level int) int {
	height := int(d.height[id])
	if t := &d.s.types[id]; height == 0 && level <= maxDepth {
		d.height[id] = inProgress
		if d.through.has(t.Kind) {
			t.refs(func(id *ID) {
				if d.fault == nil {
					height = max(height, d.visit(*id, level+1))
				}
			})
		}
		height++
		d.height[id] = uint8(height)
	}
	switch {
	case d.fault != nil:
	case height == inProgress:
		d.fault = d.s.fault(id, ErrMalformed, "contains itself")
	case level > maxDepth || level+height-1 > maxDepth:
		d.fault = d.s.fault(id, ErrMalformed, fmt.Sprintf("nested more than %d types deep", maxDepth))
	}
	return height
}
