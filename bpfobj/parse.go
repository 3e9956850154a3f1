package bpfobj

import (
	"bytes"
	"sort"
	"strings"

	"kptr/btf"
	"kptr/elf"
)

// Parse reads an object file that clang or gcc (14 and later) made for BPF. The same bytes give the
// same Spec on every host. b is not changed, and must not be while the Spec lives.
//
// Errors match [ErrFormat], or the sentinels of packages elf and btf.
func Parse(b []byte) (*Spec, error) {
	s := &Spec{ext: new(btf.Ext)}
	err := catch(func() {
		s.file = must(elf.Parse(b))
		s.ByteOrder = s.file.ByteOrder
		s.parseSections()
		s.parseBTF()
		s.parseKsyms()
		s.parseMaps()
		s.parseData()
		s.parsePrograms()
		s.parseStructOps()
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// parseSections takes the licence, and refuses the sections that this package
// would have to act on and cannot.
func (s *Spec) parseSections() {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		if sec.Type == elf.SHT_SYMTAB || sec.Type == elf.SHT_STRTAB || sec.Type == elf.SHT_REL {
			continue
		}
		at := FormatError{Section: sec.Name}
		switch {
		case sec.Name == "license":
			text, _, ok := bytes.Cut(sec.Data, []byte{0})
			at.want(ok, "licence text has no terminating NUL")
			s.License = string(text)
		case sec.Name == "maps":
			at.Name = s.symbolAt(i, 0)
			at.refuse("struct bpf_map_def is not supported: define the map in section .maps, with BTF")
		case strings.TrimPrefix(sec.Name, "?") == ".struct_ops":
			at.Name = s.symbolAt(i, 0)
			at.refuse("what is attached without a link is not supported: use .struct_ops.link")
		case strings.HasPrefix(sec.Name, ".arena"), sec.Name == ".addr_space.1":
			at.Name = s.symbolAt(i, 0)
			at.refuse("variables in a BPF arena are not supported: put them into .bss, or share them by a user kptr")
		}
	}
}

// symbolAt names what stands at an offset of a section, "" where nothing does.
func (s *Spec) symbolAt(section int, off uint64) string {
	for i := range s.file.Symbols {
		if sym := &s.file.Symbols[i]; int(sym.Section) == section && sym.Name != "" && sym.Value <= off && off-sym.Value < max(sym.Size, 1) {
			return sym.Name
		}
	}
	return ""
}

// parseBTF decodes .BTF and .BTF.ext after their relocations.
func (s *Spec) parseBTF() {
	b, ok := s.relocated(".BTF")
	if !ok {
		return
	}
	s.types = must(btf.Decode(b))
	FormatError{Section: ".BTF"}.want(s.types.ByteOrder() == s.ByteOrder, "BTF and ELF differ in byte order")
	s.checkTypes()
	if b, ok = s.relocated(".BTF.ext"); ok {
		s.ext = must(btf.DecodeExt(b, s.types))
	}
}

// relocated applies the data relocations of a section that is not code to a copy
// of it: each adds the symbol's value to the field.
func (s *Spec) relocated(name string) (b []byte, ok bool) {
	sec := s.file.Section(name)
	if sec == nil {
		return nil, false
	}
	if len(sec.Relocs) == 0 {
		return sec.Data, true
	}
	b = bytes.Clone(sec.Data)
	for _, r := range sec.Relocs {
		at, value := FormatError{Section: name, Offset: r.Offset}, s.file.Symbols[r.Symbol].Value
		switch r.Type {
		case elf.R_BPF_64_ABS32, elf.R_BPF_64_NODYLD32:
			old := s.ByteOrder.Uint32(b[r.Offset:])
			at.want(uint64(old)+value <= 1<<32-1, "relocated value does not fit in 32 bits")
			s.ByteOrder.PutUint32(b[r.Offset:], old+uint32(value))
		case elf.R_BPF_64_ABS64:
			s.ByteOrder.PutUint64(b[r.Offset:], s.ByteOrder.Uint64(b[r.Offset:])+value)
		default:
			at.refuse("relocation type %v in a section without code", r.Type)
		}
	}
	return b, true
}

// checkTypes sizes the DATASECs, and refuses what __exception_cb(NAME) of bpf_experimental.h makes of a program: the verifier
// wants NAME linked in (bpf_find_exception_callback_insn_off, kernel/bpf/verifier.c). It refuses types that are made of too many.
func (s *Spec) checkTypes() {
	for id := btf.ID(1); int(id) < s.types.Len(); id++ {
		t := s.types.Type(id)
		callback, ok := strings.CutPrefix(t.Name, "exception_callback:")
		switch {
		case t.Kind == btf.KindDataSec:
			s.sizeDatasec(t)
		case t.Kind == btf.KindDeclTag && ok:
			FormatError{Section: ".BTF", Name: s.types.Type(t.Type).Name}.refuse("exception callback %q is not supported: return an error instead", callback)
		}
	}
	id := madeOfTooMany(s.types, maxMade)
	want(FormatError{Section: ".BTF", Name: s.types.Type(id).Name}, id == 0,
		"type %d is made of more than %d types, each of which the kernel would look at: nest it less", int(id), maxMade)
}

// maxMade bounds how many types a type is made of, each counted as often as it is a member. The kernel looks at all of them when it
// creates a map (btf_find_struct_field, kernel/bpf/btf.c): twenty nested structs of two members that are both the one before are a
// million, thirty a billion, and nothing but the depth bounds it there. The kernel's own types have fewer by far (TestKernelTypesAreSmall).
const maxMade = 1 << 20

// madeOfTooMany finds a type that is; 0 if there is none. It takes time linear in the number of members.
func madeOfTooMany(types *btf.Spec, most int) btf.ID {
	made := make([]int, types.Len()) // 0: not known yet
	var count func(id btf.ID) int
	count = func(id btf.ID) int {
		id = types.Resolve(id)
		if made[id] == 0 {
			t, n := types.Type(id), 1
			switch t.Kind {
			case btf.KindArray:
				n += count(t.Type)
			case btf.KindStruct, btf.KindUnion:
				for _, m := range t.Members {
					n = min(n+count(m.Type), most+1)
				}
			}
			made[id] = n
		}
		return made[id]
	}
	for id := range btf.ID(types.Len()) {
		if count(id) > most {
			return id
		}
	}
	return 0
}

// sizeDatasec gives a DATASEC the size of its section, which clang leaves to the linker, and checks
// the variables against it. A DATASEC of externs (.ksyms) has no section.
func (s *Spec) sizeDatasec(t *btf.Type) {
	sec, at := s.file.Section(t.Name), FormatError{Section: t.Name}
	if sec == nil && t.Name == ".ksyms" {
		return
	}
	if len(t.Members) > 0 {
		at.Name = s.types.Type(t.Members[0].Type).Name
	}
	at.want(sec != nil || t.Name != ".kconfig", "extern kconfig variables are not supported: make it const volatile, and set it before loading")
	at.want(sec != nil, "BTF describes the section, but the file does not have it")
	at.want(sec.Size != 0 && sec.Size <= 1<<32-1, "section is empty or larger than 4 GiB, but has variables")
	t.Size = uint32(sec.Size)
	for _, v := range t.Members {
		at.Offset, at.Name = uint64(v.Offset), s.types.Type(v.Type).Name
		at.want(at.Offset+uint64(v.Size) <= sec.Size, "variable runs past the end of its section")
	}
	// clang lists variables as they come in the source; btf_datasec_check_meta
	// (kernel/bpf/btf.c) wants them by offset.
	sort.SliceStable(t.Members, func(i, j int) bool { return t.Members[i].Offset < t.Members[j].Offset })
}

// declared gives the variables of a section as BTF describes them.
func (s *Spec) declared(sec *elf.Section) []btf.Member {
	at := FormatError{Section: sec.Name}
	at.want(s.types != nil, "the object has no section .BTF to describe it: compile with -g, strip with -g alone")
	id, err := s.types.Find(btf.KindDataSec, sec.Name)
	want(at, err == nil, "not described in BTF: %w", err)
	return s.types.Type(id).Members
}
