package bpfobj

import (
	"fmt"
	"sort"
	"strings"

	"kptr/elf"
)

// A function is one STT_FUNC symbol of a section with code.
type function struct {
	name       string
	section    int
	start, end uint64 // bytes in the section
	global     bool
	placed     bool // in a program
}

func (f *function) insns() int { return int(f.end-f.start) / insnSize }

// parsePrograms links each program with the subprograms it reaches.
//
// A global function in a section whose name says a program type is a program; static
// functions there, and those of .text, are subprograms.
func (s *Spec) parsePrograms() error {
	funcs, err := s.functions()
	if err != nil {
		return err
	}
	room := maxInsns
	for i := range funcs {
		room += maxCopies * funcs[i].insns()
	}
	for i := range funcs {
		fn := &funcs[i]
		name := s.file.Sections[fn.section].Name
		if name == ".text" || !fn.global {
			continue
		}
		p, err := newProgramSpec(fn, name)
		if err != nil {
			return err
		}
		l := linker{spec: s, funcs: funcs, prog: &p, room: &room}
		if err := l.link(fn); err != nil {
			return err
		}
		s.Programs = append(s.Programs, p)
	}
	for i := range funcs {
		if fn := &funcs[i]; !fn.global && !fn.placed && s.file.Sections[fn.section].Name != ".text" {
			return &FormatError{Section: s.file.Sections[fn.section].Name, Offset: fn.start, Name: fn.name, What: "static function that no program calls: a program is not static"}
		}
	}
	return nil
}

func newProgramSpec(fn *function, section string) (ProgramSpec, error) {
	bare, optional := strings.CutPrefix(section, "?")
	rule, target, ok := sectionRuleFor(bare)
	if !ok {
		return ProgramSpec{}, &FormatError{Section: section, Name: fn.name, What: "section name stands for no program type known here (" + knownSections + ")"}
	}
	return ProgramSpec{
		Name: fn.name, Section: section, Type: rule.prog, AttachType: rule.attach,
		Target: target, Sleepable: rule.sleepable, Optional: optional, section: fn.section, start: fn.start, rule: rule,
	}, nil
}

// byPlace sorts functions by section and offset. Unlike slices.SortFunc, package
// sort is compiled once for all types.
type byPlace []function

func (f byPlace) Len() int      { return len(f) }
func (f byPlace) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f byPlace) Less(i, j int) bool {
	return f[i].section < f[j].section || f[i].section == f[j].section && f[i].start < f[j].start
}

// functions lists the functions, by section and offset, and checks that they
// cover whole instructions and do not overlap.
func (s *Spec) functions() ([]function, error) {
	funcs := make([]function, 0, 8)
	for i := range s.file.Symbols {
		sym := &s.file.Symbols[i]
		if sym.Type != elf.STT_FUNC || sym.Section == elf.SHN_UNDEF || int(sym.Section) >= len(s.file.Sections) {
			continue
		}
		sec := &s.file.Sections[sym.Section]
		f := function{name: sym.Name, section: int(sym.Section), start: sym.Value, end: sym.Value + sym.Size, global: sym.Bind != elf.STB_LOCAL}
		if f.end < f.start || f.end > uint64(len(sec.Data)) || f.start%insnSize != 0 || sym.Size%insnSize != 0 || sym.Size == 0 {
			return nil, &FormatError{Section: sec.Name, Offset: sym.Value, Name: sym.Name, What: fmt.Sprintf("function of %d bytes is not a run of %d-byte instructions inside the section (%d bytes)", sym.Size, insnSize, len(sec.Data))}
		}
		funcs = append(funcs, f)
	}
	sort.Stable(byPlace(funcs))
	for i := 1; i < len(funcs); i++ {
		a, b := &funcs[i-1], &funcs[i]
		if a.section == b.section && b.start < a.end {
			return nil, &FormatError{Section: s.file.Sections[b.section].Name, Offset: b.start, Name: b.name, What: fmt.Sprintf("function overlaps %q", a.name)}
		}
	}
	return funcs, nil
}
