package bpfobj

import (
	"cmp"
	"fmt"
	"slices"

	"kptr/elf"
	"kptr/sys"
)

// A ref is an instruction that Plan has to fill in: it refers to a map or to a
// kernel symbol.
type ref struct {
	insn int // index in ProgramSpec.code
	kind refKind
	to   int // index into Spec.Maps or Spec.ksyms
}

type refKind uint8

const (
	refMap       refKind = iota // ld_imm64 of a map
	refMapValue                 // ld_imm64 of an address inside a map's value: the second imm is the offset
	refKsym                     // ld_imm64 of a kernel symbol's address
	refKfuncCall                // call of a kfunc
)

// A linker puts one program together: the function itself, then each function
// that it reaches, once, in the order in which they are met.
type linker struct {
	spec   *Spec
	funcs  []function
	prog   *ProgramSpec
	placed []placement
	room   *int // instructions that the object's programs may still have
}

// A placement is where a function stands in the program.
type placement struct {
	fn *function
	at int // instruction
}

// maxInsns is BPF_COMPLEXITY_LIMIT_INSNS (include/linux/bpf.h), the most
// instructions that BPF_PROG_LOAD takes.
const maxInsns = 1_000_000

// maxCopies is how often, on average, a function may become part of a program:
// what Parse allocates stays within a multiple of the file.
const maxCopies = 64

func (l *linker) link(main *function) error {
	l.prog.code.order = l.spec.ByteOrder
	if err := l.place(main); err != nil {
		return err
	}
	// placed grows while it is walked.
	for i := 0; i < len(l.placed); i++ {
		if err := l.resolve(l.placed[i]); err != nil {
			return err
		}
	}
	return l.placeInfo()
}

func (l *linker) place(fn *function) error {
	at := l.prog.code.len()
	if at+fn.insns() > maxInsns {
		return l.refuse(fn, 0, fn.name, "program and subprograms have more than %d instructions", maxInsns)
	}
	if *l.room -= fn.insns(); *l.room < 0 {
		return l.refuse(fn, 0, fn.name, "the same subprograms are part of too many programs")
	}
	fn.placed = true
	l.placed = append(l.placed, placement{fn, at})
	data := l.spec.file.Sections[fn.section].Data
	if l.prog.code.b == nil {
		l.prog.code.b = slices.Clone(data[fn.start:fn.end])
	} else {
		l.prog.code.b = append(l.prog.code.b, data[fn.start:fn.end]...)
	}
	return nil
}

// placedAt gives the instruction at which a function stands, placing it if it is
// not there yet.
func (l *linker) placedAt(fn *function) (int, error) {
	for _, p := range l.placed {
		if p.fn == fn {
			return p.at, nil
		}
	}
	at := l.prog.code.len()
	return at, l.place(fn)
}

func (l *linker) refuse(fn *function, off uint64, name, format string, args ...any) error {
	return &FormatError{
		Section: l.spec.file.Sections[fn.section].Name, Offset: fn.start + off, Name: name,
		What: fmt.Sprintf("function %q: ", fn.name) + fmt.Sprintf(format, args...),
	}
}

// resolve applies a placed function's relocations, and aims the calls inside its
// section that need none.
func (l *linker) resolve(p placement) error {
	relocs := l.spec.file.Sections[p.fn.section].Relocs
	next, _ := slices.BinarySearchFunc(relocs, p.fn.start, func(r elf.Reloc, off uint64) int { return cmp.Compare(r.Offset, off) })
	for i := 0; i < p.fn.insns(); i++ {
		off := uint64(i * insnSize)
		at := p.at + i
		var err error
		switch {
		case next < len(relocs) && relocs[next].Offset == p.fn.start+off:
			err = l.relocate(p.fn, at, off, relocs[next])
			next++
		case l.prog.code.isCall(at) && l.prog.code.src(at) == sys.BPF_PSEUDO_CALL:
			target := int64(p.fn.start+off) + (int64(l.prog.code.imm(at))+1)*insnSize
			err = l.call(p.fn, at, off, p.fn.section, target)
		case l.prog.code.src(at) != 0 && (l.prog.code.op(at) == opLdImm64 || l.prog.code.isCall(at)):
			// It would name a file descriptor or an id of whoever loads.
			err = l.refuse(p.fn, off, "", "instruction with src_reg %d has no relocation", l.prog.code.src(at))
		}
		if err != nil {
			return err
		}
		if l.prog.code.op(at) == opLdImm64 {
			i++ // its second half is data
		}
	}
	if next < len(relocs) && relocs[next].Offset < p.fn.end {
		return l.refuse(p.fn, relocs[next].Offset-p.fn.start, l.spec.file.Symbols[relocs[next].Symbol].Name, "relocation does not stand at an instruction that takes one")
	}
	return nil
}

