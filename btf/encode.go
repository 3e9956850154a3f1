package btf

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Encode validates the types and returns them as a .BTF section, with the string table as it was decoded, and behind it the names
// that are new: names that nothing refers to any more stay in it. vlen is written in the 16 bits that every kernel reads;
// [ErrTooLarge] for more, and for strings of more than 16 MiB. The error is an [*Error].
func (s *Spec) Encode() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	size := s.hdrLen + len(s.strs)
	for id := 1; id < len(s.types); id++ {
		t := &s.types[id]
		if n := t.vlen(); n > vlenWriteMax {
			return nil, s.fault(ID(id), ErrTooLarge, fmt.Sprintf("vlen %d, want at most %d", n, vlenWriteMax))
		}
		size += t.wireLen()
	}
	order := s.ByteOrder()
	e := encoder{strs: s.strs, offsets: map[string]uint32{"": 0}, order: order.(binary.AppendByteOrder), b: make([]byte, s.hdrLen, size)}
	for id := 1; id < len(s.types); id++ {
		e.typ(&s.types[id])
	}
	types := len(e.b) - s.hdrLen
	e.b = append(append(e.b, s.strs...), e.added...)
	strs := len(e.b) - s.hdrLen - types
	if strs > maxStrings {
		return nil, faultAt(sectionBTF, NoOffset, ErrTooLarge, "string table of 0x%x bytes, want at most 0x%x", strs, maxStrings)
	}
	order.PutUint16(e.b, magic)
	e.b[2] = version
	for i, word := range [...]int{s.hdrLen, 0, types, types, strs} {
		order.PutUint32(e.b[4+4*i:], uint32(word))
	}
	return e.b, nil
}

// encoder writes types. It does not write into them: a Spec may be encoded by several goroutines.
type encoder struct {
	strs    stringTable
	added   []byte            // names that strs does not have: they follow it
	offsets map[string]uint32 // of the names that are not where they were read
	order   binary.AppendByteOrder
	b       []byte // written so far
}

func (e *encoder) put(words ...uint32) {
	for _, word := range words {
		e.b = e.order.AppendUint32(e.b, word)
	}
}

func (e *encoder) typ(t *Type) {
	info := uint32(t.Kind)<<kindShift | uint32(t.vlen())
	if t.Flag {
		info |= flagBit
	}
	third := uint32(t.Type)
	switch {
	case sized.has(t.Kind):
		third = t.Size
	case t.Kind == KindArray || t.Kind == KindFwd:
		third = 0
	}
	e.put(e.offset(t.Name, t.nameOff), info, third)
	switch t.Kind {
	case KindInt: // BTF_INT_ENCODING, BTF_INT_OFFSET and BTF_INT_BITS
		e.put(uint32(t.Encoding)<<24 | uint32(t.BitOffset)<<16 | uint32(t.Bits))
	case KindArray:
		e.put(uint32(t.Type), uint32(t.Index), t.Count)
	case KindVar:
		e.put(t.Linkage)
	case KindDeclTag:
		e.put(uint32(t.Component))
	}
	for i := range t.Members {
		e.member(t.Kind, &t.Members[i])
	}
}

func (e *encoder) member(kind Kind, m *Member) {
	if kind != KindDataSec {
		e.put(e.offset(m.Name, m.nameOff))
	}
	switch kind {
	case KindStruct, KindUnion:
		e.put(uint32(m.Type), uint32(m.BitSize)<<24|m.BitOffset)
	case KindEnum:
		e.put(uint32(m.Value))
	case KindEnum64:
		e.put(uint32(m.Value), uint32(m.Value>>32))
	case KindFuncProto:
		e.put(uint32(m.Type))
	case KindDataSec:
		e.put(uint32(m.Type), m.Offset, m.Size)
	}
}

// offset returns where a name is: where it was read, if it is still the same, else wherever the table has it whole, else behind the
// table. That is searched instead of indexed, once for a name: a loader adds a name or two to some kilobytes.
func (e *encoder) offset(name string, readAt uint32) uint32 {
	if text, why := e.strs.at(readAt); why == "" && text == name {
		return readAt
	}
	off, ok := e.offsets[name]
	if !ok {
		off = uint32(strings.Index(string(e.strs), "\x00"+name+"\x00") + 1)
		if off == 0 {
			off = uint32(len(e.strs) + len(e.added))
			e.added = append(append(e.added, name...), 0)
		}
		e.offsets[name] = off
	}
	return off
}
