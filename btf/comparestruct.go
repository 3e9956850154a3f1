package btf

import (
	"fmt"
	"reflect"
	"slices"
)

// leaf is a member of a C struct, or of an anonymous struct or union in it.
type leaf struct {
	*Member
	offset  uint64 // bits from the start of the outermost struct
	size    uint64 // bits
	inUnion bool   // another member may hold the same bytes
	matched bool   // a Go field has its name
}

// join appends a name to a path of names.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// structs compares a struct with a Go struct. A pair that differs does so again elsewhere.
func (c *comparer) structs(path string, id ID, ct *Type, t reflect.Type) {
	p := pair{id, t}
	if c.alike[p] {
		return
	}
	c.alike[p] = true
	before := len(c.diffs)
	c.sizes(path, id, ct.Size, t)
	leaves := c.leaves(make([]leaf, 0, len(ct.Members)), ct, 0, false)
	fields := goFields(make([]goField, 0, t.NumField()), t, 0, leaves)
	for i := range fields {
		c.field(path, &fields[i], leaves)
	}
	for i := range leaves {
		if l := &leaves[i]; !l.matched && !c.covered(l, fields) {
			c.differ(DiffMissing, join(path, l.Name), c.memberText(l), "")
		}
	}
	c.alike[p] = len(c.diffs) == before
}

// leaves appends the members, those of anonymous structs and unions instead of these.
func (c *comparer) leaves(to []leaf, ct *Type, base uint64, inUnion bool) []leaf {
	inUnion = inUnion || ct.Kind == KindUnion
	for i := range ct.Members {
		if c.budget--; c.budget < 0 {
			break
		}
		m := &ct.Members[i]
		l := leaf{Member: m, offset: base + uint64(m.BitOffset), size: uint64(m.BitSize), inUnion: inUnion}
		mt := c.spec.Type(c.spec.Resolve(m.Type))
		switch {
		case m.Name == "" && m.BitSize == 0 && mt != nil && aggregates.has(mt.Kind):
			to = c.leaves(to, mt, l.offset, inUnion)
			continue
		case m.BitSize == 0:
			bytes, _ := c.spec.size(m.Type) // no size, nothing to cover
			l.size = bytes * 8
		}
		to = append(to, l)
	}
	return to
}

// goFields appends the fields, those of embedded structs instead of these if no member is named like them.
func goFields(to []goField, t reflect.Type, base uintptr, leaves []leaf) []goField {
	for i := range t.NumField() {
		f := fieldAt(t, i)
		f.Offset += base
		if f.Anonymous && f.bad == "" && isGoStruct(f.Type) && find(&f, leaves) == nil {
			to = goFields(to, f.Type, f.Offset, leaves)
		} else {
			to = append(to, f)
		}
	}
	return to
}

// find returns the member that has a field's name: the very name that AddGo would build before one that is the same but for case
// and underscores. It is nil if there is none.
func find(f *goField, leaves []leaf) *leaf {
	i := slices.IndexFunc(leaves, func(l leaf) bool { return l.Name == f.cName })
	if i < 0 && !f.renamed {
		i = slices.IndexFunc(leaves, func(l leaf) bool { return l.Name != "" && sameName(f.Name, l.Name) })
	}
	if i < 0 {
		return nil
	}
	return &leaves[i]
}

// field compares a Go field with the member of its name.
func (c *comparer) field(path string, f *goField, leaves []leaf) {
	l := find(f, leaves)
	switch {
	case f.bad != "":
		c.differ(DiffGoType, join(path, f.cName), "", "field "+f.Name+": "+f.bad)
		return
	case f.blank():
		c.padding(join(path, f.Name), f.Type)
		return
	case l == nil:
		c.differ(DiffExtra, join(path, f.cName), "", fmt.Sprintf("%s %v at offset %d", f.Name, f.Type, f.Offset))
		return
	}
	path = join(path, l.Name)
	switch {
	case l.matched:
		c.differ(DiffAmbiguous, path, c.memberText(l), f.Name+" "+f.Type.String())
	case l.isBitField():
		c.differ(DiffBitField, path, c.memberText(l), f.Type.String())
	default:
		if l.offset/8 != uint64(f.Offset) {
			c.differ(DiffOffset, path, fmt.Sprint(l.offset/8), fmt.Sprint(f.Offset))
		}
		c.value(path, l.Type, f.Type, f.userKptr)
	}
	l.matched = true
}

// padding refuses what has no place in C even where no member is.
func (c *comparer) padding(path string, t reflect.Type) {
	if why := refusal(t, false); why != "" {
		c.differ(DiffGoType, path, "", t.String()+": "+why)
	} else if isGoStruct(t) {
		for i := range t.NumField() {
			c.padding(join(path, t.Field(i).Name), t.Field(i).Type)
		}
	}
}

func (l *leaf) isBitField() bool { return l.BitSize != 0 || l.offset%8 != 0 }

// memberText is for example "int at offset 8" or "__u32:5 at bit 3".
func (c *comparer) memberText(l *leaf) string {
	if l.isBitField() {
		return fmt.Sprintf("%s:%d at bit %d", c.spec.brief(l.Type), l.size, l.offset)
	}
	return fmt.Sprintf("%s at offset %d", c.spec.brief(l.Type), l.offset/8)
}

// covered reports whether blank fields (or, in a union, any fields) hold all bytes of a member. Fields are in
// the order of their offsets.
func (c *comparer) covered(l *leaf, fields []goField) bool {
	if !l.inUnion && c.hasUserKptr(l.Type) {
		return false
	}
	pos, end := l.offset/8, (l.offset+l.size+7)/8
	for i := range fields {
		f := &fields[i]
		start := uint64(f.Offset)
		if end := start + uint64(f.Type.Size()); (f.blank() || l.inUnion) && start <= pos && pos < end {
			pos = end
		}
	}
	return pos >= end
}

// hasUserKptr looks through arrays and nested structs.
func (c *comparer) hasUserKptr(id ID) bool {
	c.budget--
	t := c.spec.Type(c.spec.Resolve(id))
	switch {
	case c.budget < 0 || t == nil:
		return false
	case t.Kind == KindPtr:
		return c.spec.isUserKptr(t)
	case t.Kind == KindArray:
		return c.hasUserKptr(t.Type)
	case t.Kind == KindStruct:
		return slices.ContainsFunc(t.Members, func(m Member) bool { return c.hasUserKptr(m.Type) })
	}
	return false
}
