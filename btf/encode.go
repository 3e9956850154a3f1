package btf

import "fmt"

// wireLen is the size of a type in the section, in bytes.
func (t *Type) wireLen() int {
	if t.Kind > kindMax {
		return typeLen
	}
	return typeLen + tailLen(t.Kind, t.vlen())
}

// vlen is the count of records that follow; for FUNC, the linkage is in its place.
func (t *Type) vlen() int {
	switch t.Kind {
	case KindStruct, KindUnion:
		return len(t.Members)
	case KindEnum, KindEnum64:
		return len(t.Values)
	case KindFuncProto:
		return len(t.Params)
	case KindDataSec:
		return len(t.Vars)
	case KindFunc:
		return int(t.Linkage)
	}
	return 0
}

// Encode validates the types and returns them as a .BTF section, with the string table as it is: names that
// nothing refers to any more stay in it. vlen is written in the 16 bits that every kernel reads; [ErrTooLarge] for more, and for strings
// of more than 16 MiB. The error is an [*Error].
func (s *Spec) Encode() ([]byte, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	types := 0
	for id := 1; id < len(s.types); id++ {
		t := &s.types[id]
		if n := t.vlen(); n > vlenWriteMax {
			return nil, s.fault(ID(id), ErrTooLarge, fmt.Sprintf("vlen %d, want at most %d", n, vlenWriteMax))
		}
		types += t.wireLen()
	}
	if n := s.strs.len(); n > maxStrings {
		return nil, &Error{Section: sectionBTF, Offset: NoOffset, Err: ErrTooLarge, What: fmt.Sprintf("string table of 0x%x bytes, want at most 0x%x", n, maxStrings)}
	}
	w := writer{b: make([]byte, 0, s.hdrLen+types+s.strs.len()), big: s.big}
	w.header(s.hdrLen, types, s.strs.len())
	for i := range s.types[1:] {
		w.typ(&s.types[1+i])
	}
	w.b = append(w.b, s.strs.base...)
	return append(w.b, s.strs.tail...), nil
}

type writer struct {
	b   []byte
	big bool
}

func (w *writer) u32(v uint32) { w.b = append32(w.b, v, w.big) }

func (w *writer) preamble(hdrLen int) {
	if w.big {
		w.b = append(w.b, magic>>8, magic&0xff)
	} else {
		w.b = append(w.b, magic&0xff, magic>>8)
	}
	w.b = append(w.b, version, 0)
	w.u32(uint32(hdrLen))
}

// pad fills a header up to its length.
func (w *writer) pad(hdrLen int) {
	w.b = append(w.b, make([]byte, hdrLen-len(w.b))...)
}

func (w *writer) header(hdrLen, types, strings int) {
	w.preamble(hdrLen)
	w.u32(0)
	w.u32(uint32(types))
	w.u32(uint32(types))
	w.u32(uint32(strings))
	w.pad(hdrLen)
}

func (w *writer) typ(t *Type) {
	info := uint32(t.vlen()) | uint32(t.Kind)<<kindShift
	if t.Flag {
		info |= flagBit
	}
	w.u32(t.nameOff)
	w.u32(info)
	switch {
	case sized.has(t.Kind):
		w.u32(t.Size)
	case t.Kind == KindArray || t.Kind == KindFwd:
		w.u32(0)
	default:
		w.u32(uint32(t.Type))
	}
	w.tail(t)
}

func (w *writer) tail(t *Type) {
	switch t.Kind {
	case KindInt:
		w.u32(uint32(t.Encoding)<<24 | uint32(t.BitOffset)<<16 | uint32(t.Bits))
	case KindArray:
		w.u32(uint32(t.Type))
		w.u32(uint32(t.Index))
		w.u32(t.Count)
	case KindStruct, KindUnion:
		for i := range t.Members {
			m := &t.Members[i]
			w.u32(m.nameOff)
			w.u32(uint32(m.Type))
			w.u32(m.BitOffset | uint32(m.BitSize)<<24)
		}
	case KindEnum, KindEnum64:
		w.values(t)
	case KindFuncProto:
		for i := range t.Params {
			w.u32(t.Params[i].nameOff)
			w.u32(uint32(t.Params[i].Type))
		}
	case KindVar:
		w.u32(t.Linkage)
	case KindDataSec:
		for i := range t.Vars {
			w.u32(uint32(t.Vars[i].Type))
			w.u32(t.Vars[i].Offset)
			w.u32(t.Vars[i].Size)
		}
	case KindDeclTag:
		w.u32(uint32(t.Component))
	}
}

func (w *writer) values(t *Type) {
	for i := range t.Values {
		v := &t.Values[i]
		w.u32(v.nameOff)
		w.u32(uint32(v.Value))
		if t.Kind == KindEnum64 {
			w.u32(uint32(v.Value >> 32))
		}
	}
}
