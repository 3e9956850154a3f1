package btf

import (
	"reflect"
	"strconv"
)

// leaf is a member of a C struct, or of an anonymous struct or union in it.
type leaf struct {
	member  *Member
	offset  uint64 // bits from the start of the outermost struct
	size    uint64 // bits
	inUnion bool   // another member may hold the same bytes
	matched bool   // a Go field has its name
}

// structs compares a struct with a Go struct, unless that was done or is being done.
func (c *comparer) structs(id ID, ct *Type, t reflect.Type) {
	for _, p := range c.pairs {
		if p.id == id && p.typ == t && !p.differ {
			return
		}
	}
	c.pairs = append(c.pairs, pair{id: id, typ: t})
	at, before := len(c.pairs)-1, len(c.diffs)
	if uint64(ct.Size) != uint64(t.Size()) {
		c.sizes(id, uint64(ct.Size), t)
	}
	c.members(ct, t)
	c.pairs[at].differ = len(c.diffs) != before
}

func (c *comparer) members(ct *Type, t reflect.Type) {
	firstLeaf, firstField := len(c.leaves), len(c.fields)
	c.addLeaves(ct, 0, false)
	leaves := c.leaves[firstLeaf:]
	c.addFields(t, 0, leaves)
	fields := c.fields[firstField:]
	c.match(fields, leaves)
	for i := range leaves {
		if l := &leaves[i]; !l.matched && !c.covered(l, fields) {
			c.push(l.member.Name)
			c.add(DiffMissing, c.memberText(l), "")
			c.pop()
		}
	}
	c.leaves, c.fields = c.leaves[:firstLeaf], c.fields[:firstField]
}

// addLeaves flattens anonymous structs and unions.
func (c *comparer) addLeaves(ct *Type, base uint64, inUnion bool) {
	inUnion = inUnion || ct.Kind == KindUnion
	for i := range ct.Members {
		if c.budget--; c.budget < 0 {
			return
		}
		m := &ct.Members[i]
		offset := base + uint64(m.BitOffset)
		if m.Name == "" && m.BitSize == 0 {
			if mt := c.spec.Type(c.spec.Resolve(m.Type)); mt != nil && (mt.Kind == KindStruct || mt.Kind == KindUnion) {
				c.addLeaves(mt, offset, inUnion)
				continue
			}
		}
		c.leaves = append(c.leaves, leaf{member: m, offset: offset, size: c.bits(m), inUnion: inUnion})
	}
}

func (c *comparer) bits(m *Member) uint64 {
	if m.BitSize != 0 {
		return uint64(m.BitSize)
	}
	size, err := c.spec.Size(m.Type)
	if err != nil {
		return 0 // no size, nothing to cover
	}
	return size * 8
}

// addFields flattens embedded structs that no member is named like.
func (c *comparer) addFields(t reflect.Type, base uint64, leaves []leaf) {
	for i := range t.NumField() {
		f := fieldAt(t, i)
		f.offset += base
		if f.embedded && f.bad == "" && isGoStruct(f.typ) && find(&f, leaves) < 0 {
			c.addFields(f.typ, f.offset, leaves)
			continue
		}
		c.fields = append(c.fields, f)
	}
}

// match compares each Go field with the member of its name.
func (c *comparer) match(fields []goField, leaves []leaf) {
	var buf [64]byte
	for i := range fields {
		f := &fields[i]
		at := -1
		if !f.blank && f.bad == "" {
			at = find(f, leaves)
		}
		if at >= 0 {
			c.push(leaves[at].member.Name)
			c.field(f, &leaves[at])
			c.pop()
			continue
		}
		if f.blank && f.bad == "" {
			continue
		}
		c.push(string(f.appendC(buf[:0])))
		if f.bad != "" {
			c.add(DiffGoType, "", "field "+f.name+": "+f.bad)
		} else {
			c.add(DiffExtra, "", f.name+" "+f.typ.String()+" at offset "+strconv.FormatUint(f.offset, 10))
		}
		c.pop()
	}
}

// find returns the index of the member that has a field's name: the very name that AddGo would build before one that is
// the same but for case and underscores. It is -1 if there is none.
func find(f *goField, leaves []leaf) int {
	var buf [64]byte
	exact := f.appendC(buf[:0])
	same := -1
	for i := range leaves {
		name := leaves[i].member.Name
		if string(exact) == name {
			return i
		}
		if same < 0 && f.cName == "" && name != "" && sameName(f.name, name) {
			same = i
		}
	}
	return same
}

func (c *comparer) field(f *goField, l *leaf) {
	if l.matched {
		c.add(DiffAmbiguous, c.memberText(l), f.name+" "+f.typ.String())
		return
	}
	l.matched = true
	if l.member.BitSize != 0 || l.offset%8 != 0 {
		c.add(DiffBitField, c.memberText(l), f.typ.String())
		return
	}
	if l.offset/8 != f.offset {
		c.add(DiffOffset, strconv.FormatUint(l.offset/8, 10), strconv.FormatUint(f.offset, 10))
	}
	c.value(l.member.Type, f.typ, f.userKptr)
}

// memberText is for example "int at offset 8" or "__u32:5 at bit 3".
func (c *comparer) memberText(l *leaf) string {
	text := c.spec.brief(l.member.Type)
	if l.member.BitSize != 0 || l.offset%8 != 0 {
		return text + ":" + strconv.FormatUint(l.size, 10) + " at bit " + strconv.FormatUint(l.offset, 10)
	}
	return text + " at offset " + strconv.FormatUint(l.offset/8, 10)
}

// covered reports whether blank fields (or, in a union, any fields) hold all bytes of a member. Fields are in
// the order of their offsets.
func (c *comparer) covered(l *leaf, fields []goField) bool {
	if !l.inUnion && c.hasUserKptr(l.member.Type) {
		return false
	}
	pos, end := l.offset/8, (l.offset+l.size+7)/8
	for i := range fields {
		f := &fields[i]
		if (f.blank || l.inUnion) && f.offset <= pos && pos < f.end() {
			pos = f.end()
		}
	}
	return pos >= end
}

// hasUserKptr looks through arrays and nested structs.
func (c *comparer) hasUserKptr(id ID) bool {
	if c.budget--; c.budget < 0 {
		return false
	}
	t := c.spec.Type(c.spec.Resolve(id))
	switch {
	case t == nil:
		return false
	case t.Kind == KindPtr:
		return c.spec.isUserKptr(t)
	case t.Kind == KindArray:
		return c.hasUserKptr(t.Type)
	case t.Kind == KindStruct:
		for i := range t.Members {
			if c.hasUserKptr(t.Members[i].Type) {
				return true
			}
		}
	}
	return false
}
