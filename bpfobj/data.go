package bpfobj

import (
	"bytes"
	"strings"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// maxDataSection is the size in bytes up to which a section of variables is
// taken: array_map_alloc_check (kernel/bpf/arraymap.c) refuses a value_size above
// INT_MAX.
const maxDataSection = 1<<31 - 1

// parseData makes each section of global variables an array map of one element,
// which the kernel lets user space mmap (BPF_F_MMAPABLE, Linux 5.5).
func (s *Spec) parseData() {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		bare, dotted := strings.CutPrefix(sec.Name, ".")
		base, _, _ := strings.Cut(bare, ".") // of .data and .data.NAME
		isData := dotted && (base == "data" || base == "rodata" || base == "bss")
		if !isData || sec.Size == 0 || sec.Type != elf.SHT_PROGBITS && sec.Type != elf.SHT_NOBITS {
			continue
		}
		at := FormatError{Section: sec.Name}
		at.want(s.Map(sec.Name) == nil && s.file.Section(sec.Name) == sec, "second section of this name: variables of both would be one map's")
		for _, r := range sec.Relocs {
			at.Offset, at.Name = r.Offset, s.symbolAt(i, r.Offset)
			at.refuse("variable initialised with an address, which nobody knows before the load: let a program set it, or use arrays of char for pointers to text")
		}
		want(at, sec.Size <= maxDataSection, "section of variables has %d bytes, a map takes %d", sec.Size, maxDataSection)
		m := MapSpec{
			Name: sec.Name, Type: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: uint32(sec.Size), MaxEntries: 1, Flags: sys.BPF_F_MMAPABLE,
			// SHT_NOBITS has no Data: its size is a claim, and nothing is allocated for it.
			Contents: bytes.Clone(sec.Data), data: true, section: i,
		}
		if base == "rodata" {
			m.Flags |= sys.BPF_F_RDONLY_PROG
		}
		if s.types != nil {
			m.Value, _ = s.types.Find(btf.KindDataSec, sec.Name) // 0 if the section has no named variable: then no type
		}
		s.Maps = append(s.Maps, m)
	}
}

// readOnly tells whether the map is a section that BPF programs may only read.
func (m *MapSpec) readOnly() bool { return m.Flags&sys.BPF_F_RDONLY_PROG != 0 }
