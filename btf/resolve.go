package btf

import "math"

// Resolve follows typedefs, const, volatile, restrict and type tags to the type behind them. In a Spec that is
// not valid, a chain that does not end gives 0.
func (s *Spec) Resolve(id ID) ID {
	for range maxDepth + 1 {
		t := s.Type(id)
		if t == nil || !modifiers.has(t.Kind) {
			return id
		}
		id = t.Type
	}
	return 0
}

// Size returns the size of a type in bytes, that of the type behind it for typedefs, qualifiers, type tags and
// variables. Pointers have 8. [ErrNoSize] where there is none: void, FWD, FUNC, FUNC_PROTO, DECL_TAG, an id that does not
// exist, an array of 4 GiB or more, which the kernel refuses (btf_array_resolve).
func (s *Spec) Size(id ID) (uint64, error) {
	size, ok := s.size(id)
	switch {
	case ok:
		return size, nil
	case s.Type(id) == nil:
		return 0, faultAt(sectionBTF, NoOffset, ErrNoSize, "type id %d out of range (%d types)", id, len(s.types))
	case id == 0:
		return 0, faultAt(sectionBTF, NoOffset, ErrNoSize, "void has no size")
	}
	return 0, s.fault(id, ErrNoSize, "no size in bytes")
}

func (s *Spec) size(id ID) (size uint64, ok bool) {
	size = 1 // elements, in nested arrays
	for range maxDepth + 2 {
		t := s.Type(id)
		switch {
		case t == nil:
			return 0, false
		case sized.has(t.Kind):
			return fits(size, uint64(t.Size))
		case t.Kind == KindPtr:
			return fits(size, 8)
		case t.Kind == KindArray:
			if size, ok = fits(size, uint64(t.Count)); !ok {
				return 0, false
			}
		case !modifiers.has(t.Kind) && t.Kind != KindVar:
			return 0, false
		}
		id = t.Type
	}
	return 0, false
}

// fits multiplies two numbers below 1<<32, and reports whether the product is one too.
func fits(a, b uint64) (uint64, bool) {
	return a * b, a*b <= math.MaxUint32
}
