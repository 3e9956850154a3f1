package bpfobj

import (
	"encoding/binary"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// A Spec is a BPF object as its bytes describe it, before any kernel is asked.
type Spec struct {
	ByteOrder binary.ByteOrder
	License   string // the licence section; empty if there is none
	Maps      []MapSpec
	Programs  []ProgramSpec

	types *btf.Spec // nil if the object has no .BTF
	ext   *btf.Ext  // nil if it has no .BTF.ext
	file  *elf.File
	ksyms []ksym
}

// A MapSpec is one map of the object: a variable in section .maps, or a section
// of global variables.
type MapSpec struct {
	Name       string
	Type       sys.MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      sys.MapFlags
	Extra      uint64   // map_extra
	NUMANode   uint32   // meant only with BPF_F_NUMA_NODE in Flags
	Key, Value btf.ID   // types in [Spec.Types]; 0 where only a size is given
	PinByName  bool     // __uint(pinning, LIBBPF_PIN_BY_NAME)
	Inner      *MapSpec // template of the inner maps of a map of maps
	Optional   bool     // struct_ops of a section whose name starts with '?': loaded only when asked for

	// Contents is the initial value of a section of variables, or of a struct_ops as the object has it; nil if that is all
	// zeros (.bss) or the map is one of section .maps. [Variable.Set] on the Spec changes it.
	Contents []byte

	data     bool        // a section of variables
	section  int         // ELF section
	offset   uint64      // of the definition in the section
	valuesAt uint64      // offset of the member "values" in the definition
	slots    []innerSlot // initial inner maps

	structOps *structOps // nil of other map types
}

// An innerSlot puts a map of the object into an array of maps when it is loaded.
type innerSlot struct {
	index uint32
	inner int // index into Spec.Maps
}

// A ProgramSpec is one program, with the subprograms it calls linked in behind it.
type ProgramSpec struct {
	Name       string
	Section    string // as in the file, '?' included
	Type       sys.ProgType
	AttachType sys.AttachType
	Target     string // what follows the section name's prefix: "sys_enter" of "tp_btf/sys_enter"
	Sleepable  bool
	Optional   bool // the section name starts with '?': loaded only when asked for

	section int    // ELF section
	start   uint64 // in the section, in bytes

	rule  sectionRule
	code  code
	refs  []ref
	funcs []byte // func_info records, as the kernel takes them
	lines []byte // line_info records
	relos []byte // core_relos records
}

// Instructions gives a copy of the program's instructions, subprograms included,
// in the object's byte order; references to maps and kernel symbols are not yet
// filled in.
func (p *ProgramSpec) Instructions() []byte { return append([]byte(nil), p.code.b...) }

// Types gives the object's BTF, or nil if it has none. It must not be changed.
func (s *Spec) Types() *btf.Spec { return s.types }

// Sections gives the object's ELF sections. They must not be changed.
func (s *Spec) Sections() []elf.Section { return s.file.Sections }

// CORERelocations counts the CO-RE relocations of the program.
func (p *ProgramSpec) CORERelocations() int { return len(p.relos) / coreReloSize }

// Map finds a map by name; nil if there is none.
func (s *Spec) Map(name string) *MapSpec {
	if i := s.mapIndex(name); i >= 0 {
		return &s.Maps[i]
	}
	return nil
}

func (s *Spec) mapIndex(name string) int {
	for i := range s.Maps {
		if s.Maps[i].Name == name {
			return i
		}
	}
	return -1
}

// Program finds a program by name; nil if there is none.
func (s *Spec) Program(name string) *ProgramSpec {
	for i := range s.Programs {
		if s.Programs[i].Name == name {
			return &s.Programs[i]
		}
	}
	return nil
}

// Variable finds a global variable by name, or as MAP.MEMBER one of a struct_ops, to be read and set before loading.
func (s *Spec) Variable(name string) *Variable {
	for i := range s.Maps {
		m := &s.Maps[i]
		if v, ok := findVariable(s.types, m, name); ok {
			v.initial = m
			return v
		}
	}
	return &Variable{name: name, err: &NotFoundError{Kind: "variable", Name: name, Have: s.variableNames()}}
}