func (l *linker) relocate(fn *function, at int, off uint64, r elf.Reloc) error {
	sym := &l.spec.file.Symbols[r.Symbol]
	c := l.prog.code
	switch {
	case r.Type == elf.R_BPF_64_32 && c.isCall(at):
		if sym.Section == elf.SHN_UNDEF {
			return l.refer(fn, at, off, refKfuncCall, r.Symbol)
		}
		return l.call(fn, at, off, int(sym.Section), int64(sym.Value)+(int64(c.imm(at))+1)*insnSize)
	case r.Type == elf.R_BPF_64_64 && c.op(at) == opLdImm64 && fn.start+off+2*insnSize <= fn.end:
		if sym.Section == elf.SHN_UNDEF {
			return l.refer(fn, at, off, refKsym, r.Symbol)
		}
		return l.address(fn, at, off, sym)
	}
	return l.refuse(fn, off, sym.Name, "relocation %v does not fit instruction with opcode %#x", r.Type, c.op(at))
}

// refer notes a use of a kernel symbol.
func (l *linker) refer(fn *function, at int, off uint64, kind refKind, symbol int) error {
	for i := range l.spec.ksyms {
		if l.spec.ksyms[i].symbol == symbol {
			l.prog.refs = append(l.prog.refs, ref{at, kind, i})
			return nil
		}
	}
	return l.refuse(fn, off, l.spec.file.Symbols[symbol].Name, "relocation against an undefined symbol without a name")
}

// call aims a call at the function that starts at an offset of a section.
func (l *linker) call(fn *function, at int, off uint64, section int, target int64) error {
	to := l.functionAt(section, target)
	if to == nil {
		return l.refuse(fn, off, "", "call of offset %#x of %s, where no function starts", target, l.sectionName(section))
	}
	start, err := l.placedAt(to)
	if err != nil {
		return err
	}
	l.prog.code.setSrc(at, sys.BPF_PSEUDO_CALL)
	l.prog.code.setImm(at, int32(start-at-1))
	return nil
}

func (l *linker) sectionName(i int) string {
	if i >= len(l.spec.file.Sections) {
		return fmt.Sprintf("st_shndx %#x", i)
	}
	return fmt.Sprintf("section %q", l.spec.file.Sections[i].Name)
}

func (l *linker) functionAt(section int, off int64) *function {
	i, ok := slices.BinarySearchFunc(l.funcs, off, func(f function, off int64) int {
		return cmp.Or(cmp.Compare(f.section, section), cmp.Compare(int64(f.start), off))
	})
	if !ok {
		return nil
	}
	return &l.funcs[i]
}

// address resolves an ld_imm64 of something the object defines: a map, a
// variable, or a function to be called back.
func (l *linker) address(fn *function, at int, off uint64, sym *elf.Symbol) error {
	c := l.prog.code
	if int(sym.Section) >= len(l.spec.file.Sections) {
		return l.refuse(fn, off, sym.Name, "relocation against a symbol of no section (st_shndx %#x)", uint16(sym.Section))
	}
	sec := &l.spec.file.Sections[sym.Section]
	addend := uint64(uint32(c.imm(at))) | uint64(uint32(c.imm(at+1)))<<32
	target := sym.Value + addend
	if sec.Flags&elf.SHF_EXECINSTR != 0 {
		to := l.functionAt(int(sym.Section), int64(target))
		if to == nil {
			return l.refuse(fn, off, sym.Name, "address of offset %#x of section %q, where no function starts", target, sec.Name)
		}
		start, err := l.placedAt(to)
		if err != nil {
			return err
		}
		l.prog.code.setSrc(at, sys.BPF_PSEUDO_FUNC)
		l.prog.code.setImm(at, int32(start-at-1))
		l.prog.code.setImm(at+1, 0)
		return nil
	}
	if sec.Name == ".maps" {
		if i := l.spec.mapStarting(target); i >= 0 && sec == l.spec.file.Section(".maps") {
			l.prog.refs = append(l.prog.refs, ref{at, refMap, i})
			return nil
		}
		return l.refuse(fn, off, sym.Name, "address of offset %#x of .maps, where no map starts", target)
	}
	for i := range l.spec.Maps {
		if m := &l.spec.Maps[i]; m.isData() && m.section == sec.Index {
			if target >= uint64(m.ValueSize) {
				return l.refuse(fn, off, sym.Name, "address of offset %#x of section %q, which has %d bytes", target, sec.Name, m.ValueSize)
			}
			c.setImm(at+1, int32(target))
			l.prog.refs = append(l.prog.refs, ref{at, refMapValue, i})
			return nil
		}
	}
	return l.refuse(fn, off, sym.Name, "address of section %q, which is neither .maps, code nor variables", sec.Name)
}
