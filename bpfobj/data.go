package bpfobj

import (
	"bytes"
	"fmt"
	"strings"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// dataSection tells whether a section holds global variables, and whether BPF
// programs may only read them.
func dataSection(name string) (readOnly, ok bool) {
	for _, base := range []string{".data", ".rodata", ".bss"} {
		if name == base || strings.HasPrefix(name, base+".") {
			return base == ".rodata", true
		}
	}
	return false, false
}

// maxDataSection is the size in bytes up to which a section of variables is
// taken: array_map_alloc_check (kernel/bpf/arraymap.c) refuses a value_size above
// INT_MAX.
const maxDataSection = 1<<31 - 1

// parseData makes each section of global variables an array map of one element,
// which the kernel lets user space mmap (BPF_F_MMAPABLE, Linux 5.5).
func (s *Spec) parseData() error {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		readOnly, ok := dataSection(sec.Name)
		if !ok || sec.Size == 0 || sec.Type != elf.SHT_PROGBITS && sec.Type != elf.SHT_NOBITS {
			continue
		}
		if s.mapIndex(sec.Name) >= 0 || s.file.Section(sec.Name) != sec {
			return &FormatError{Section: sec.Name, What: "second section of this name: variables of both would be one map's"}
		}
		if len(sec.Relocs) > 0 {
			sym := &s.file.Symbols[sec.Relocs[0].Symbol]
			return &FormatError{Section: sec.Name, Offset: sec.Relocs[0].Offset, Name: sym.Name, What: "variable initialised with an address, which no loader knows"}
		}
		if sec.Size > maxDataSection {
			return &FormatError{Section: sec.Name, What: fmt.Sprintf("section of variables has %d bytes, a map takes %d", sec.Size, maxDataSection)}
		}
		m := MapSpec{
			Name: sec.Name, Type: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: uint32(sec.Size),
			MaxEntries: 1, Flags: sys.BPF_F_MMAPABLE, data: true, section: i,
		}
		if readOnly {
			m.Flags |= sys.BPF_F_RDONLY_PROG
		}
		if s.types != nil {
			m.Value, _ = s.types.Find(btf.KindDataSec, sec.Name) // 0 if the section has no named variable: then no type
		}
		// SHT_NOBITS has no Data: its size is a claim, and nothing is allocated for it.
		m.Contents = bytes.Clone(sec.Data)
		s.Maps = append(s.Maps, m)
	}
	return nil
}

// isData tells whether the map is a section of global variables.
func (m *MapSpec) isData() bool { return m.data }

func (m *MapSpec) readOnly() bool { return m.Flags&sys.BPF_F_RDONLY_PROG != 0 }
