package elf

import (
	"fmt"
	"strings"
)

// names has the names in elf.h and in LLVM's BinaryFormat/ELF.h, those too of
// values that are refused: of files and sections for other machines, and of
// linked files. The machines are those that the kernel runs on. A BPF object of
// C++ sources may hold SHT_GROUP and SHT_INIT_ARRAY; no loader knows what to do
// with either.
var names = [...]struct {
	value uint64
	name  string
}{
	{0, "ET_NONE"}, {2, "ET_EXEC"}, {3, "ET_DYN"}, {4, "ET_CORE"},

	{3, "EM_386"}, {8, "EM_MIPS"}, {20, "EM_PPC"}, {21, "EM_PPC64"}, {22, "EM_S390"}, {40, "EM_ARM"},
	{62, "EM_X86_64"}, {183, "EM_AARCH64"}, {243, "EM_RISCV"}, {258, "EM_LOONGARCH"},

	{0, "SHT_NULL"}, {1, "SHT_PROGBITS"}, {2, "SHT_SYMTAB"}, {3, "SHT_STRTAB"}, {4, "SHT_RELA"}, {5, "SHT_HASH"},
	{6, "SHT_DYNAMIC"}, {7, "SHT_NOTE"}, {8, "SHT_NOBITS"}, {9, "SHT_REL"}, {10, "SHT_SHLIB"}, {11, "SHT_DYNSYM"},
	{14, "SHT_INIT_ARRAY"}, {15, "SHT_FINI_ARRAY"}, {16, "SHT_PREINIT_ARRAY"}, {17, "SHT_GROUP"},
	{18, "SHT_SYMTAB_SHNDX"}, {19, "SHT_RELR"}, {0x6fff4c03, "SHT_LLVM_ADDRSIG"},

	{1 << 0, "SHF_WRITE"}, {1 << 1, "SHF_ALLOC"}, {1 << 2, "SHF_EXECINSTR"}, {1 << 4, "SHF_MERGE"},
	{1 << 5, "SHF_STRINGS"}, {1 << 6, "SHF_INFO_LINK"}, {1 << 7, "SHF_LINK_ORDER"}, {1 << 8, "SHF_OS_NONCONFORMING"},
	{1 << 9, "SHF_GROUP"}, {1 << 10, "SHF_TLS"}, {1 << 11, "SHF_COMPRESSED"}, {1 << 21, "SHF_GNU_RETAIN"},
	{1 << 31, "SHF_EXCLUDE"},

	{0, "STB_LOCAL"}, {1, "STB_GLOBAL"}, {2, "STB_WEAK"}, {10, "STB_GNU_UNIQUE"},

	{0, "STT_NOTYPE"}, {1, "STT_OBJECT"}, {2, "STT_FUNC"}, {3, "STT_SECTION"}, {4, "STT_FILE"}, {5, "STT_COMMON"},
	{6, "STT_TLS"}, {10, "STT_GNU_IFUNC"},

	{0, "SHN_UNDEF"}, {0xfff1, "SHN_ABS"}, {0xfff2, "SHN_COMMON"}, {0xffff, "SHN_XINDEX"},

	{0, "R_BPF_NONE"}, {1, "R_BPF_64_64"}, {2, "R_BPF_64_ABS64"}, {3, "R_BPF_64_ABS32"}, {4, "R_BPF_64_NODYLD32"},
	{10, "R_BPF_64_32"},
}

// nameOf returns the name with that prefix, or the prefix and the number.
func nameOf(prefix string, value uint64) string {
	for _, n := range names {
		if n.value == value && strings.HasPrefix(n.name, prefix) {
			return n.name
		}
	}
	return fmt.Sprintf("%s%#x", prefix, value)
}

// String returns the name in elf.h or LLVM's BinaryFormat/ELF.h, also of types
// that are refused, or the number.
func (t SectionType) String() string { return nameOf("SHT_", uint64(t)) }

// String returns the name in elf.h, or the number.
func (b SymbolBind) String() string { return nameOf("STB_", uint64(b)) }

// String returns the name in elf.h, or the number.
func (t SymbolType) String() string { return nameOf("STT_", uint64(t)) }

// String returns the name in elf.h, or the number.
func (i SectionIndex) String() string { return nameOf("SHN_", uint64(i)) }

// String returns the name in LLVM's BinaryFormat/ELFRelocs/BPF.def, or the
// number.
func (t RelocType) String() string { return nameOf("R_BPF_", uint64(t)) }

// String returns the names in elf.h, joined by "|", with the number for a bit
// that has none; "0" for no flag.
func (f SectionFlags) String() string {
	var set []string
	for bit := SectionFlags(1); bit != 0; bit <<= 1 {
		if f&bit != 0 {
			set = append(set, nameOf("SHF_", uint64(bit)))
		}
	}
	if set == nil {
		return "0"
	}
	return strings.Join(set, "|")
}
