package elf

import (
	"fmt"
	"strings"
)

// SectionType is sh_type.
type SectionType uint32

// The section types that a BPF object can hold.
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
)

func (t SectionType) known() bool {
	switch t {
	case SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_NOBITS, SHT_REL, SHT_LLVM_ADDRSIG:
		return true
	}
	return false
}

// String returns the name in elf.h or LLVM's BinaryFormat/ELF.h, also of types
// that are refused, or the number.
func (t SectionType) String() string {
	switch t {
	case SHT_NULL:
		return "SHT_NULL"
	case SHT_PROGBITS:
		return "SHT_PROGBITS"
	case SHT_SYMTAB:
		return "SHT_SYMTAB"
	case SHT_STRTAB:
		return "SHT_STRTAB"
	case SHT_NOBITS:
		return "SHT_NOBITS"
	case SHT_REL:
		return "SHT_REL"
	case SHT_LLVM_ADDRSIG:
		return "SHT_LLVM_ADDRSIG"
	}
	if name := t.refusedName(); name != "" {
		return name
	}
	return fmt.Sprintf("SHT_%#x", uint32(t))
}

// refusedName names the types of relocatable files for other machines, and of
// linked files. A BPF object of C++ sources may hold SHT_GROUP and
// SHT_INIT_ARRAY; no loader knows what to do with either.
func (t SectionType) refusedName() string {
	switch t {
	case 4:
		return "SHT_RELA"
	case 5:
		return "SHT_HASH"
	case 6:
		return "SHT_DYNAMIC"
	case 7:
		return "SHT_NOTE"
	case 10:
		return "SHT_SHLIB"
	case 11:
		return "SHT_DYNSYM"
	case 14:
		return "SHT_INIT_ARRAY"
	case 15:
		return "SHT_FINI_ARRAY"
	case 16:
		return "SHT_PREINIT_ARRAY"
	case 17:
		return "SHT_GROUP"
	case 18:
		return "SHT_SYMTAB_SHNDX"
	case 19:
		return "SHT_RELR"
	}
	return ""
}

// SectionFlags is sh_flags.
type SectionFlags uint64

// The section flags that a BPF object can hold.
const (
	SHF_WRITE      SectionFlags = 1 << 0
	SHF_ALLOC      SectionFlags = 1 << 1
	SHF_EXECINSTR  SectionFlags = 1 << 2 // holds BPF instructions
	SHF_MERGE      SectionFlags = 1 << 4
	SHF_STRINGS    SectionFlags = 1 << 5
	SHF_INFO_LINK  SectionFlags = 1 << 6 // sh_info is a section header index
	SHF_GNU_RETAIN SectionFlags = 1 << 21
	SHF_EXCLUDE    SectionFlags = 1 << 31
)

const knownFlags = SHF_WRITE | SHF_ALLOC | SHF_EXECINSTR | SHF_MERGE | SHF_STRINGS |
	SHF_INFO_LINK | SHF_GNU_RETAIN | SHF_EXCLUDE

// flagNames is in the order of the bits. It includes flags that are refused,
// so that the refusal can name them.
var flagNames = [...]struct {
	flag SectionFlags
	name string
}{
	{SHF_WRITE, "SHF_WRITE"},
	{SHF_ALLOC, "SHF_ALLOC"},
	{SHF_EXECINSTR, "SHF_EXECINSTR"},
	{SHF_MERGE, "SHF_MERGE"},
	{SHF_STRINGS, "SHF_STRINGS"},
	{SHF_INFO_LINK, "SHF_INFO_LINK"},
	{1 << 7, "SHF_LINK_ORDER"},
	{1 << 8, "SHF_OS_NONCONFORMING"},
	{1 << 9, "SHF_GROUP"},
	{1 << 10, "SHF_TLS"},
	{1 << 11, "SHF_COMPRESSED"},
	{SHF_GNU_RETAIN, "SHF_GNU_RETAIN"},
	{SHF_EXCLUDE, "SHF_EXCLUDE"},
}

// String returns the names in elf.h, joined by "|", and what has no name as
// one hexadecimal number; "0" for no flag.
func (f SectionFlags) String() string {
	if f == 0 {
		return "0"
	}
	var names []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			names = append(names, n.name)
			f &^= n.flag
		}
	}
	if f != 0 {
		names = append(names, fmt.Sprintf("%#x", uint64(f)))
	}
	return strings.Join(names, "|")
}
