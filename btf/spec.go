package btf

import "encoding/binary"

// Spec holds types in the order of their ids, and the string table that names them. It is made by [Decode], and then
// valid, or by [New] and [Spec.Add], and then valid once [Spec.Encode] takes it. A valid Spec may be read
// by several goroutines at once.
type Spec struct {
	big    bool   // byte order
	hdrLen int    // bytes; headerLen unless decoded from a longer one
	types  []Type // [0] is void
	strs   stringTable
}

// New returns a Spec without types but void, to be encoded in the byte order given.
func New(order binary.ByteOrder) *Spec {
	return &Spec{big: isBig(order), hdrLen: headerLen, types: make([]Type, 1), strs: "\x00"}
}

// ByteOrder returns the byte order that [Spec.Encode] writes: binary.LittleEndian or binary.BigEndian.
func (s *Spec) ByteOrder() binary.ByteOrder {
	if s.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Len returns the number of types, void included: ids are below it.
func (s *Spec) Len() int { return len(s.types) }

// Type returns the type of an id, nil if there is none. No id inside a valid Spec is out of range.
// The pointer is good until the next [Spec.Add].
func (s *Spec) Type(id ID) *Type {
	if uint64(id) >= uint64(len(s.types)) {
		return nil
	}
	return &s.types[id]
}

// Find returns the first type of that kind and name; [ErrNotFound] if there is none.
func (s *Spec) Find(kind Kind, name string) (ID, error) {
	for i := range s.types {
		if t := &s.types[i]; t.Kind == kind && t.Name == name {
			return ID(i), nil
		}
	}
	return 0, &Error{Section: sectionBTF, Kind: kind, Name: name, Offset: NoOffset, Err: ErrNotFound, What: "no such type"}
}

// String returns the string at an offset of the string table; [ErrMalformed] if the table ends before it.
func (s *Spec) String(off uint32) (string, error) {
	text, why := s.strs.at(off)
	if why != "" {
		return "", faultAt(sectionBTF, NoOffset, ErrMalformed, "%s", why)
	}
	return text, nil
}
