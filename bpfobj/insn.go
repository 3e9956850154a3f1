package bpfobj

import "encoding/binary"

// insnSize is the size in bytes of struct bpf_insn (include/uapi/linux/bpf.h):
// u8 code; u8 dst_reg:4, src_reg:4; s16 off; s32 imm.
const insnSize = 8

// Opcodes that a relocation may patch, from include/uapi/linux/bpf_common.h and
// bpf.h: BPF_LD|BPF_IMM|BPF_DW and BPF_JMP|BPF_CALL.
const (
	opLdImm64 = 0x18
	opCall    = 0x85
)

// A code is a run of instructions in one byte order.
type code struct {
	b     []byte
	order binary.ByteOrder
}

func (c code) len() int          { return len(c.b) / insnSize }
func (c code) op(i int) byte     { return c.b[i*insnSize] }
func (c code) imm(i int) int32   { return int32(c.order.Uint32(c.b[i*insnSize+4:])) }
func (c code) isCall(i int) bool { return c.op(i) == opCall }

func (c code) setImm(i int, v int32) { c.order.PutUint32(c.b[i*insnSize+4:], uint32(v)) }

// srcShift is where src_reg stands in its byte. A C bit field starts at the least significant bit on little-endian hosts and at the
// most significant on big-endian ones.
func (c code) srcShift() int {
	if c.order == binary.ByteOrder(binary.BigEndian) {
		return 0
	}
	return 4
}

func (c code) src(i int) byte { return c.b[i*insnSize+1] >> c.srcShift() & 0xf }

func (c code) setSrc(i int, src byte) {
	regs := &c.b[i*insnSize+1]
	*regs = *regs&^(0xf<<c.srcShift()) | src<<c.srcShift()
}
