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
	insn int  // index in ProgramSpec.code
	src  byte // what it will say: BPF_PSEUDO_MAP_IDX, BPF_PSEUDO_MAP_IDX_VALUE, BPF_PSEUDO_BTF_ID or BPF_PSEUDO_KFUNC_CALL
	to   int  // index into Spec.Maps or Spec.ksyms
}

// A linker puts programs together, one after the other: the function itself, then each function
// that it reaches, once, in the order in which they are met.
type linker struct {
	*Spec
	funcs []function
	room  int // bytes that the object's programs may still have

	// Of the program at hand, the len(Spec.Programs)+1st:
	code
	refs   []ref
	placed []*function
}

// maxInsns is BPF_COMPLEXITY_LIMIT_INSNS (include/linux/bpf.h), the most
// instructions that BPF_PROG_LOAD takes.
const maxInsns = 1_000_000

func (l *linker) link(main *function, p *ProgramSpec) {
	l.code, l.refs, l.placed = code{order: l.ByteOrder}, nil, nil
	l.place(main)
	for i := 0; i < len(l.placed); i++ { // placed grows while it is walked
		l.resolve(l.placed[i])
	}
	p.code, p.refs = l.code, l.refs
	l.placeInfo(p)
}

// place gives the instruction at which a function stands, placing it if it is
// not there yet.
func (l *linker) place(fn *function) int {
	if fn.program == len(l.Programs)+1 {
		return fn.at
	}
	fn.program, fn.at = len(l.Programs)+1, l.code.len()
	at := insn{fn: fn, off: fn.start, name: fn.name}
	if fn.at+fn.insns() > maxInsns {
		l.refuse(at, "program and subprograms have more than %d instructions", maxInsns)
	}
	if l.room -= fn.size; l.room < 0 {
		l.refuse(at, "the same subprograms are part of too many programs")
	}
	l.placed = append(l.placed, fn)
	l.b = append(l.b, l.file.Sections[fn.section].Data[fn.start:fn.end]...)
	return fn.at
}

// An insn is an instruction of a placed function.
type insn struct {
	fn   *function
	at   int    // index in the program
	off  uint64 // bytes in the section
	name string // of the symbol that it refers to
}

func (l *linker) refuse(i insn, format string, args ...any) {
	at := FormatError{Section: l.file.Sections[i.fn.section].Name, Offset: i.off, Name: i.name}
	at.refuse("function %q: %s", i.fn.name, fmt.Sprintf(format, args...))
}

// resolve applies a placed function's relocations, and aims the calls inside its
// section that need none.
func (l *linker) resolve(fn *function) {
	relocs := l.file.Sections[fn.section].Relocs
	next, _ := slices.BinarySearchFunc(relocs, fn.start, func(r elf.Reloc, off uint64) int { return cmp.Compare(r.Offset, off) })
	for n := 0; n < fn.insns(); n++ {
		i := insn{fn: fn, at: fn.at + n, off: fn.start + uint64(n*insnSize)}
		switch src := l.src(i.at); {
		case next < len(relocs) && relocs[next].Offset == i.off:
			l.relocate(i, relocs[next])
			next++
		case l.isCall(i.at) && src == sys.BPF_PSEUDO_CALL:
			l.aim(i, src, fn.section, int64(i.off)+l.ahead(i.at))
		case src != 0 && (l.op(i.at) == opLdImm64 || l.isCall(i.at)):
			// It would name a file descriptor or an id of whoever loads.
			l.refuse(i, "instruction with src_reg %d has no relocation", src)
		}
		if l.op(i.at) == opLdImm64 {
			n++ // its second half is data
		}
	}
	if next < len(relocs) && relocs[next].Offset < fn.end {
		r := relocs[next]
		l.refuse(insn{fn: fn, off: r.Offset, name: l.file.Symbols[r.Symbol].Name}, "relocation does not stand at an instruction that takes one")
	}
}

