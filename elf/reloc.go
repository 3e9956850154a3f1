package elf

// insnSize is sizeof(struct bpf_insn) of linux/bpf.h.
const insnSize = 8

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

// width is the size in bytes of what the relocation is about: the whole of an
// instruction, or the field in data. It is 0 for a type that is not known.
func (t RelocType) width() uint64 {
	switch t {
	case R_BPF_64_64:
		return 2 * insnSize
	case R_BPF_64_32, R_BPF_64_ABS64:
		return 8
	case R_BPF_64_ABS32, R_BPF_64_NODYLD32:
		return 4
	}
	return 0
}

func (f *File) parseRelocs() {
	all := make([]Reloc, f.relocs) // the sections are disjoint: no more than the file has bytes for
	for i := range f.Sections {
		rel := &f.Sections[i]
		if rel.Type != SHT_REL {
			continue
		}
		target, n := f.relocTarget(rel), len(rel.Data)/relSize
		target.relBy = i
		if target.Flags&SHF_COMPRESSED != 0 {
			continue
		}
		target.Relocs, all = all[:n:n], all[n:]
		var free uint64 // end of what the relocation before is about
		for j := range target.Relocs {
			x, r := &target.Relocs[j], f.record("relocation", rel.Offset, j, relSize)
			r.in = rel
			f.parseReloc(x, r, target, free)
			free = x.Offset + x.Type.width()
		}
	}
}

// relocTarget checks sh_link and sh_info, which gABI figure 4-14 gives their
// meaning, and returns the section that rel is for.
func (f *File) relocTarget(rel *Section) *Section {
	r, link, info, n := f.header(rel), rel.Link, rel.Info, uint32(len(f.Sections))
	want(r, f.symtab != nil && link == uint32(f.symtab.Index), ErrMalformed, shLink,
		"sh_link %d is not the symbol table", link)
	want(r, 0 < info && info < n, ErrMalformed, shInfo,
		"sh_info %d, the section to relocate, is not one of the %d sections", info, n)
	target := &f.Sections[info]
	if target.Type != SHT_PROGBITS {
		r.refuse(ErrUnsupported, shInfo, "sh_info %d, the section to relocate, is %v, want SHT_PROGBITS", info, target.Type)
	}
	want(r, target.relBy == 0, ErrUnsupported, shInfo,
		"sh_info %d: section %d holds relocations for the same section", int(info), target.relBy)
	return target
}

// parseReloc decodes a relocation of target, below free in which all bytes have
// theirs. The gABI asks for no order, but every tool writes one, and one
// relocation for a field is all that can be meant where the addend is in the
// field.
func (f *File) parseReloc(x *Reloc, r *record, target *Section, free uint64) {
	off, info := r.u64(rOffset), r.u64(rInfo)
	typ, symbol := RelocType(info), info>>32 // ELF64_R_TYPE and ELF64_R_SYM
	width, insn := typ.width(), typ == R_BPF_64_64 || typ == R_BPF_64_32
	switch {
	case width == 0:
		r.refuse(ErrUnsupported, rInfo, "relocation type %v", typ)
	case symbol == 0:
		r.refuse(ErrUnsupported, rInfo, "symbol 0: a relocation to nowhere")
	case symbol >= uint64(len(f.Symbols)):
		r.refuse(ErrMalformed, rInfo, "symbol %d is not one of the %d symbols", symbol, len(f.Symbols))
	case off > target.Size || width > target.Size-off:
		r.refuse(ErrMalformed, rOffset, "%v at r_offset %#x is about %d bytes, and runs past the end of %v (%#x bytes)",
			typ, off, width, target, target.Size)
	case off < free:
		r.refuse(ErrUnsupported, rOffset,
			"%v at r_offset %#x is out of order, or overlaps the relocation before, which ends at %#x", typ, off, free)
	// LLVM before version 13 used these types for data as well.
	case insn && target.Flags&SHF_EXECINSTR == 0:
		r.refuse(ErrUnsupported, rOffset, "%v patches an instruction, and %v holds none", typ, target)
	case insn && off%insnSize != 0:
		r.refuse(ErrMalformed, rOffset, "%v at r_offset %#x is not at an instruction, a multiple of 8", typ, off)
	}
	*x = Reloc{Offset: off, Type: typ, Symbol: int(symbol)}
}
