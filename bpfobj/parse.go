package bpfobj

import (
	"bytes"
	"sort"
	"strings"

	"kptr/btf"
	"kptr/elf"
)

// Parse reads an object file that clang -target bpf made. The same bytes give the
// same Spec on every host. b is not changed, and must not be while the Spec lives.
//
// Errors match [ErrFormat], or the sentinels of packages elf and btf.
func Parse(b []byte) (*Spec, error) {
	f, err := elf.Parse(b)
	if err != nil {
		return nil, err
	}
	s := &Spec{ByteOrder: f.ByteOrder, file: f}
	for _, step := range []func() error{s.parseSections, s.parseBTF, s.parseKsyms, s.parseMaps, s.parseData, s.parsePrograms, s.parseStructOps} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parseSections takes the licence, and refuses the sections that this package
// would have to act on and cannot.
func (s *Spec) parseSections() error {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		if sec.Type == elf.SHT_SYMTAB || sec.Type == elf.SHT_STRTAB || sec.Type == elf.SHT_REL {
			continue
		}
		switch {
		case sec.Name == "license":
			text, _, ok := bytes.Cut(sec.Data, []byte{0})
			if !ok {
				return &FormatError{Section: sec.Name, What: "licence text has no terminating NUL"}
			}
			s.License = string(text)
		case sec.Name == "maps":
			return &FormatError{Section: sec.Name, What: "struct bpf_map_def is not supported: define the map in section .maps, with BTF"}
		case strings.HasPrefix(sec.Name, ".arena"), sec.Name == ".addr_space.1":
			return &FormatError{Section: sec.Name, What: "variables in a BPF arena are not supported: put them into .bss, or share them by a user kptr"}
		}
	}
	return nil
}

// parseBTF decodes .BTF and .BTF.ext after their relocations, and gives each
// DATASEC the size that clang leaves to the linker.
func (s *Spec) parseBTF() error {
	sec := s.file.Section(".BTF")
	if sec == nil {
		return nil
	}
	b, err := s.relocated(sec)
	if err != nil {
		return err
	}
	if s.types, err = btf.Decode(b); err != nil {
		return err
	}
	if s.types.ByteOrder() != s.ByteOrder {
		return &FormatError{Section: ".BTF", What: "BTF and ELF differ in byte order"}
	}
	if err := s.sizeDatasecs(); err != nil {
		return err
	}
	if err := s.checkExceptions(); err != nil {
		return err
	}
	ext := s.file.Section(".BTF.ext")
	if ext == nil {
		return nil
	}
	if b, err = s.relocated(ext); err != nil {
		return err
	}
	s.ext, err = btf.DecodeExt(b, s.types)
	return err
}

// checkExceptions refuses what __exception_cb(NAME) of bpf_experimental.h makes of a program: the verifier wants NAME linked in
// (bpf_find_exception_callback_insn_off, kernel/bpf/verifier.c).
func (s *Spec) checkExceptions() error {
	for id := btf.ID(1); int(id) < s.types.Len(); id++ {
		t := s.types.Type(id)
		if callback, ok := strings.CutPrefix(t.Name, "exception_callback:"); ok && t.Kind == btf.KindDeclTag {
			return &FormatError{Section: ".BTF", Name: s.types.Type(t.Type).Name, What: "exception callback " + callback + " is not supported: return an error instead"}
		}
	}
	return nil
}

// relocated applies the data relocations of a section that is not code to a copy
// of it: each adds the symbol's value to the field.
func (s *Spec) relocated(sec *elf.Section) ([]byte, error) {
	if len(sec.Relocs) == 0 {
		return sec.Data, nil
	}
	b := bytes.Clone(sec.Data)
	for _, r := range sec.Relocs {
		value := s.file.Symbols[r.Symbol].Value
		switch r.Type {
		case elf.R_BPF_64_ABS32, elf.R_BPF_64_NODYLD32:
			old := s.ByteOrder.Uint32(b[r.Offset:])
			if uint64(old)+value > 1<<32-1 {
				return nil, &FormatError{Section: sec.Name, Offset: r.Offset, What: "relocated value does not fit in 32 bits"}
			}
			s.ByteOrder.PutUint32(b[r.Offset:], old+uint32(value))
		case elf.R_BPF_64_ABS64:
			s.ByteOrder.PutUint64(b[r.Offset:], s.ByteOrder.Uint64(b[r.Offset:])+value)
		default:
			return nil, &FormatError{Section: sec.Name, Offset: r.Offset, What: "relocation type " + r.Type.String() + " in a section without code"}
		}
	}
	return b, nil
}

// sizeDatasecs sets the sizes of DATASECs to those of their sections and checks
// the variables against them. A DATASEC of externs (.ksyms) has no section.
func (s *Spec) sizeDatasecs() error {
	for id := btf.ID(1); int(id) < s.types.Len(); id++ {
		t := s.types.Type(id)
		if t.Kind != btf.KindDataSec {
			continue
		}
		sec := s.file.Section(t.Name)
		if sec == nil && t.Name == ".kconfig" {
			return &FormatError{Section: t.Name, What: "extern kconfig variables are not supported"}
		}
		if sec == nil && t.Name != ".ksyms" {
			return &FormatError{Section: t.Name, What: "BTF describes the section, but the file does not have it"}
		}
		if sec == nil {
			continue
		}
		if sec.Size == 0 || sec.Size > 1<<32-1 {
			return &FormatError{Section: t.Name, What: "section is empty or larger than 4 GiB, but has variables"}
		}
		t.Size = uint32(sec.Size)
		for _, v := range t.Vars {
			if uint64(v.Offset)+uint64(v.Size) > sec.Size {
				return &FormatError{Section: t.Name, Offset: uint64(v.Offset), Name: s.types.Type(v.Type).Name, What: "variable runs past the end of its section"}
			}
		}
		// clang lists variables as they come in the source; btf_datasec_check_meta
		// (kernel/bpf/btf.c) wants them by offset.
		sort.Stable(byOffset(t.Vars))
	}
	return nil
}

// byOffset sorts the variables of a section.
type byOffset []btf.VarSecinfo

func (v byOffset) Len() int           { return len(v) }
func (v byOffset) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v byOffset) Less(i, j int) bool { return v[i].Offset < v[j].Offset }