// ahead gives how many bytes behind a call lies what it calls.
func (l *linker) ahead(at int) int64 { return (int64(l.imm(at)) + 1) * insnSize }

func (l *linker) relocate(i insn, r elf.Reloc) {
	sym := &l.file.Symbols[r.Symbol]
	i.name = sym.Name
	call := r.Type == elf.R_BPF_64_32 && l.isCall(i.at)
	load := r.Type == elf.R_BPF_64_64 && l.op(i.at) == opLdImm64 && i.off+2*insnSize <= i.fn.end
	switch {
	case !call && !load:
		l.refuse(i, "relocation %v does not fit instruction with opcode %#x", r.Type, l.op(i.at))
	case sym.Section == elf.SHN_UNDEF && call:
		l.refer(i, sys.BPF_PSEUDO_KFUNC_CALL, r.Symbol)
	case sym.Section == elf.SHN_UNDEF:
		l.refer(i, sys.BPF_PSEUDO_BTF_ID, r.Symbol)
	case int(sym.Section) >= len(l.file.Sections):
		l.refuse(i, "relocation against a symbol of no section (%v): compile with -fno-common", sym.Section)
	case call:
		l.aim(i, sys.BPF_PSEUDO_CALL, int(sym.Section), int64(sym.Value)+l.ahead(i.at))
	default:
		l.address(i, sym)
	}
}

// refer notes a use of a kernel symbol.
func (l *linker) refer(i insn, src byte, symbol int) {
	k, ok := slices.BinarySearchFunc(l.ksyms, symbol, func(k ksym, symbol int) int { return cmp.Compare(k.symbol, symbol) })
	if !ok {
		l.refuse(i, "relocation against an undefined symbol without a name")
	}
	l.refs = append(l.refs, ref{i.at, src, k})
}

// aim makes an instruction call, or take the address of, the function that starts at an offset of a section.
func (l *linker) aim(i insn, src byte, section int, off int64) {
	to := l.functionAt(section, uint64(off))
	if to == nil || to.start != uint64(off) {
		l.refuse(i, "reference to offset %#x of section %q, where no function starts", off, l.file.Sections[section].Name)
	}
	at := l.place(to)
	l.setSrc(i.at, src)
	l.setImm(i.at, int32(at-i.at-1))
}

// address resolves an ld_imm64 of something the object defines: a map, a
// variable, or a function to be called back.
func (l *linker) address(i insn, sym *elf.Symbol) {
	sec := &l.file.Sections[sym.Section]
	target := sym.Value + uint64(uint32(l.imm(i.at))) + uint64(uint32(l.imm(i.at+1)))<<32
	if sec.Flags&elf.SHF_EXECINSTR != 0 {
		l.setImm(i.at+1, 0)
		l.aim(i, sys.BPF_PSEUDO_FUNC, sec.Index, int64(target))
		return
	}
	m := l.mapAt(sec.Index, target)
	switch {
	case sec.Name == ".maps" && (m < 0 || l.Maps[m].offset != target):
		l.refuse(i, "address of offset %#x of .maps, where no map starts", target)
	case m < 0:
		i.name = cmp.Or(i.name, l.symbolAt(sec.Index, target))
		l.refuse(i, "address of section %q, which is neither .maps, code nor variables: use .data.NAME, .rodata.NAME or .bss.NAME", sec.Name)
	case sec.Name == ".maps":
		l.refs = append(l.refs, ref{i.at, sys.BPF_PSEUDO_MAP_IDX, m})
	case target >= uint64(l.Maps[m].ValueSize):
		l.refuse(i, "address of offset %#x of section %q, which has %d bytes", target, sec.Name, l.Maps[m].ValueSize)
	default:
		l.setImm(i.at+1, int32(target))
		l.refs = append(l.refs, ref{i.at, sys.BPF_PSEUDO_MAP_IDX_VALUE, m})
	}
}
