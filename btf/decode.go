package btf

import "fmt"

// Decode decodes and validates a .BTF section, in the byte order that its magic number shows. It takes what clang
// writes and what the kernel exports, and is strict: [Spec.Encode] gives the same bytes back. It copies what it keeps of b.
// The error is an [*Error].
func Decode(b []byte) (*Spec, error) {
	h, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	s := h.spec()
	if err = s.decode(&h); err == nil {
		err = s.validate()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// spec returns a Spec that has the strings and no types.
func (h *header) spec() *Spec {
	return &Spec{big: h.big, hdrLen: h.hdrLen, strs: stringTable(h.strings)}
}

// decode walks the types twice: once to count, so that memory is taken only for what is there, once to read.
func (s *Spec) decode(h *header) *Error {
	offsets, members, err := h.index()
	if err != nil {
		return err
	}
	s.types = make([]Type, len(offsets))
	slab := make([]Member, members)
	for id := 1; id < len(s.types); id++ {
		t := &s.types[id]
		if what := s.read(h, int(offsets[id]), t, slab); what != "" {
			return s.fault(ID(id), ErrMalformed, what)
		}
		slab = slab[len(t.Members):]
	}
	return nil
}

// read reads the type at an offset, which lies in the section. Its members are the first of a slab: the allocation of all types'
// members is one. It refuses what a Type cannot hold: everything else is left to validate.
func (s *Spec) read(h *header, off int, t *Type, slab []Member) (what string) {
	info, third := h.word(off+4), h.word(off+8)
	t.nameOff, t.Kind, t.Flag = h.word(off), infoKind(info), info&flagBit != 0
	if t.Name, what = s.strs.name(t.nameOff); what != "" {
		return what
	}
	switch {
	case t.nameOff != 0 && nameless.has(t.Kind):
		return fmt.Sprintf("name at string offset 0x%x, want none", t.nameOff)
	case sized.has(t.Kind):
		t.Size = third
	case t.Kind != KindArray && t.Kind != KindFwd:
		t.Type = ID(third)
	case third != 0:
		return fmt.Sprintf("size 0x%x, want 0", third)
	}
	off += typeLen
	switch t.Kind {
	case KindInt:
		data := h.word(off) // BTF_INT_ENCODING, BTF_INT_OFFSET and BTF_INT_BITS
		t.Encoding, t.BitOffset, t.Bits = IntEncoding(data>>24), uint8(data>>16), uint8(data)
		if data&intUnused != 0 {
			return fmt.Sprintf("int data 0x%x has unused bits set", data)
		}
	case KindArray:
		t.Type, t.Index, t.Count = ID(h.word(off)), ID(h.word(off+4)), h.word(off+8)
	case KindFunc:
		t.Linkage = uint32(infoVlen(info))
	case KindVar:
		t.Linkage = h.word(off)
	case KindDeclTag:
		t.Component = int32(h.word(off))
	}
	if n := infoVlen(info); n > 0 && t.Kind != KindFunc {
		// Capped, so that appending to these members does not write into the next type's.
		t.Members = slab[:n:n]
	}
	for i := range t.Members {
		m := &t.Members[i]
		h.member(t, off+i*int(kinds[t.Kind].each), m)
		if m.Name, what = s.strs.name(m.nameOff); what != "" {
			return t.place(i, what)
		}
	}
	return ""
}

// member reads the member at an offset, but for its name.
func (h *header) member(t *Type, off int, m *Member) {
	first, second := h.word(off), h.word(off+4)
	switch t.Kind {
	case KindStruct, KindUnion:
		m.nameOff, m.Type, m.BitOffset = first, ID(second), h.word(off+8)
		if t.Flag {
			m.BitOffset, m.BitSize = m.BitOffset&bitOffsetMax, uint8(m.BitOffset>>24)
		}
	case KindEnum:
		m.nameOff, m.Value = first, uint64(second)
		if t.Flag {
			m.Value = uint64(int32(second))
		}
	case KindEnum64: // val_lo32 comes first in either byte order
		m.nameOff, m.Value = first, uint64(h.word(off+8))<<32|uint64(second)
	case KindFuncProto:
		m.nameOff, m.Type = first, ID(second)
	case KindDataSec:
		m.Type, m.Offset, m.Size = ID(first), second, h.word(off+8)
	}
}
