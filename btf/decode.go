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
	d := decoder{header: h, spec: &Spec{big: h.big, hdrLen: h.hdrLen}}
	d.spec.strs.base = string(h.strings)
	if err := d.decode(); err != nil {
		return nil, err
	}
	if err := d.spec.validate(); err != nil {
		return nil, err
	}
	return d.spec, nil
}

type decoder struct {
	header
	spec  *Spec
	slabs slabs
}

// decode walks the types twice: once to count, so that memory is taken only for what is there, once to read.
func (d *decoder) decode() *Error {
	n, err := d.count()
	if err != nil {
		return err
	}
	d.slabs = n.slabs()
	r := reader{d.types, d.big}
	for id := 1; id < len(d.spec.types); id++ {
		off := len(d.types) - len(r.b)
		t := &d.spec.types[id]
		if what := d.readType(&r, t); what != "" {
			return d.malformed(ID(id), off, what)
		}
	}
	return nil
}

// count checks that every type has a known kind and lies inside the section, and makes room for them.
func (d *decoder) count() (counts, *Error) {
	var n counts
	id := ID(1)
	for off := 0; off < len(d.types); id++ {
		if len(d.types)-off < typeLen {
			return n, d.typeError(id, off, ErrTruncated, fmt.Sprintf("0x%x bytes left, too few for struct btf_type (0x%x bytes)", len(d.types)-off, typeLen))
		}
		info := load32(d.types[off+4:], d.big)
		kind, vlen := infoKind(info), infoVlen(info)
		if kind == KindVoid || kind > kindMax {
			return n, d.typeError(id, off, ErrUnsupported, unknownKind(info))
		}
		if what := n.addKind(kind, vlen); what != "" {
			return n, d.typeError(id, off, ErrMalformed, what)
		}
		off += typeLen
		if tail := tailLen(kind, vlen); tail > len(d.types)-off {
			return n, d.typeError(id, off-typeLen, ErrTruncated, fmt.Sprintf("%s with vlen %d runs past the end of the types (0x%x bytes left, 0x%x needed)", kind, vlen, len(d.types)-off, tail))
		}
		off += tailLen(kind, vlen)
	}
	d.spec.types = make([]Type, id)
	return n, nil
}

// addKind counts the records that follow a type; kinds that none follow have vlen 0, FUNC apart,
// which keeps its linkage there.
func (n *counts) addKind(kind Kind, vlen int) string {
	switch kind {
	case KindStruct, KindUnion:
		n.members += vlen
	case KindEnum, KindEnum64:
		n.values += vlen
	case KindFuncProto:
		n.params += vlen
	case KindDataSec:
		n.vars += vlen
	case KindFunc:
	default:
		if vlen != 0 {
			return fmt.Sprintf("%s with vlen %d, want 0", kind, vlen)
		}
	}
	return ""
}

func (d *decoder) malformed(id ID, off int, what string) *Error {
	t := &d.spec.types[id]
	return &Error{Section: sectionBTF, Type: id, Kind: t.Kind, Name: t.Name, Offset: int64(d.hdrLen + off), Err: ErrMalformed, What: what}
}

// readType reads a type that count has seen. It refuses what a Type cannot hold: everything else is left to validate.
func (d *decoder) readType(r *reader, t *Type) (what string) {
	nameOff, info, word := r.u32(), r.u32(), r.u32()
	t.Kind, t.Flag = infoKind(info), info&flagBit != 0
	if t.Name, t.nameOff, what = d.name(nameOff); what != "" {
		return what
	}
	switch {
	case sized.has(t.Kind):
		t.Size = word
	case t.Kind != KindArray && t.Kind != KindFwd:
		t.Type = ID(word)
	case word != 0:
		return fmt.Sprintf("size 0x%x, want 0", word)
	}
	return d.readTail(r, t, infoVlen(info))
}

func (d *decoder) readTail(r *reader, t *Type, vlen int) string {
	switch t.Kind {
	case KindInt:
		return t.setInt(r.u32())
	case KindArray:
		t.Type, t.Index, t.Count = ID(r.u32()), ID(r.u32()), r.u32()
	case KindStruct, KindUnion:
		return d.readMembers(r, t, vlen)
	case KindEnum, KindEnum64:
		return d.readValues(r, t, vlen)
	case KindFunc:
		t.Linkage = uint32(vlen)
	case KindFuncProto:
		return d.readParams(r, t, vlen)
	case KindVar:
		t.Linkage = r.u32()
	case KindDataSec:
		t.Vars = take(&d.slabs.vars, vlen)
		for i := range t.Vars {
			t.Vars[i] = VarSecinfo{Type: ID(r.u32()), Offset: r.u32(), Size: r.u32()}
		}
	case KindDeclTag:
		t.Component = int32(r.u32())
	}
	return ""
}

// setInt takes apart the word after an INT: BTF_INT_ENCODING, BTF_INT_OFFSET and BTF_INT_BITS. The other bits have no
// meaning, and no room in a Type.
func (t *Type) setInt(word uint32) string {
	if word&intUnused != 0 {
		return fmt.Sprintf("int data 0x%x has unused bits set", word)
	}
	t.Encoding, t.BitOffset, t.Bits = IntEncoding(word>>24), uint8(word>>16), uint8(word)
	return ""
}

func (d *decoder) readMembers(r *reader, t *Type, vlen int) string {
	t.Members = take(&d.slabs.members, vlen)
	for i := range t.Members {
		m := &t.Members[i]
		nameOff, typ, off := r.u32(), r.u32(), r.u32()
		m.Type, m.BitOffset = ID(typ), off
		if t.Flag {
			m.BitOffset, m.BitSize = off&bitOffsetMax, uint8(off>>24)
		}
		var what string
		if m.Name, m.nameOff, what = d.name(nameOff); what != "" {
			return fmt.Sprintf("member %d: %s", i, what)
		}
	}
	return ""
}

func (d *decoder) readValues(r *reader, t *Type, vlen int) string {
	t.Values = take(&d.slabs.values, vlen)
	for i := range t.Values {
		v := &t.Values[i]
		nameOff, low := r.u32(), r.u32()
		switch {
		case t.Kind == KindEnum64:
			v.Value = uint64(r.u32())<<32 | uint64(low) // val_lo32 comes first in either byte order
		case t.Flag:
			v.Value = uint64(int32(low))
		default:
			v.Value = uint64(low)
		}
		var what string
		if v.Name, v.nameOff, what = d.name(nameOff); what != "" {
			return fmt.Sprintf("enumerator %d: %s", i, what)
		}
	}
	return ""
}

func (d *decoder) readParams(r *reader, t *Type, vlen int) string {
	t.Params = take(&d.slabs.params, vlen)
	for i := range t.Params {
		p := &t.Params[i]
		nameOff, typ := r.u32(), r.u32()
		p.Type = ID(typ)
		var what string
		if p.Name, p.nameOff, what = d.name(nameOff); what != "" {
			return fmt.Sprintf("parameter %d: %s", i, what)
		}
	}
	return ""
}

func (d *decoder) name(off uint32) (string, uint32, string) {
	name, what := d.spec.strs.name(off)
	return name, off, what
}
