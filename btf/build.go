package btf

import "slices"

// Add appends a type and returns its id. It copies the members of t. The type may refer to ids that are added later; nothing is
// checked before [Spec.Encode].
func (s *Spec) Add(t Type) ID {
	t.Members = slices.Clone(t.Members)
	s.types = append(s.types, t)
	return ID(len(s.types) - 1)
}

// Retag renames every TYPE_TAG of one name, and returns how many there were.
func (s *Spec) Retag(from, to string) int {
	n := 0
	for i := range s.types {
		if t := &s.types[i]; t.Kind == KindTypeTag && t.Name == from {
			t.Name = to
			n++
		}
	}
	return n
}

// Clone returns a copy that shares nothing that can be changed.
func (s *Spec) Clone() *Spec {
	n := 0
	for i := range s.types {
		n += len(s.types[i].Members)
	}
	slab := make([]Member, n) // one allocation for all
	c := *s
	c.types = slices.Clone(s.types)
	for i := range c.types {
		t := &c.types[i]
		n := copy(slab, t.Members)
		t.Members, slab = slab[:n:n], slab[n:]
	}
	return &c
}
