package btf

import "fmt"

// checkLayout checks offsets and sizes, in a Spec whose references are known to be good.
func (s *Spec) checkLayout(t *Type) string {
	switch t.Kind {
	case KindArray:
		return s.checkArray(t)
	case KindStruct, KindUnion:
		return s.checkMembers(t)
	case KindDataSec:
		return s.checkVars(t)
	}
	return ""
}

// checkArray is btf_array_resolve.
func (s *Spec) checkArray(t *Type) string {
	if index := s.types[s.Resolve(t.Index)].Kind; index != KindInt {
		return fmt.Sprintf("index: type id %d (%s), want INT", t.Index, index)
	}
	size, ok := s.size(t.Type)
	if !ok {
		return fmt.Sprintf("element: type id %d has no size", t.Type)
	}
	if _, ok := fits(size, uint64(t.Count)); !ok {
		return fmt.Sprintf("%d elements of %d bytes are 4 GiB or more", t.Count, size)
	}
	return ""
}

// checkMembers is btf_struct_check_meta and the check_member and check_kflag_member of each kind.
func (s *Spec) checkMembers(t *Type) string {
	var last uint32 // offset of the member before
	for i := range t.Members {
		m := &t.Members[i]
		if what := s.checkMember(t, m, last); what != "" {
			return t.place(i, what)
		}
		last = m.BitOffset
	}
	return ""
}

func (s *Spec) checkMember(t *Type, m *Member, last uint32) string {
	size, ok := s.size(m.Type)
	target := &s.types[s.Resolve(m.Type)]
	width := 8 * size
	old := target.Kind == KindInt && !t.Flag // may be a bit field in the style before kind_flag: the INT has the width
	switch {
	case !ok:
		return fmt.Sprintf("type id %d has no size", m.Type)
	case t.Kind == KindUnion && m.BitOffset != 0:
		return fmt.Sprintf("bit offset %d in a union", m.BitOffset)
	case m.BitOffset < last:
		return fmt.Sprintf("bit offset %d before that of the member before it (%d)", m.BitOffset, last)
	case m.BitSize != 0 && !t.Flag:
		return fmt.Sprintf("bit field of %d bits without kind_flag", m.BitSize)
	case t.Flag && m.BitOffset > bitOffsetMax:
		return fmt.Sprintf("bit offset %d does not fit 24 bits, as kind_flag wants", m.BitOffset)
	case m.BitSize != 0 && target.Kind != KindInt && !enums.has(target.Kind):
		return fmt.Sprintf("bit field of kind %s", target.Kind)
	case uint64(m.BitSize) > width:
		return fmt.Sprintf("bit field of %d bits in a type of %d", m.BitSize, width)
	case m.BitSize != 0:
		width = uint64(m.BitSize)
	case old:
		width = uint64(target.BitOffset) + uint64(target.Bits)
	case m.BitOffset%8 != 0:
		return fmt.Sprintf("bit offset %d is not a whole byte", m.BitOffset)
	}
	if end := uint64(m.BitOffset) + width; end > 8*uint64(t.Size) {
		return fmt.Sprintf("ends at bit %d, past the end (%d bytes)", end, t.Size)
	}
	return ""
}

// checkVars is btf_datasec_check_meta and btf_datasec_resolve. A section of size 0 is as clang writes it: offsets
// are relocations that nobody has applied.
func (s *Spec) checkVars(t *Type) string {
	var last uint64 // end of the entry before
	for i, v := range t.Members {
		size, ok := s.size(v.Type) // a FUNC has none, and neither has an extern that is only declared
		end := uint64(v.Offset) + uint64(v.Size)
		switch {
		case ok && uint64(v.Size) < size:
			return fmt.Sprintf("entry %d: size %d, less than that of type id %d (%d bytes)", i, v.Size, v.Type, size)
		case t.Size == 0:
		case uint64(v.Offset) < last:
			return fmt.Sprintf("entry %d: offset 0x%x, before the end of the entry before it (0x%x)", i, v.Offset, last)
		case end > uint64(t.Size):
			return fmt.Sprintf("entry %d: ends at 0x%x, past the end (0x%x bytes)", i, end, t.Size)
		}
		last = end
	}
	return ""
}
