package elf

import "strings"

// Section is an Elf64_Shdr with what it describes.
type Section struct {
	// Index is the section header index.
	Index int
	// Name may be empty, and need not be unique.
	Name  string
	Type  SectionType
	Flags SectionFlags
	// Offset and Size are in bytes. Those of an SHT_NOBITS section are claims
	// that no byte of the file backs.
	Offset, Size uint64
	// Align is a power of two or 0; 0 and 1 mean no alignment. EntSize is the
	// size of an entry in bytes, 0 if the section is no table.
	Align, EntSize uint64
	// Link and Info are checked for SHT_SYMTAB and SHT_REL. Those of other
	// types may hold anything.
	Link, Info uint32
	// Data is the section's part of the file. It is nil for SHT_NOBITS.
	Data []byte
	// Relocs is what the SHT_REL section for this one holds, in the order of
	// their offsets. No two patch the same byte. Those of a section with
	// SHF_COMPRESSED, which are for what comes out of it, are left out.
	Relocs []Reloc

	relBy int // index of the SHT_REL section for this one, or 0
}

// String returns the section's index and name, as `section 3 (".maps")`.
func (s *Section) String() string { return s.contents().where() }

// contents stands for the section's bytes in an error about them.
func (s *Section) contents() *record {
	return &record{kind: "section", index: s.Index, name: s.Name, off: s.Offset}
}

// header returns the section's header, with its name as far as it is known.
func (f *File) header(s *Section) *record {
	r := f.record("section header", f.shoff, s.Index, shdrSize)
	r.name = s.Name
	return r
}

// parseSections decodes all headers first, and opens the table of names before
// other checks, so that their errors can give names.
func (f *File) parseSections() {
	for i := range f.Sections {
		s, r := &f.Sections[i], f.record("section header", f.shoff, i, shdrSize)
		s.Index, s.Type, s.Flags = i, SectionType(r.u32(shType)), SectionFlags(r.u64(shFlags))
		s.Offset, s.Size, s.Link, s.Info = r.u64(shOffset), r.u64(shSize), r.u32(shLink), r.u32(shInfo)
		s.Align, s.EntSize = r.u64(shAddralign), r.u64(shEntsize)
	}
	null := f.header(&f.Sections[0])
	want[any](null, null.zero(), ErrUnsupported, 0, "not all zero: extended section numbering")
	names := &f.Sections[f.shstrndx]
	want(f.header(names), names.Type == SHT_STRTAB, ErrMalformed, shType,
		"sh_type %v of the section names (e_shstrndx), want SHT_STRTAB", names.Type)
	f.readData(names)
	f.names = names.stringTable()
	for i := range f.Sections[1:] {
		f.checkSection(&f.Sections[1+i])
	}
}

func (f *File) checkSection(s *Section) {
	r := f.header(s)
	s.Name = f.names.name(r, shName, "sh_name")
	r.name = s.Name
	var entry uint64 // sh_entsize of a table
	switch s.Type {
	case SHT_SYMTAB:
		if f.symtab != nil { // gABI: an object file may have only one
			r.refuse(ErrUnsupported, shType, "second SHT_SYMTAB, after section %d", f.symtab.Index)
		}
		f.symtab, entry = s, symSize
	case SHT_REL:
		entry = relSize
		f.relocs += s.Size / relSize
	case SHT_PROGBITS, SHT_STRTAB, SHT_NOBITS, SHT_LLVM_ADDRSIG:
		if s.Flags&SHF_MERGE != 0 {
			entry = s.EntSize
		}
	default:
		r.refuse(ErrUnsupported, shType, "sh_type %v", s.Type)
	}
	unknown, addr, align, size := s.Flags&^knownFlags, r.u64(shAddr), s.Align, s.EntSize
	if !strings.HasPrefix(s.Name, ".debug_") {
		unknown |= s.Flags & SHF_COMPRESSED
	}
	want(r, unknown == 0, ErrUnsupported, shFlags, "sh_flags %v", unknown)
	want(r, addr == 0, ErrUnsupported, shAddr, "sh_addr %#x: sections of a relocatable file have no address", addr)
	want(r, align&(align-1) == 0, ErrMalformed, shAddralign, "sh_addralign %#x is not a power of two", align)
	want(r, s.Flags&SHF_MERGE == 0 || size != 0, ErrMalformed, shEntsize,
		"sh_entsize %d, want an entry size with SHF_MERGE", size)
	want(r, entry == 0 || entry == size, ErrMalformed, shEntsize, "sh_entsize %d, want %d", size, entry)
	want(r, entry == 0 || s.Size%entry == 0, ErrMalformed, shEntsize,
		"sh_entsize %d does not divide sh_size %#x", entry, s.Size)
	if s.Type != SHT_NOBITS {
		// LLVM aligns what is compressed only where it counts, in memory.
		want(r, align <= 1 || s.Offset%align == 0 || s.Flags&SHF_COMPRESSED != 0, ErrMalformed, shOffset,
			"sh_offset %#x is not a multiple of sh_addralign %#x", s.Offset, align)
		f.readData(s)
	}
}

// readData sets s.Data. Both numbers come from the file: their sum, which may
// wrap around, is not formed before.
func (f *File) readData(s *Section) {
	r, off, size, end := f.header(s), s.Offset, s.Size, uint64(len(f.raw))
	want(r, off <= end, ErrTruncated, shOffset, "sh_offset %#x is past the end of the file (%#x bytes)", off, end)
	want(r, size <= end-off, ErrTruncated, shSize,
		"sh_size %#x at sh_offset %#x runs past the end of the file (%#x bytes)", size, off, end)
	s.Data = f.raw[off:][:size:size]
}
