package elf

import (
	"fmt"
	"strings"
)

// Offsets of the members of Elf64_Shdr (elf.h, gABI figure 4-8).
const (
	shName      = 0
	shType      = 4
	shFlags     = 8
	shAddr      = 16
	shOffset    = 24
	shSize      = 32
	shLink      = 40
	shInfo      = 44
	shAddralign = 48
	shEntsize   = 56

	shdrSize = 64 // sizeof(Elf64_Shdr)
)

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
	// Align is a power of two or 0; 0 and 1 mean no alignment.
	Align uint64
	// EntSize is the size of an entry in bytes, 0 if the section is no table.
	EntSize uint64
	// Link and Info are checked for SHT_SYMTAB and SHT_REL. Those of other
	// types may hold anything.
	Link, Info uint32
	// Data is the section's part of the file. It is nil for SHT_NOBITS.
	Data []byte
	// Relocs is what the SHT_REL section for this one holds, in the order of
	// their offsets. No two patch the same byte.
	Relocs []Reloc

	nameOff uint32 // sh_name
	relBy   int    // index of the SHT_REL section for this one, or 0
}

// String returns the section's index and name, as `section 3 (".maps")`.
func (s *Section) String() string {
	if s.Name == "" {
		return fmt.Sprintf("section %d", s.Index)
	}
	return fmt.Sprintf("section %d (%q)", s.Index, s.Name)
}

// headerPlace names a section header for an error; the section names itself
// for one about its bytes.
type headerPlace struct{ *Section }

func (p headerPlace) String() string {
	return "section header" + strings.TrimPrefix(p.Section.String(), "section")
}

// field is the offset in the file of a member of a section header.
func (p *parser) field(s *Section, member int) uint64 {
	return p.header.shoff + uint64(s.Index)*shdrSize + uint64(member)
}

func (p *parser) parseSections() error {
	h := &p.header
	t, ok := p.table(h.shoff, uint64(h.shnum)*shdrSize, shdrSize)
	if !ok {
		return truncated("e_shoff %#x: the %d section headers run past the end of the file (%#x bytes)",
			h.shoff, h.shnum, len(p.b)).at(eShoff, fileHeader)
	}
	p.file.Sections = make([]Section, h.shnum)
	for i := range p.file.Sections {
		r := t.record(i)
		p.file.Sections[i].decode(i, &r)
	}
	if r := t.record(0); !r.zero() {
		return unsupported("not all zero: extended section numbering").at(r.off, headerPlace{&p.file.Sections[0]})
	}
	if err := p.openNames(); err != nil {
		return err
	}
	for i := range p.file.Sections[1:] {
		r := t.record(1 + i)
		if err := p.checkSection(&p.file.Sections[1+i], &r); err != nil {
			return err
		}
	}
	return nil
}

// decode copies the numbers of a header, of which none is trusted yet.
func (s *Section) decode(index int, r *record) {
	s.Index = index
	s.nameOff = r.u32(shName)
	s.Type = SectionType(r.u32(shType))
	s.Flags = SectionFlags(r.u64(shFlags))
	s.Offset = r.u64(shOffset)
	s.Size = r.u64(shSize)
	s.Link = r.u32(shLink)
	s.Info = r.u32(shInfo)
	s.Align = r.u64(shAddralign)
	s.EntSize = r.u64(shEntsize)
}

// openNames comes before all other checks of sections, so that their errors
// can give names.
func (p *parser) openNames() error {
	s := &p.file.Sections[p.header.shstrndx]
	if s.Type != SHT_STRTAB {
		return malformed("e_shstrndx %d is %v, want SHT_STRTAB", s.Index, s.Type).at(eShstrndx, fileHeader)
	}
	if err := p.readData(s); err != nil {
		return err
	}
	t, err := newStringTable(s.Data)
	if err != nil {
		return err.at(s.Offset, s)
	}
	p.names = t
	return nil
}

// readData sets s.Data.
func (p *parser) readData(s *Section) error {
	b, ok := p.bytes(s.Offset, s.Size)
	if ok {
		s.Data = b
		return nil
	}
	if s.Offset > uint64(len(p.b)) {
		return truncated("sh_offset %#x is past the end of the file (%#x bytes)", s.Offset, len(p.b)).at(p.field(s, shOffset), headerPlace{s})
	}
	return truncated("sh_size %#x at sh_offset %#x runs past the end of the file (%#x bytes)",
		s.Size, s.Offset, len(p.b)).at(p.field(s, shSize), headerPlace{s})
}

func (p *parser) checkSection(s *Section, r *record) error {
	name, err := p.names.name("sh_name", s.nameOff)
	if err != nil {
		return err.at(r.at(shName), headerPlace{s})
	}
	s.Name = name
	if !s.Type.known() {
		return unsupported("sh_type %v", s.Type).at(r.at(shType), headerPlace{s})
	}
	if v := s.Flags &^ knownFlags; v != 0 {
		return unsupported("sh_flags %v", v).at(r.at(shFlags), headerPlace{s})
	}
	if v := r.u64(shAddr); v != 0 {
		return unsupported("sh_addr %#x: sections of a relocatable BPF object have no address", v).at(r.at(shAddr), headerPlace{s})
	}
	if s.Align&(s.Align-1) != 0 {
		return malformed("sh_addralign %#x is not a power of two", s.Align).at(r.at(shAddralign), headerPlace{s})
	}
	if err := checkEntries(s); err != nil {
		return err.at(r.at(shEntsize), headerPlace{s})
	}
	if s.Type == SHT_NOBITS {
		return nil
	}
	if s.Align > 1 && s.Offset%s.Align != 0 {
		return malformed("sh_offset %#x is not a multiple of sh_addralign %#x", s.Offset, s.Align).at(r.at(shOffset), headerPlace{s})
	}
	return p.readData(s)
}

// checkEntries checks that a table holds whole entries.
func checkEntries(s *Section) *Error {
	var want uint64
	switch {
	case s.Type == SHT_SYMTAB:
		want = symSize
	case s.Type == SHT_REL:
		want = relSize
	case s.Flags&SHF_MERGE != 0: // gABI: entries of sh_entsize bytes each
		want = s.EntSize
	default:
		return nil
	}
	if s.EntSize != want || want == 0 {
		return malformed("sh_entsize %d, want %s", s.EntSize, entryRule(want))
	}
	if s.Size%want != 0 {
		return malformed("sh_entsize %d does not divide sh_size %#x", s.EntSize, s.Size)
	}
	return nil
}

func entryRule(want uint64) string {
	if want == 0 {
		return "an entry size with SHF_MERGE"
	}
	return fmt.Sprint(want)
}
