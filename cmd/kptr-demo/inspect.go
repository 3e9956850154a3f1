package main

import (
	"errors"
	"os"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/elf"
	"kptr/internal/btfc"
	"kptr/sys"
)

func inspectVerb() verb {
	return verb{
		name:    "inspect",
		args:    "FILE",
		summary: "show the sections, maps, variables, programs and relocations of an object",
		about: `Depends on the file alone: no kernel is asked. Value types are printed as C, type
tags included; sizes are in bytes. Relocations are listed for the sections that are
loaded, and counted for the others.
`,
		examples: `  kptr-demo inspect task_local.bpfel.o
  kptr-demo inspect -json task_local.bpfel.o
`,
		command: func() command { return new(inspectCommand) },
	}
}

type inspectCommand struct{}

func (c *inspectCommand) flags(*flags, *output) {}

// An objectReport is the document of inspect. Sizes and offsets are in bytes.
type objectReport struct {
	File        string          `json:"file"`
	ByteOrder   string          `json:"byte_order"`
	License     string          `json:"license"`
	Sections    []sectionReport `json:"sections"`
	Maps        []mapReport     `json:"maps"`
	Programs    []programReport `json:"programs"`
	Relocations []relocReport   `json:"relocations"`
}

type sectionReport struct {
	Index       int    `json:"index"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Flags       string `json:"flags"`
	Offset      uint64 `json:"offset"`
	Size        uint64 `json:"size"`
	Relocations int    `json:"relocations"`
}

// A mapReport is a map of section .maps or, with Variables, a section of variables.
type mapReport struct {
	Name       string           `json:"name"`
	Type       string           `json:"type"`
	KeySize    uint32           `json:"key_size"`
	ValueSize  uint32           `json:"value_size"`
	MaxEntries uint32           `json:"max_entries"`
	Flags      string           `json:"flags"`
	Pinned     bool             `json:"pin_by_name"`
	Key        string           `json:"key_type,omitempty"`   // C
	Value      string           `json:"value_type,omitempty"` // C
	Variables  []variableReport `json:"variables,omitempty"`
	UserKptrs  []kptrReport     `json:"user_kptrs,omitempty"`
	Broken     string           `json:"broken_rule,omitempty"` // of user kptrs
}

type variableReport struct {
	Name   string `json:"name"`
	Offset uint32 `json:"offset"`
	Size   uint32 `json:"size"`
}

type kptrReport struct {
	Field   string `json:"field"`
	Offset  uint64 `json:"offset"`
	Pointee string `json:"pointee"`
	Size    uint64 `json:"size"` // of the pointee
}

type programReport struct {
	Name         string `json:"name"`
	Section      string `json:"section"`
	Type         string `json:"type"`
	AttachType   string `json:"attach_type"`
	Target       string `json:"target,omitempty"`
	Optional     bool   `json:"optional"`
	Sleepable    bool   `json:"sleepable"`
	Instructions int    `json:"instructions"` // slots of 8 bytes, subprograms included
	CORE         int    `json:"core_relocations"`
}

type relocReport struct {
	Section string `json:"section"`
	Offset  uint64 `json:"offset"`
	Type    string `json:"type"`
	Symbol  string `json:"symbol"`
}

func (c *inspectCommand) run(out *output, args []string) error {
	spec, err := parseFile(args[0])
	if err != nil {
		return err
	}
	report := newObjectReport(args[0], spec)
	if out.json {
		out.doc = report
		return nil
	}
	report.print(out)
	return nil
}

func newObjectReport(name string, spec *bpfobj.Spec) *objectReport {
	r := &objectReport{
		File: name, ByteOrder: byteOrder(spec.ByteOrder), License: spec.License,
		Sections: []sectionReport{}, Maps: []mapReport{}, Programs: []programReport{}, Relocations: []relocReport{},
	}
	for i := range spec.Sections() {
		r.addSection(spec, &spec.Sections()[i])
	}
	for i := range spec.Maps {
		r.Maps = append(r.Maps, newMapReport(spec, &spec.Maps[i]))
	}
	for i := range spec.Programs {
		p := &spec.Programs[i]
		r.Programs = append(r.Programs, programReport{
			Name: p.Name, Section: p.Section, Type: p.Type.String(), AttachType: attachType(p), Target: p.Target,
			Optional: p.Optional, Sleepable: p.Sleepable, Instructions: instructions(p), CORE: p.CORERelocations(),
		})
	}
	return r
}

// attachType is empty where the program type has none: 0 is
// BPF_CGROUP_INET_INGRESS too.
func attachType(p *bpfobj.ProgramSpec) string {
	if p.Type != sys.BPF_PROG_TYPE_TRACING {
		return ""
	}
	return p.AttachType.String()
}

func (r *objectReport) addSection(spec *bpfobj.Spec, s *elf.Section) {
	if s.Index == 0 {
		return // SHN_UNDEF
	}
	r.Sections = append(r.Sections, sectionReport{s.Index, s.Name, s.Type.String(), s.Flags.String(), s.Offset, s.Size, len(s.Relocs)})
	if s.Flags&elf.SHF_ALLOC == 0 {
		return
	}
	for _, reloc := range s.Relocs {
		symbol := spec.Symbols()[reloc.Symbol]
		name := symbol.Name
		if name == "" && int(symbol.Section) < len(spec.Sections()) {
			name = spec.Sections()[symbol.Section].Name // a section symbol has no name of its own
		}
		r.Relocations = append(r.Relocations, relocReport{s.Name, reloc.Offset, reloc.Type.String(), name})
	}
}

func newMapReport(spec *bpfobj.Spec, m *bpfobj.MapSpec) mapReport {
	types := spec.Types()
	r := mapReport{
		Name: m.Name, Type: m.Type.String(), KeySize: m.KeySize, ValueSize: m.ValueSize,
		MaxEntries: m.MaxEntries, Flags: m.Flags.String(), Pinned: m.PinByName,
	}
	if m.Key != 0 {
		r.Key = btfc.C(types, m.Key)
	}
	if m.Value == 0 {
		return r
	}
	r.Value = btfc.C(types, m.Value)
	if t := types.Type(m.Value); t.Kind == btf.KindDataSec {
		for _, v := range t.Members {
			r.Variables = append(r.Variables, variableReport{types.Type(v.Type).Name, v.Offset, v.Size})
		}
		return r
	}
	kptrs, err := bpfobj.UserKptrs(types, m.Value, os.Getpagesize())
	if err != nil {
		var rule *bpfobj.RuleError
		if errors.As(err, &rule) {
			rule.Map = m.Name
		}
		r.Broken = oneLine(err)
	}
	for _, u := range kptrs {
		r.UserKptrs = append(r.UserKptrs, kptrReport{u.Path, u.Offset, types.Type(u.Pointee).Name, u.Size})
	}
	return r
}
