package elf

import "fmt"

// RelocType is the low half of r_info. The calculations that go with each are
// in the kernel's Documentation/bpf/llvm_reloc.rst; S is the value of the
// symbol and A the addend, which is what the field holds before.
type RelocType uint32

// The relocation types of EM_BPF, as LLVM numbers them since version 13.
// R_BPF_NONE is refused: nothing writes it.
const (
	// R_BPF_64_64 patches the 64-bit immediate of a BPF_LD | BPF_DW | BPF_IMM
	// instruction, 16 bytes long, with S + A.
	R_BPF_64_64 RelocType = 1
	// R_BPF_64_ABS64 patches 8 bytes of data with S + A.
	R_BPF_64_ABS64 RelocType = 2
	// R_BPF_64_ABS32 patches 4 bytes of data with S + A.
	R_BPF_64_ABS32 RelocType = 3
	// R_BPF_64_NODYLD32 is R_BPF_64_ABS32 in .BTF and .BTF.ext, which a dynamic
	// linker leaves alone.
	R_BPF_64_NODYLD32 RelocType = 4
	// R_BPF_64_32 patches the immediate of a call instruction, 8 bytes long,
	// with (S + A) / 8 - 1.
	R_BPF_64_32 RelocType = 10
)

// insnSize is sizeof(struct bpf_insn) of linux/bpf.h.
const insnSize = 8

// width is the size in bytes of what the relocation is about: the whole of an
// instruction, or the field in data. It is 0 for a type that is not known.
func (t RelocType) width() uint64 {
	switch t {
	case R_BPF_64_64:
		return 2 * insnSize
	case R_BPF_64_32:
		return insnSize
	case R_BPF_64_ABS64:
		return 8
	case R_BPF_64_ABS32, R_BPF_64_NODYLD32:
		return 4
	}
	return 0
}

// insn reports whether the relocation patches an instruction.
func (t RelocType) insn() bool { return t == R_BPF_64_64 || t == R_BPF_64_32 }

// String returns the name in LLVM's BinaryFormat/ELFRelocs/BPF.def, or the
// number.
func (t RelocType) String() string {
	switch t {
	case 0:
		return "R_BPF_NONE"
	case R_BPF_64_64:
		return "R_BPF_64_64"
	case R_BPF_64_ABS64:
		return "R_BPF_64_ABS64"
	case R_BPF_64_ABS32:
		return "R_BPF_64_ABS32"
	case R_BPF_64_NODYLD32:
		return "R_BPF_64_NODYLD32"
	case R_BPF_64_32:
		return "R_BPF_64_32"
	}
	return fmt.Sprintf("R_BPF_%d", uint32(t))
}
