package btf

import (
	"encoding/binary"
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

// tailLen is the size of what follows struct btf_type. It does not overflow: vlen has at most 24 bits.
func tailLen(k Kind, vlen int) int {
	return int(kinds[k].fixed) + int(kinds[k].each)*vlen
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
