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

// sized are the kinds whose third word is a size; in the others it is a type id, or unused.
const sized kindSet = 1<<KindInt | 1<<KindStruct | 1<<KindUnion | 1<<KindEnum | 1<<KindDataSec | 1<<KindFloat | 1<<KindEnum64

// flagged are the kinds that give kind_flag a meaning.
const flagged kindSet = 1<<KindStruct | 1<<KindUnion | 1<<KindEnum | 1<<KindFwd | 1<<KindDeclTag | 1<<KindTypeTag | 1<<KindEnum64

func infoKind(info uint32) Kind { return Kind(info >> kindShift & kindMask) }
func infoVlen(info uint32) int  { return int(info & vlenMask) }

func unknownKind(info uint32) string {
	return fmt.Sprintf("info 0x%x: unknown kind %d", info, infoKind(info))
}

// isBig reports whether an order puts the high byte first; comparing with binary.BigEndian would miss binary.NativeEndian.
func isBig(order binary.ByteOrder) bool { return order.Uint16([]byte{0, 1}) == 1 }

func byteOrder(big bool) binary.ByteOrder {
	if big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// load32 reads the first 4 bytes of b, which has them.
func load32(b []byte, big bool) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func append32(b []byte, v uint32, big bool) []byte {
	if big {
		v = bits.ReverseBytes32(v)
	}
	return binary.LittleEndian.AppendUint32(b, v)
}

// reader takes 32-bit words off the front of b. Whoever calls u32 has checked that there are that many.
type reader struct {
	b   []byte
	big bool
}

func (r *reader) u32() uint32 {
	v := load32(r.b, r.big)
	r.b = r.b[4:]
	return v
}
