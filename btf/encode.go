package btf

import (
	"encoding/binary"
	"fmt"
)

// Encode validates the types and returns them as a .BTF section, with the string table as it is: names that
// nothing refers to any more stay in it. vlen is written in the 16 bits that every kernel reads; [ErrTooLarge] for more, and
// for strings of more than 16 MiB. The error is an [*Error].
func (s *Spec) Encode() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	types, strs := 0, s.strs.len()
	for id := 1; id < len(s.types); id++ {
		t := &s.types[id]
		if n := t.vlen(); n > vlenWriteMax {
			return nil, s.fault(ID(id), ErrTooLarge, fmt.Sprintf("vlen %d, want at most %d", n, vlenWriteMax))
		}
		types += t.wireLen()
	}
	if strs > maxStrings {
		return nil, blobError(sectionBTF, NoOffset, ErrTooLarge, "string table of 0x%x bytes, want at most 0x%x", strs, maxStrings)
	}
	c := coder{b: make([]byte, 0, s.hdrLen+types+strs), big: s.big, write: true}
	c.b = s.ByteOrder().(binary.AppendByteOrder).AppendUint16(c.b, magic)
	c.b = append(c.b, version, 0)
	for _, word := range [...]int{s.hdrLen, 0, types, types, strs} {
		c.swap(uint32(word))
	}
	c.b = append(c.b, make([]byte, s.hdrLen-len(c.b))...) // of a longer header
	for i := range s.types[1:] {
		c.typ(&s.types[1+i], nil)
	}
	c.b = append(c.b, s.strs.base...)
	for _, name := range s.strs.added {
		c.b = append(c.b, name...)
	}
	return c.b, nil
}
