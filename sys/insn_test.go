package sys_test

import (
	"encoding/binary"

	"kptr/sys"
)

// insn is a BPF instruction: struct bpf_insn in linux/bpf.h.
type insn struct {
	op, dst, src uint8
	off          int16
	imm          int32
}

// The opcodes that the tests use, by their names in linux/bpf.h and linux/bpf_common.h.
const (
	movK  = 0xb7 // BPF_ALU64|BPF_MOV|BPF_K
	addK  = 0x07 // BPF_ALU64|BPF_ADD|BPF_K
	jltK  = 0xa5 // BPF_JMP|BPF_JLT|BPF_K
	exit0 = 0x95 // BPF_JMP|BPF_EXIT
)

// assemble encodes instructions in the host's byte order; the registers share a byte, the
// destination in its low half on little-endian hosts and in its high half on big-endian ones.
func assemble(prog ...insn) []byte {
	little := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	var b []byte
	for _, i := range prog {
		regs := i.dst<<4 | i.src
		if little {
			regs = i.src<<4 | i.dst
		}
		b = append(b, i.op, regs)
		b = binary.NativeEndian.AppendUint16(b, uint16(i.off))
		b = binary.NativeEndian.AppendUint32(b, uint32(i.imm))
	}
	return b
}

// returnZero loads a program that does nothing.
func returnZero(t sys.ProgType) *sys.ProgLoadAttr {
	return progLoad(t, insn{op: movK}, insn{op: exit0})
}

func progLoad(t sys.ProgType, prog ...insn) *sys.ProgLoadAttr {
	return &sys.ProgLoadAttr{
		ProgType: t,
		InsnCnt:  uint32(len(prog)),
		Insns:    sys.Bytes(assemble(prog...)),
		License:  sys.CString("GPL"),
		ProgName: sys.MakeObjName("test"),
	}
}
