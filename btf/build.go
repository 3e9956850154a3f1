package btf

import (
	"slices"
	"strings"
)

// Add appends a type and returns its id. It copies the slices of t, and puts the names into the string table.
// The type may refer to ids that are added later; nothing is checked before [Spec.Validate].
func (s *Spec) Add(t Type) ID {
	t.Name, t.nameOff = s.intern(t.Name)
	t.Members = slices.Clone(t.Members)
	for i := range t.Members {
		m := &t.Members[i]
		m.Name, m.nameOff = s.intern(m.Name)
	}
	t.Values = slices.Clone(t.Values)
	for i := range t.Values {
		v := &t.Values[i]
		v.Name, v.nameOff = s.intern(v.Name)
	}
	t.Params = slices.Clone(t.Params)
	for i := range t.Params {
		p := &t.Params[i]
		p.Name, p.nameOff = s.intern(p.Name)
	}
	t.Vars = slices.Clone(t.Vars)
	s.types = append(s.types, t)
	return ID(len(s.types) - 1)
}

// Rename gives another name to the type of an id, which exists.
func (s *Spec) Rename(id ID, name string) {
	t := &s.types[id]
	t.Name, t.nameOff = s.intern(name)
}

// Retag renames every TYPE_TAG of one name, and returns how many there were.
func (s *Spec) Retag(from, to string) int {
	n := 0
	for i := range s.types {
		if t := &s.types[i]; t.Kind == KindTypeTag && t.Name == from {
			s.Rename(ID(i), to)
			n++
		}
	}
	return n
}

// Intern returns the offset in the string table of a name, which is added if it is not there. The empty name
// is at 0. A name ends before its first NUL.
func (s *Spec) Intern(name string) uint32 {
	_, off := s.intern(name)
	return off
}

func (s *Spec) intern(name string) (string, uint32) {
	name, _, _ = strings.Cut(name, "\x00")
	return name, s.strs.intern(name)
}

// Clone returns a copy that shares nothing that can be changed.
func (s *Spec) Clone() *Spec {
	var n counts
	for i := range s.types {
		n.add(&s.types[i])
	}
	c := &Spec{big: s.big, hdrLen: s.hdrLen, types: slices.Clone(s.types), strs: s.strs.clone()}
	slabs := n.slabs()
	for i := range c.types {
		t := &c.types[i]
		t.Members = fill(&slabs.members, t.Members)
		t.Values = fill(&slabs.values, t.Values)
		t.Params = fill(&slabs.params, t.Params)
		t.Vars = fill(&slabs.vars, t.Vars)
	}
	return c
}

func fill[E any](slab *[]E, from []E) []E {
	to := take(slab, len(from))
	copy(to, from)
	return to
}
