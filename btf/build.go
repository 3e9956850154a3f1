package btf

import "slices"

// Add appends a type and returns its id. It copies the slices of t, and puts the names into the string table.
// The type may refer to ids that are added later; nothing is checked before [Spec.Encode].
func (s *Spec) Add(t Type) ID {
	if recs := t.records(); recs != nil {
		*recs = slices.Clone(*recs)
	}
	s.types = append(s.types, t)
	id := len(s.types) - 1
	s.types[id].parts(func(p part) string {
		if p.name != nil {
			*p.name, *p.nameOff = s.strs.intern(*p.name)
		}
		return ""
	})
	return ID(id)
}

// Rename gives another name to the type of an id, which exists. A name ends before its first NUL.
func (s *Spec) Rename(id ID, name string) {
	t := &s.types[id]
	t.Name, t.nameOff = s.strs.intern(name)
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

// Clone returns a copy that shares nothing that can be changed.
func (s *Spec) Clone() *Spec {
	n := 0
	for i := range s.types {
		n += s.types[i].vlen()
	}
	slab := make([]Record, n)
	c := s.fork()
	c.types = slices.Clone(s.types)
	for i := range c.types {
		if recs := c.types[i].records(); recs != nil {
			from := *recs
			c.types[i].setVlen(len(from), &slab)
			copy(*recs, from)
		}
	}
	return c
}

// fork returns a Spec with the same types, to which some may be added that s does not get.
func (s *Spec) fork() *Spec {
	f := *s
	f.types, f.strs.added = slices.Clip(s.types), slices.Clip(s.strs.added)
	return &f
}
