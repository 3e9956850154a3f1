package elf

// SectionType is sh_type.
type SectionType uint32

// SectionFlags is sh_flags.
type SectionFlags uint64

// SymbolBind is the upper half of st_info.
type SymbolBind uint8

// SymbolType is the lower half of st_info.
type SymbolType uint8

// SymbolVisibility is the low two bits of st_other; the others are reserved.
type SymbolVisibility uint8

// SectionIndex is st_shndx: the index of a section, or one of the special
// values.
type SectionIndex uint16

// RelocType is the low half of r_info. The calculations that go with each are
// in the kernel's Documentation/bpf/llvm_reloc.rst; S is the value of the
// symbol and A the addend, which is what the field holds before.
type RelocType uint32

// Those of the values that a BPF object can hold which code has to know, with
// their names in elf.h.
const (
	SHT_NULL     SectionType = 0 // only the section header at index 0
	SHT_PROGBITS SectionType = 1
	SHT_SYMTAB   SectionType = 2
	SHT_STRTAB   SectionType = 3
	SHT_NOBITS   SectionType = 8 // .bss
	SHT_REL      SectionType = 9
	// SHT_LLVM_ADDRSIG marks clang's table of address-significant symbols
	// (LLVM's docs/Extensions.rst). Nothing that loads an object needs it.
	SHT_LLVM_ADDRSIG SectionType = 0x6fff4c03

	SHF_WRITE     SectionFlags = 1 << 0
	SHF_ALLOC     SectionFlags = 1 << 1
	SHF_EXECINSTR SectionFlags = 1 << 2 // holds BPF instructions
	SHF_MERGE     SectionFlags = 1 << 4
	// SHF_COMPRESSED is taken where -gz has it: DWARF, which nothing here reads.
	SHF_COMPRESSED SectionFlags = 1 << 11
	// knownFlags are these and SHF_STRINGS, SHF_INFO_LINK, SHF_LINK_ORDER (of
	// clang's .stack_sizes), SHF_GNU_RETAIN and SHF_EXCLUDE.
	knownFlags = SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR | SHF_MERGE | SHF_COMPRESSED | 1<<5 | 1<<6 | 1<<7 | 1<<21 | 1<<31

	STB_LOCAL  SymbolBind = 0
	STB_GLOBAL SymbolBind = 1
	STB_WEAK   SymbolBind = 2

	STT_FUNC SymbolType = 2
	STT_FILE SymbolType = 4 // the last that is known

	STV_INTERNAL  SymbolVisibility = 1
	STV_HIDDEN    SymbolVisibility = 2 // clang writes it for what C calls internal
	STV_PROTECTED SymbolVisibility = 3

	SHN_UNDEF     SectionIndex = 0      // defined elsewhere: a kernel function or variable
	SHN_LORESERVE SectionIndex = 0xff00 // the lowest reserved value
	SHN_ABS       SectionIndex = 0xfff1 // the value is no address
	SHN_COMMON    SectionIndex = 0xfff2 // not allocated yet: the value is an alignment in bytes
	SHN_XINDEX    SectionIndex = 0xffff // refused: the index is elsewhere

	// The relocation types of EM_BPF, as LLVM numbers them since version 13.
	// R_BPF_NONE is refused: nothing writes it.

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

// Reserved reports whether i is no index at all, as SHN_ABS and SHN_COMMON are
// not. SHN_UNDEF is the index of a section header, if an empty one.
func (i SectionIndex) Reserved() bool { return i >= SHN_LORESERVE }
