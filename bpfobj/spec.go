package bpfobj

import (
	"encoding/binary"
	"slices"

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

	types   *btf.Spec // nil if the object has no .BTF
	ext     *btf.Ext  // empty if it has no .BTF.ext
	file    *elf.File
	ksyms   []ksym
	defined int // of Maps, those of section .maps, which come first
}

// A MapSpec is one map of the object: a variable in section .maps, or a section
// of global variables. Sizes, MaxEntries and Inner may be set before [Spec.Plan].
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
// Target may be set before [Spec.Plan].
type ProgramSpec struct {
	Name       string
	Section    string // as in the file, '?' included
	Type       sys.ProgType
	AttachType sys.AttachType
	Target     string // what follows the section name's prefix: "sys_enter" of "tp_btf/sys_enter"
	Sleepable  bool
	Optional   bool // the section name starts with '?': loaded only when asked for

	isOp    bool   // of a struct_ops
	section int    // ELF section
	start   uint64 // in the section, in bytes

	rule *sectionRule
	err  error // why it cannot be loaded, of an optional one
	code code
	refs []ref
	info info // as the kernel takes them
}

// Instructions gives a copy of the program's instructions, subprograms included,
// in the object's byte order; references to maps and kernel symbols are not yet
// filled in.
func (p *ProgramSpec) Instructions() []byte { return slices.Clone(p.code.b) }

// CORERelocations counts the CO-RE relocations of the program.
func (p *ProgramSpec) CORERelocations() int { return len(p.info[coreRelos]) / btf.CORERelocationSize }

// Types gives the object's BTF, or nil if it has none. It must not be changed.
func (s *Spec) Types() *btf.Spec { return s.types }

// Sections gives the object's ELF sections. They must not be changed.
func (s *Spec) Sections() []elf.Section { return s.file.Sections }

// Symbols gives the object's ELF symbols, to which the relocations of [Spec.Sections]
// refer by index. They must not be changed.
func (s *Spec) Symbols() []elf.Symbol { return s.file.Symbols }

// Map finds a map by name; nil if there is none.
func (s *Spec) Map(name string) *MapSpec {
	return lookup(s.Maps, func(m *MapSpec) bool { return m.Name == name })
}

// Program finds a program by name; nil if there is none.
func (s *Spec) Program(name string) *ProgramSpec {
	return lookup(s.Programs, func(p *ProgramSpec) bool { return p.Name == name })
}

// lookup gives the first of a list that is meant; nil if none is.
func lookup[T any](list []T, meant func(*T) bool) *T {
	for i := range list {
		if meant(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// namesOf gives those of a list, for errors.
func namesOf[T any](list []T, name func(T) string) []string {
	have := make([]string, len(list))
	for i, t := range list {
		have[i] = name(t)
	}
	return have
}
