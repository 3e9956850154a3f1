package elf

import (
	"encoding/binary"
	"fmt"
)

// Offsets of the members of Elf64_Ehdr (elf.h, gABI figure 4-3).
const (
	eiClass      = 4
	eiData       = 5
	eiVersion    = 6
	eiOSABI      = 7
	eiABIVersion = 8
	eiPad        = 9
	eiNIdent     = 16 // EI_NIDENT, the size of e_ident

	eType      = 16
	eMachine   = 18
	eVersion   = 20
	eEntry     = 24
	ePhoff     = 32
	eShoff     = 40
	eFlags     = 48
	eEhsize    = 52
	ePhentsize = 54
	ePhnum     = 56
	eShentsize = 58
	eShnum     = 60
	eShstrndx  = 62

	ehdrSize = 64 // sizeof(Elf64_Ehdr)
)

// Values of e_ident and of the header, with their names in elf.h.
const (
	magic = "\x7fELF"

	elfClass32  = 1
	elfClass64  = 2
	elfData2LSB = 1
	elfData2MSB = 2
	evCurrent   = 1

	osabiNone = 0 // ELFOSABI_NONE
	osabiGNU  = 3 // ELFOSABI_GNU: LLVM sets it when a section has SHF_GNU_RETAIN

	etRel = 1   // ET_REL
	emBPF = 247 // EM_BPF

	cpuVer = 0xf // EF_BPF_CPUVER of binutils
)

// header holds what the rest of Parse needs of the Elf64_Ehdr, and what a
// writer would need to reproduce it.
type header struct {
	order    binary.ByteOrder
	osabi    uint8
	flags    uint32
	shoff    uint64
	shnum    int
	shstrndx int
}

const fileHeader = place("file header")

func parseHeader(b []byte) (header, error) {
	h, err := parseIdent(b)
	if err != nil {
		return header{}, err
	}
	if len(b) < ehdrSize {
		return header{}, truncated("the file is %d bytes long, its header %d", len(b), ehdrSize).at(0, fileHeader)
	}
	r := record{b: b[:ehdrSize], order: h.order}
	if err := checkHeader(&r); err != nil {
		return header{}, err
	}
	h.flags = r.u32(eFlags)
	h.shoff = r.u64(eShoff)
	h.shnum = int(r.u16(eShnum))
	h.shstrndx = int(r.u16(eShstrndx))
	return h, checkSectionTable(&r, &h)
}

// parseIdent checks e_ident, which tells how to read the rest. It comes before
// the check of the header's length, so that a small 32-bit file is refused
// for being one.
func parseIdent(b []byte) (header, error) {
	if len(b) == 0 {
		return header{}, notELF("the file is empty").at(0, fileHeader)
	}
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return header{}, notELF("not an ELF file: it starts with % x, want % x", b[:min(len(b), len(magic))], magic).
			at(0, fileHeader)
	}
	if len(b) < eiNIdent {
		return header{}, truncated("the file is %d bytes long, e_ident %d", len(b), eiNIdent).at(0, fileHeader)
	}
	h := header{osabi: b[eiOSABI]}
	switch b[eiClass] {
	case elfClass64:
	case elfClass32:
		return header{}, unsupported("EI_CLASS 1 (ELFCLASS32): a 32-bit file, want ELFCLASS64").at(eiClass, fileHeader)
	default:
		return header{}, malformed("EI_CLASS %d, want 2 (ELFCLASS64)", b[eiClass]).at(eiClass, fileHeader)
	}
	switch b[eiData] {
	case elfData2LSB:
		h.order = binary.LittleEndian
	case elfData2MSB:
		h.order = binary.BigEndian
	default:
		return header{}, malformed("EI_DATA %d, want 1 (ELFDATA2LSB) or 2 (ELFDATA2MSB)", b[eiData]).at(eiData, fileHeader)
	}
	return h, checkIdentTail(b[:eiNIdent])
}

func checkIdentTail(ident []byte) error {
	if v := ident[eiVersion]; v != evCurrent {
		return unsupported("EI_VERSION %d, want 1 (EV_CURRENT)", v).at(eiVersion, fileHeader)
	}
	if v := ident[eiOSABI]; v != osabiNone && v != osabiGNU {
		return unsupported("EI_OSABI %d, want 0 (ELFOSABI_NONE) or 3 (ELFOSABI_GNU)", v).at(eiOSABI, fileHeader)
	}
	if v := ident[eiABIVersion]; v != 0 {
		return unsupported("EI_ABIVERSION %d, want 0", v).at(eiABIVersion, fileHeader)
	}
	for i, v := range ident[eiPad:] {
		if v != 0 {
			return unsupported("e_ident padding byte %#x, want 0", v).at(uint64(eiPad+i), fileHeader)
		}
	}
	return nil
}

