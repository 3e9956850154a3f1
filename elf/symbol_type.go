package elf

import "fmt"

// SymbolBind is the upper half of st_info.
type SymbolBind uint8

// The symbol bindings that a BPF object can hold.
const (
	STB_LOCAL  SymbolBind = 0
	STB_GLOBAL SymbolBind = 1
	STB_WEAK   SymbolBind = 2
)

// String returns the name in elf.h, or the number.
func (b SymbolBind) String() string {
	switch b {
	case STB_LOCAL:
		return "STB_LOCAL"
	case STB_GLOBAL:
		return "STB_GLOBAL"
	case STB_WEAK:
		return "STB_WEAK"
	case 10:
		return "STB_GNU_UNIQUE"
	}
	return fmt.Sprintf("STB_%d", uint8(b))
}

// SymbolType is the lower half of st_info.
type SymbolType uint8

// The symbol types that a BPF object can hold.
const (
	STT_NOTYPE  SymbolType = 0 // also every symbol of SHN_UNDEF that clang writes
	STT_OBJECT  SymbolType = 1
	STT_FUNC    SymbolType = 2
	STT_SECTION SymbolType = 3 // its Name is empty: its section's name stands for it
	STT_FILE    SymbolType = 4
)

// String returns the name in elf.h, or the number.
func (t SymbolType) String() string {
	switch t {
	case STT_NOTYPE:
		return "STT_NOTYPE"
	case STT_OBJECT:
		return "STT_OBJECT"
	case STT_FUNC:
		return "STT_FUNC"
	case STT_SECTION:
		return "STT_SECTION"
	case STT_FILE:
		return "STT_FILE"
	case 5:
		return "STT_COMMON"
	case 6:
		return "STT_TLS"
	case 10:
		return "STT_GNU_IFUNC"
	}
	return fmt.Sprintf("STT_%d", uint8(t))
}

// SymbolVisibility is the low two bits of st_other; the others are reserved.
type SymbolVisibility uint8

// All visibilities. clang writes STV_HIDDEN for what C calls internal.
const (
	STV_DEFAULT   SymbolVisibility = 0
	STV_INTERNAL  SymbolVisibility = 1
	STV_HIDDEN    SymbolVisibility = 2
	STV_PROTECTED SymbolVisibility = 3
)

// String returns the name in elf.h, or the number.
func (v SymbolVisibility) String() string {
	switch v {
	case STV_DEFAULT:
		return "STV_DEFAULT"
	case STV_INTERNAL:
		return "STV_INTERNAL"
	case STV_HIDDEN:
		return "STV_HIDDEN"
	case STV_PROTECTED:
		return "STV_PROTECTED"
	}
	return fmt.Sprintf("STV_%d", uint8(v))
}

// SectionIndex is st_shndx: the index of a section, or one of the special
// values below.
type SectionIndex uint16

// Special section indexes. SHN_XINDEX is refused.
const (
	SHN_UNDEF     SectionIndex = 0      // defined elsewhere: a kernel function or variable
	SHN_LORESERVE SectionIndex = 0xff00 // the lowest reserved value
	SHN_ABS       SectionIndex = 0xfff1 // the value is no address
	SHN_COMMON    SectionIndex = 0xfff2 // not allocated yet: the value is an alignment in bytes
	SHN_XINDEX    SectionIndex = 0xffff
)

// Reserved reports whether i is no index at all, as SHN_ABS and SHN_COMMON are
// not. SHN_UNDEF is the index of a section header, if an empty one.
func (i SectionIndex) Reserved() bool { return i >= SHN_LORESERVE }

// String returns the name in elf.h, or the number.
func (i SectionIndex) String() string {
	switch i {
	case SHN_UNDEF:
		return "SHN_UNDEF"
	case SHN_ABS:
		return "SHN_ABS"
	case SHN_COMMON:
		return "SHN_COMMON"
	case SHN_XINDEX:
		return "SHN_XINDEX"
	}
	if i.Reserved() {
		return fmt.Sprintf("SHN_%#x", uint16(i))
	}
	return fmt.Sprint(uint16(i))
}
