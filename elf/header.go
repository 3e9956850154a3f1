package elf

import "encoding/binary"

const magic = "\x7fELF"

// parseIdent checks what tells how to read the rest. The class comes before
// the length of the header, so that a small 32-bit file is refused for being one.
func (f *File) parseIdent() {
	r, b, n := &record{kind: fileHeader}, f.raw, len(f.raw)
	start := b[:min(n, len(magic))]
	want(r, n != 0, ErrNotELF, 0, "the file is empty: %d bytes", n)
	want(r, string(start) == magic, ErrNotELF, 0, "not an ELF file: it starts with % x, want 7f 45 4c 46", start)
	want(r, n >= eiNIdent, ErrTruncated, 0, "the file is %d bytes long, e_ident 16", n)
	class, data := b[eiClass], b[eiData]
	want(r, class != 1, ErrUnsupported, eiClass, "EI_CLASS %d (ELFCLASS32): a 32-bit file, want ELFCLASS64", class)
	want(r, class == 2, ErrMalformed, eiClass, "EI_CLASS %d, want 2 (ELFCLASS64)", class)
	want(r, data == 1 || data == 2, ErrMalformed, eiData, "EI_DATA %d, want 1 (ELFDATA2LSB) or 2 (ELFDATA2MSB)", data)
	want(r, n >= ehdrSize, ErrTruncated, 0, "the file is %d bytes long, its header 64", n)
	f.ByteOrder = binary.LittleEndian
	if data == 2 {
		f.ByteOrder = binary.BigEndian
	}
}

const noSegments = ": a relocatable file has no program headers"

// parseHeader checks the members of which the accepted values are known. LLVM
// sets ELFOSABI_GNU when a section has SHF_GNU_RETAIN; GNU as sets EF_BPF_CPUVER.
func (f *File) parseHeader() {
	r := f.record(fileHeader, 0, 0, ehdrSize)
	osabi, flags, typ, machine := r.u8(eiOSABI), r.u32(eFlags), r.u16(eType), r.u16(eMachine)
	want(r, r.u8(eiVersion) == 1, ErrUnsupported, eiVersion, "EI_VERSION %d, want 1 (EV_CURRENT)", r.u8(eiVersion))
	want(r, osabi == 0 || osabi == 3, ErrUnsupported, eiOSABI,
		"EI_OSABI %d, want 0 (ELFOSABI_NONE) or 3 (ELFOSABI_GNU)", osabi)
	want(r, r.u8(eiABIVersion) == 0, ErrUnsupported, eiABIVersion, "EI_ABIVERSION %d, want 0", r.u8(eiABIVersion))
	for i := eiPad; i < eiNIdent; i++ {
		want(r, r.u8(i) == 0, ErrUnsupported, i, "e_ident padding byte %#x, want 0", r.u8(i))
	}
	if typ != 1 {
		r.refuse(ErrUnsupported, eType, "e_type %d (%s), want 1 (ET_REL)", typ, nameOf("ET_", uint64(typ)))
	}
	if machine != 247 {
		r.refuse(ErrUnsupported, eMachine, "e_machine %d (%s), want 247 (EM_BPF)", machine, nameOf("EM_", uint64(machine)))
	}
	want(r, r.u32(eVersion) == 1, ErrUnsupported, eVersion, "e_version %d, want 1 (EV_CURRENT)", r.u32(eVersion))
	want(r, r.u64(eEntry) == 0, ErrUnsupported, eEntry, "e_entry %#x: a relocatable file has no entry point", r.u64(eEntry))
	want(r, r.u64(ePhoff) == 0, ErrUnsupported, ePhoff, "e_phoff %#x"+noSegments, r.u64(ePhoff))
	want(r, flags&^0xf == 0, ErrUnsupported, eFlags, "e_flags %#x has bits beside EF_BPF_CPUVER (0xf)", flags)
	want(r, r.u16(eEhsize) == ehdrSize, ErrMalformed, eEhsize, "e_ehsize %d, want 64", r.u16(eEhsize))
	want(r, r.u16(ePhentsize) == 0, ErrUnsupported, ePhentsize, "e_phentsize %d"+noSegments, r.u16(ePhentsize))
	want(r, r.u16(ePhnum) == 0, ErrUnsupported, ePhnum, "e_phnum %d"+noSegments, r.u16(ePhnum))
	want(r, r.u16(eShentsize) == shdrSize, ErrMalformed, eShentsize, "e_shentsize %d, want 64", r.u16(eShentsize))
	f.Flags = flags
}

// findSections checks the members that tell where the section headers are, and
// makes room for as many sections.
func (f *File) findSections() {
	r, size := f.record(fileHeader, 0, 0, ehdrSize), uint64(len(f.raw))
	off, n, names := r.u64(eShoff), r.u16(eShnum), r.u16(eShstrndx)
	want(r, off != 0, ErrMalformed, eShoff, "e_shoff %d: no section header table", off)
	want(r, off >= ehdrSize, ErrMalformed, eShoff, "e_shoff %#x is inside of the file header", off)
	want(r, off%8 == 0, ErrMalformed, eShoff, "e_shoff %#x is not a multiple of 8", off)
	want(r, n != 0, ErrUnsupported, eShnum, "e_shnum %d: extended section numbering", n)
	want(r, n < uint16(SHN_LORESERVE), ErrMalformed, eShnum, "e_shnum %#x is not below SHN_LORESERVE (0xff00)", n)
	want(r, names != 0, ErrMalformed, eShstrndx, "e_shstrndx %d (SHN_UNDEF): sections without names", names)
	want(r, names != 0xffff, ErrUnsupported, eShstrndx, "e_shstrndx %#x (SHN_XINDEX): extended section numbering", names)
	want(r, names < n, ErrMalformed, eShstrndx, "e_shstrndx %d is not one of the %d sections", names, n)
	want(r, off <= size && uint64(n)*shdrSize <= size-off, ErrTruncated, eShoff,
		"e_shoff %#x: the %d section headers run past the end of the file (%#x bytes)", off, uint64(n), size)
	f.shoff, f.shstrndx, f.Sections = off, int(names), make([]Section, n)
}