// checkHeader checks the members whose only accepted value is known.
func checkHeader(r *record) error {
	if v := r.u16(eType); v != etRel {
		return unsupported("e_type %s, want 1 (ET_REL), a relocatable file", named(uint64(v), fileTypeName(v))).at(eType, fileHeader)
	}
	if v := r.u16(eMachine); v != emBPF {
		return unsupported("e_machine %s, want 247 (EM_BPF)", named(uint64(v), machineName(v))).at(eMachine, fileHeader)
	}
	if v := r.u32(eVersion); v != evCurrent {
		return unsupported("e_version %d, want 1 (EV_CURRENT)", v).at(eVersion, fileHeader)
	}
	if v := r.u64(eEntry); v != 0 {
		return unsupported("e_entry %#x: a relocatable BPF object has no entry point", v).at(eEntry, fileHeader)
	}
	if v := r.u64(ePhoff); v != 0 {
		return unsupported("e_phoff %#x: a relocatable BPF object has no program headers", v).at(ePhoff, fileHeader)
	}
	if v := r.u32(eFlags); v&^cpuVer != 0 {
		return unsupported("e_flags %#x has bits beside EF_BPF_CPUVER (%#x)", v, cpuVer).at(eFlags, fileHeader)
	}
	if v := r.u16(eEhsize); v != ehdrSize {
		return malformed("e_ehsize %d, want %d", v, ehdrSize).at(eEhsize, fileHeader)
	}
	if v := r.u16(ePhentsize); v != 0 {
		return unsupported("e_phentsize %d: a relocatable BPF object has no program headers", v).at(ePhentsize, fileHeader)
	}
	if v := r.u16(ePhnum); v != 0 {
		return unsupported("e_phnum %d: a relocatable BPF object has no program headers", v).at(ePhnum, fileHeader)
	}
	return nil
}

// checkSectionTable checks the members that describe the section header
// table, but for its place: parseSections does that.
func checkSectionTable(r *record, h *header) error {
	if v := r.u16(eShentsize); v != shdrSize {
		return malformed("e_shentsize %d, want %d", v, shdrSize).at(eShentsize, fileHeader)
	}
	switch {
	case h.shoff == 0:
		return malformed("e_shoff 0: no section header table").at(eShoff, fileHeader)
	case h.shoff < ehdrSize:
		return malformed("e_shoff %#x is inside of the file header", h.shoff).at(eShoff, fileHeader)
	case h.shoff%8 != 0:
		return malformed("e_shoff %#x is not a multiple of 8", h.shoff).at(eShoff, fileHeader)
	case h.shnum == 0:
		return unsupported("e_shnum 0: extended section numbering").at(eShnum, fileHeader)
	case h.shnum >= int(SHN_LORESERVE):
		return malformed("e_shnum %#x is not below SHN_LORESERVE (%#x)", h.shnum, uint16(SHN_LORESERVE)).at(eShnum, fileHeader)
	case h.shstrndx == int(SHN_UNDEF):
		return malformed("e_shstrndx 0 (SHN_UNDEF): sections without names").at(eShstrndx, fileHeader)
	case h.shstrndx == int(SHN_XINDEX):
		return unsupported("e_shstrndx 0xffff (SHN_XINDEX): extended section numbering").at(eShstrndx, fileHeader)
	case h.shstrndx >= h.shnum:
		return malformed("e_shstrndx %d is not one of the %d sections", h.shstrndx, h.shnum).at(eShstrndx, fileHeader)
	}
	return nil
}

// named formats a number with its name, if it has one.
func named(v uint64, name string) string {
	if name == "" {
		return fmt.Sprintf("%d", v)
	}
	return fmt.Sprintf("%d (%s)", v, name)
}

// fileTypeName names e_type, gABI figure 4-3.
func fileTypeName(t uint16) string {
	switch t {
	case 0:
		return "ET_NONE"
	case 2:
		return "ET_EXEC"
	case 3:
		return "ET_DYN"
	case 4:
		return "ET_CORE"
	}
	return ""
}

// machineName names the machines that a file given by mistake is likely to be
// for: those that the kernel runs on. The numbers are those of elf.h.
func machineName(m uint16) string {
	switch m {
	case 3:
		return "EM_386"
	case 8:
		return "EM_MIPS"
	case 20:
		return "EM_PPC"
	case 21:
		return "EM_PPC64"
	case 22:
		return "EM_S390"
	case 40:
		return "EM_ARM"
	case 62:
		return "EM_X86_64"
	case 183:
		return "EM_AARCH64"
	case 243:
		return "EM_RISCV"
	case 258:
		return "EM_LOONGARCH"
	}
	return ""
}
