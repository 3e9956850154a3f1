package bpfobj

import (
	"sort"

	"kptr/elf"
)

// A function is one STT_FUNC symbol of a section with code.
type function struct {
	name       string
	section    int
	start, end uint64 // bytes in the section
	global     bool
	info       info
	size       int // bytes of instructions and info

	program int // the last that it was placed in, from 1
	at      int // the instruction at which it stands there
}

func (f *function) insns() int { return int(f.end-f.start) / insnSize }

// maxCopies is how often, on average, a function may become part of a program:
// what Parse allocates stays within a multiple of the file.
const maxCopies = 64

// parsePrograms links each program with the subprograms it reaches.
//
// A global function in a section whose name says a program type is a program; static
// functions there, and those of .text, are subprograms.
func (s *Spec) parsePrograms() {
	l := linker{Spec: s, funcs: s.functions(), room: maxInsns * insnSize}
	l.shareInfo()
	for i := range l.funcs {
		l.room += maxCopies * l.funcs[i].size
	}
	for i := range l.funcs {
		fn := &l.funcs[i]
		if name := s.file.Sections[fn.section].Name; name != ".text" && fn.global {
			p := newProgramSpec(fn, name)
			l.link(fn, p)
			s.Programs = append(s.Programs, *p)
		}
	}
	for i := range l.funcs {
		fn := &l.funcs[i]
		at := FormatError{Section: s.file.Sections[fn.section].Name, Offset: fn.start, Name: fn.name}
		at.want(fn.program != 0 || at.Section == ".text", "static function that no program calls: a program is not static")
	}
}

// functions lists the functions, by section and offset, and checks that they
// cover whole instructions and do not overlap.
func (s *Spec) functions() []function {
	funcs := make([]function, 0, 8)
	for i := range s.file.Symbols {
		sym := &s.file.Symbols[i]
		if sym.Type != elf.STT_FUNC || sym.Section == elf.SHN_UNDEF || int(sym.Section) >= len(s.file.Sections) {
			continue
		}
		sec := &s.file.Sections[sym.Section]
		f := function{name: sym.Name, section: int(sym.Section), start: sym.Value, end: sym.Value + sym.Size, global: sym.Bind != elf.STB_LOCAL}
		if f.end > uint64(len(sec.Data)) || f.start%insnSize != 0 || sym.Size%insnSize != 0 || sym.Size == 0 {
			FormatError{Section: sec.Name, Offset: sym.Value, Name: sym.Name}.
				refuse("function of %d bytes is not a run of %d-byte instructions inside the section (%d bytes)", sym.Size, insnSize, len(sec.Data))
		}
		f.size = int(sym.Size)
		funcs = append(funcs, f)
	}
	// Unlike slices.SortStableFunc, package sort is compiled once for all types.
	sort.SliceStable(funcs, func(i, j int) bool {
		a, b := &funcs[i], &funcs[j]
		return a.section < b.section || a.section == b.section && a.start < b.start
	})
	for i := 1; i < len(funcs); i++ {
		a, b := &funcs[i-1], &funcs[i]
		at := FormatError{Section: s.file.Sections[b.section].Name, Offset: b.start, Name: b.name}
		want(at, a.section != b.section || a.end <= b.start, "function overlaps %q", a.name)
	}
	return funcs
}
