package elf

import "fmt"

// Offsets of the members of Elf64_Rel (elf.h, gABI figure 4-19).
const (
	rOffset = 0
	rInfo   = 8

	relSize = 16 // sizeof(Elf64_Rel)
)

// Reloc is an Elf64_Rel.
type Reloc struct {
	// Offset is in bytes from the start of the section. What the relocation is
	// about lies whole inside of it; for R_BPF_64_64 and R_BPF_64_32 that is the
	// instruction, at a multiple of 8.
	Offset uint64
	Type   RelocType
	// Symbol is an index into Symbols, never 0.
	Symbol int
}

// relocPlace names a relocation for an error.
type relocPlace struct {
	section *Section
	index   int
}

func (r relocPlace) String() string {
	return fmt.Sprintf("%v: relocation %d", r.section, r.index)
}

func (p *parser) parseRelocs() error {
	n := 0 // the sections are disjoint: no more than the file has bytes for
	for i := range p.file.Sections {
		if s := &p.file.Sections[i]; s.Type == SHT_REL {
			n += len(s.Data) / relSize
		}
	}
	relocs := make([]Reloc, 0, n)
	for i := range p.file.Sections {
		s := &p.file.Sections[i]
		if s.Type != SHT_REL {
			continue
		}
		target, err := p.relocTarget(s)
		if err != nil {
			return err
		}
		start := len(relocs)
		if relocs, err = p.appendRelocs(relocs, s, target); err != nil {
			return err
		}
		target.relBy = i
		target.Relocs = relocs[start:len(relocs):len(relocs)]
	}
	return nil
}

// relocTarget checks sh_link and sh_info, which gABI figure 4-14 gives their
// meaning, and returns the section that rel is for.
func (p *parser) relocTarget(rel *Section) (*Section, error) {
	sections := p.file.Sections
	if uint64(rel.Link) >= uint64(len(sections)) || sections[rel.Link].Type != SHT_SYMTAB {
		return nil, malformed("sh_link %d is not the symbol table", rel.Link).at(p.field(rel, shLink), headerPlace{rel})
	}
	if rel.Info == 0 || uint64(rel.Info) >= uint64(len(sections)) {
		return nil, malformed("sh_info %d, the section to relocate, is not one of the %d sections",
			rel.Info, len(sections)).at(p.field(rel, shInfo), headerPlace{rel})
	}
	target := &sections[rel.Info]
	if target.Type != SHT_PROGBITS {
		return nil, unsupported("sh_info %d, the section to relocate, is %v, want SHT_PROGBITS",
			rel.Info, target.Type).at(p.field(rel, shInfo), headerPlace{rel})
	}
	if target.relBy != 0 {
		return nil, unsupported("sh_info %d: section %d holds relocations for the same section",
			rel.Info, target.relBy).at(p.field(rel, shInfo), headerPlace{rel})
	}
	return target, nil
}

func (p *parser) appendRelocs(relocs []Reloc, rel, target *Section) ([]Reloc, error) {
	t, _ := p.table(rel.Offset, rel.Size, relSize) // checkSection has seen to it
	var free uint64                                // end of what the relocation before is about
	for i := range t.len() {
		r := t.record(i)
		info := r.u64(rInfo) // ELF64_R_SYM is the upper half, ELF64_R_TYPE the lower
		x := Reloc{Offset: r.u64(rOffset), Type: RelocType(info)}
		if x.Type.width() == 0 {
			return nil, unsupported("relocation type %v", x.Type).at(r.at(rInfo), relocPlace{rel, i})
		}
		symbol := info >> 32
		if symbol == 0 {
			return nil, unsupported("symbol 0: a relocation to nowhere").at(r.at(rInfo), relocPlace{rel, i})
		}
		if symbol >= uint64(len(p.file.Symbols)) {
			return nil, malformed("symbol %d is not one of the %d symbols", symbol, len(p.file.Symbols)).
				at(r.at(rInfo), relocPlace{rel, i})
		}
		x.Symbol = int(symbol)
		if err := checkPatch(&x, target, free); err != nil {
			return nil, err.at(r.at(rOffset), relocPlace{rel, i})
		}
		free = x.Offset + x.Type.width()
		relocs = append(relocs, x)
	}
	return relocs, nil
}

// checkPatch checks what r_offset points to. The gABI asks for no order, but
// every tool writes one, and one relocation for a field is all that can be
// meant where the addend is in the field.
func checkPatch(x *Reloc, target *Section, free uint64) *Error {
	width := x.Type.width()
	if x.Offset > target.Size || width > target.Size-x.Offset {
		return malformed("%v at r_offset %#x is about %d bytes, and runs past the end of %v (%#x bytes)",
			x.Type, x.Offset, width, target, target.Size)
	}
	if x.Offset < free {
		return unsupported("%v at r_offset %#x is out of order, or overlaps the relocation before, which ends at %#x",
			x.Type, x.Offset, free)
	}
	if !x.Type.insn() {
		return nil
	}
	if target.Flags&SHF_EXECINSTR == 0 { // LLVM before version 13 used these types for data as well
		return unsupported("%v patches an instruction, and %v holds none", x.Type, target)
	}
	if x.Offset%insnSize != 0 {
		return malformed("%v at r_offset %#x is not at an instruction: not a multiple of %d", x.Type, x.Offset, insnSize)
	}
	return nil
}
