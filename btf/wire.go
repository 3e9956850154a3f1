package btf

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Sizes in bytes and fields of the wire format: include/uapi/linux/btf.h.
const (
	magic        = 0xeb9f     // BTF_MAGIC
	version      = 1          // BTF_VERSION
	preambleLen  = 8          // magic, version, flags and hdr_len, which .BTF and .BTF.ext share
	headerLen    = 24         // sizeof(struct btf_header)
	typeLen      = 12         // sizeof(struct btf_type)
	intUnused    = 0xf000ff00 // of the word that follows an INT
	flagBit      = 1 << 31
	kindShift    = 24
	kindMask     = 0x7f // 7 bits in the headers of Linux 7.x, 5 before; the other two were unused
	vlenMask     = 1<<24 - 1
	vlenWriteMax = 1<<16 - 1 // the 16 bits of headers before Linux 7.x: BTF_MAX_VLEN
	bitOffsetMax = 1<<24 - 1 // BTF_MEMBER_BIT_OFFSET: with kind_flag the upper 8 bits are the size
)

// tailLens gives the bytes that follow struct btf_type: a fixed part, and one for each of vlen.
var tailLens = [kindMax + 1]struct{ fixed, each uint8 }{
	KindInt:       {fixed: 4},
	KindArray:     {fixed: 12}, // struct btf_array
	KindStruct:    {each: 12},  // struct btf_member
	KindUnion:     {each: 12},
	KindEnum:      {each: 8}, // struct btf_enum
	KindFuncProto: {each: 8}, // struct btf_param
	KindVar:       {fixed: 4},
	KindDataSec:   {each: 12}, // struct btf_var_secinfo
	KindDeclTag:   {fixed: 4},
	KindEnum64:    {each: 12}, // struct btf_enum64
}

// tailLen does not overflow: vlen has at most 24 bits.
func tailLen(k Kind, vlen int) int {
	l := tailLens[k]
	return int(l.fixed) + int(l.each)*vlen
}

// wireLen is the size of a type in the section, in bytes.
func (t *Type) wireLen() int {
	if t.Kind > kindMax {
		return typeLen
	}
	return typeLen + tailLen(t.Kind, t.vlen())
}

func infoKind(info uint32) Kind { return Kind(info >> kindShift & kindMask) }
func infoVlen(info uint32) int  { return int(info & vlenMask) }

// isBig reports whether an order puts the high byte first; comparing with binary.BigEndian would miss binary.NativeEndian.
func isBig(order binary.ByteOrder) bool { return order.Uint16([]byte{0, 1}) == 1 }

// load32 reads the first 4 bytes of b, which has them.
func load32(b []byte, big bool) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

// coder reads or writes the 32-bit words that both sections are made of, so that one description of a record does for both
// directions. Writing only reads what is written: a Spec may be encoded by several goroutines.
type coder struct {
	b     []byte // to be read, or written so far
	big   bool
	write bool
}

// swap writes a word, or reads the next one instead. Whoever reads has checked that there is one.
func (c *coder) swap(v uint32) (got uint32, read bool) {
	if c.write {
		if c.big {
			v = bits.ReverseBytes32(v)
		}
		c.b = binary.LittleEndian.AppendUint32(c.b, v)
		return 0, false
	}
	got = load32(c.b, c.big)
	c.b = c.b[4:]
	return got, true
}

func (c *coder) u32(v *uint32) {
	if got, read := c.swap(*v); read {
		*v = got
	}
}

func (c *coder) id(id *ID) { c.u32((*uint32)(id)) }

// typ codes a type. When it is read, its records come from a slab. What is wrong is that a Type has no place for a value.
func (c *coder) typ(t *Type, slab *[]Record) (what string) {
	info := uint32(t.Kind)<<kindShift | uint32(t.vlen())
	if t.Flag {
		info |= flagBit
	}
	c.u32(&t.nameOff)
	if got, read := c.swap(info); read {
		t.Kind, t.Flag = infoKind(got), got&flagBit != 0
		t.setVlen(infoVlen(got), slab)
	}
	switch {
	case sized.has(t.Kind):
		c.u32(&t.Size)
	case t.Kind != KindArray && t.Kind != KindFwd:
		c.id(&t.Type)
	default:
		if size, _ := c.swap(0); size != 0 {
			return fmt.Sprintf("size 0x%x, want 0", size)
		}
	}
	switch t.Kind {
	case KindInt: // BTF_INT_ENCODING, BTF_INT_OFFSET and BTF_INT_BITS
		word, read := c.swap(uint32(t.Encoding)<<24 | uint32(t.BitOffset)<<16 | uint32(t.Bits))
		if read {
			t.Encoding, t.BitOffset, t.Bits = IntEncoding(word>>24), uint8(word>>16), uint8(word)
		}
		if word&intUnused != 0 {
			return fmt.Sprintf("int data 0x%x has unused bits set", word)
		}
	case KindArray:
		c.id(&t.Type)
		c.id(&t.Index)
		c.u32(&t.Count)
	case KindVar:
		c.u32(&t.Linkage)
	case KindDeclTag:
		if component, read := c.swap(uint32(t.Component)); read {
			t.Component = int32(component)
		}
	}
	if recs := t.records(); recs != nil {
		for i := range *recs {
			c.record(t, &(*recs)[i])
		}
	}
	return ""
}

func (c *coder) record(t *Type, r *Record) {
	if t.Kind != KindDataSec {
		c.u32(&r.nameOff)
	}
	if !enums.has(t.Kind) {
		c.id(&r.Type)
	}
	switch t.Kind {
	case KindStruct, KindUnion:
		off, read := c.swap(r.BitOffset | uint32(r.BitSize)<<24)
		switch {
		case read && t.Flag:
			r.BitOffset, r.BitSize = off&bitOffsetMax, uint8(off>>24)
		case read:
			r.BitOffset = off
		}
	case KindEnum:
		low, read := c.swap(uint32(r.Value))
		switch {
		case read && t.Flag:
			r.Value = uint64(int32(low))
		case read:
			r.Value = uint64(low)
		}
	case KindEnum64: // val_lo32 comes first in either byte order
		low, _ := c.swap(uint32(r.Value))
		if high, read := c.swap(uint32(r.Value >> 32)); read {
			r.Value = uint64(high)<<32 | uint64(low)
		}
	case KindDataSec:
		c.u32(&r.Offset)
		c.u32(&r.Size)
	}
}
