package elf

import "testing"

// TestAccepted makes objects into what other tools than clang write.
func TestAccepted(t *testing.T) {
	for _, row := range []struct {
		name  string
		edits []edit
		check func(*File) bool
	}{
		// GNU as: bpf_elf_final_processing.
		{"instruction set version", edits(put(ehdr("Flags"), 4)), func(f *File) bool { return f.Flags == 4 }},
		// bpftool gen object: libbpf's linker.c.
		{"sh_info of the symbol table 0", edits(put(shdr(".symtab", "Info"), 0)), func(f *File) bool { return len(f.Symbols) == 9 }},
		{"flagged string table", edits(put(shdr(".strtab", "Flags"), 0x20)), func(f *File) bool {
			return f.Section(".strtab").Flags == 1<<5
		}},
		{"internal symbol", edits(put(sym("datamap", "Other"), 1)), func(f *File) bool {
			return f.Symbols[5].Visibility == STV_INTERNAL
		}},
		// clang -fstack-size-section: LLVM's docs/CodeGenerator.rst, "Emitting function stack size information".
		{"order of a section given by another", edits(put(shdr(".llvm_addrsig", "Flags"), 0x80)), func(f *File) bool {
			return f.Section(".llvm_addrsig").Flags.String() == "SHF_LINK_ORDER"
		}},
		{"symbol at the end of its section", edits(put(sym("datamap", "Value"), 32), put(sym("datamap", "Size"), 0)), func(f *File) bool {
			return sectionOf(f, &f.Symbols[5]).Name == ".maps"
		}},
		{"section without name", edits(put(shdr("license", "Name"), 0)), func(f *File) bool {
			return f.Sections[9].Name == "" && f.Section("") == &f.Sections[9]
		}},
		{"a .bss that only claims its size", edits(put(shdr(".bss", "Size"), 1<<63)), func(f *File) bool {
			s := f.Section(".bss")
			return s.Size == 1<<63 && s.Data == nil
		}},
		{"empty relocation section", edits(put(shdr(relEntry, "Size"), 0)), func(f *File) bool {
			return len(f.Section("tp_btf/sys_enter").Relocs) == 0
		}},
		{"no symbol table and no relocations", edits(
			put(shdr(".symtab", "Type"), 1), put(shdr(relEntry, "Type"), 1),
			put(shdr(".rel.BTF", "Type"), 1), put(shdr(".rel.BTF.ext", "Type"), 1),
		), func(f *File) bool { return len(f.Symbols) == 0 }},
	} {
		for _, order := range []string{"bpfel", "bpfeb"} {
			t.Run(row.name+"/"+order, func(t *testing.T) {
				m := newImage(t, readObject(t, "task."+order))
				for _, e := range row.edits {
					field, v := e.of(m)
					m.set(field, v)
				}
				f := mustParse(t, m.b)
				if !row.check(f) {
					t.Error("accepted, but not as expected")
				}
				if i := firstDifference(m.b, encode(f, m.b)); i >= 0 {
					t.Errorf("what is decoded does not give byte %#x of the file back", i)
				}
			})
		}
	}
}

// TestTwoStringTables gives the symbols a string table of their own.
func TestTwoStringTables(t *testing.T) {
	m := newImage(t, readObject(t, "task.bpfel"))
	old := m.f.Sections[m.section(".strtab")]
	names, err := old.Data()
	if err != nil {
		t.Fatal(err)
	}
	m.set(shdr("license", "Type")(m), uint64(SHT_STRTAB))
	m.set(shdr("license", "Off")(m), uint64(len(m.b)))
	m.set(shdr("license", "Size")(m), old.Size)
	m.set(sym("licence", "Size")(m), 0)
	m.set(shdr(".symtab", "Link")(m), uint64(m.section("license")))
	m.b = append(m.b, names...)
	f := mustParse(t, m.b)
	if s := f.Symbols[5]; s.Name != "datamap" {
		t.Errorf("symbol 5 is %+v", s)
	}
	m.b[len(m.b)-1] = 'x'
	f, err = Parse(m.b)
	checkRefused(t, f, err, &Error{
		Kind: ErrMalformed, Off: uint64(len(m.b) - len(names)), Where: `section 9 ("license")`, What: "string table ends with 0x78",
	})
}

// TestCompressed makes DWARF into what clang -gz leaves of it: at an odd offset for its alignment, and shorter than what its
// relocations are for.
func TestCompressed(t *testing.T) {
	m := newImage(t, readObject(t, "dwarf.bpfel"))
	m.set(shdr(".debug_info", "Flags")(m), uint64(SHF_COMPRESSED))
	m.set(shdr(".debug_info", "Addralign")(m), 1<<20)
	m.set(rel(".rel.debug_info", 0, "Off")(m), 1<<20)
	f := mustParse(t, m.b)
	if n := len(f.Section(".debug_info").Relocs); n != 0 {
		t.Errorf("%d relocations of compressed data", n)
	}
	if len(f.Section(".BTF.ext").Relocs) == 0 {
		t.Error("relocations of another section are missing")
	}
	if i := firstDifference(m.b, encode(f, m.b)); i >= 0 {
		t.Errorf("what is decoded does not give byte %#x of the file back", i)
	}
}

// TestEmptyStringTable: gABI chapter 4 permits a table without bytes, in which
// index 0 alone is valid.
func TestEmptyStringTable(t *testing.T) {
	m := newImage(t, readObject(t, "task.bpfel"))
	m.set(shdr(".text", "Type")(m), uint64(SHT_STRTAB))
	m.set(shdr(".symtab", "Link")(m), uint64(m.section(".text")))
	m.set(shdr(".symtab", "Info")(m), 1)
	for i := range 9 {
		m.b[m.f.Sections[m.section(".symtab")].Offset+uint64(i*24)] = 0
	}
	f := mustParse(t, m.b)
	if s := f.Symbols[5]; s.Name != "" || sectionOf(f, &s).Name != ".maps" {
		t.Errorf("symbol 5 is %+v", s)
	}
	off := sym("", "Name")(m).off + 5*24
	m.b[off] = 1
	f, err := Parse(m.b)
	checkRefused(t, f, err, &Error{
		Kind: ErrMalformed, Off: off, Where: "symbol 5", What: "st_name 0x1 is outside of the string table (0x0 bytes)",
	})
}

func TestLookups(t *testing.T) {
	f := mustParse(t, readObject(t, "symbols.bpfel"))
	if f.Section("nosuch") != nil {
		t.Error(`Section("nosuch") is not nil`)
	}
	if f.Section("") != nil {
		t.Error(`Section("") finds SHN_UNDEF`)
	}
	if s := f.Section("syscall"); s == nil || s.Index != 3 || s.Type != SHT_PROGBITS {
		t.Errorf(`Section("syscall") is %v`, s)
	}
	in := map[string]string{"absolute": "", "common_var": "", "hidden_var": ".data", "bss_static": ".bss.named", "prog": "syscall"}
	for i := range f.Symbols {
		want, ok := in[f.Symbols[i].Name]
		if !ok {
			continue
		}
		got := ""
		if s := sectionOf(f, &f.Symbols[i]); s != nil {
			got = s.Name
		}
		if got != want {
			t.Errorf("%s is in %q, want %q", f.Symbols[i].Name, got, want)
		}
	}
	calls := mustParse(t, readObject(t, "calls.bpfel"))
	for i := range calls.Symbols {
		if s := &calls.Symbols[i]; s.Name == "some_kfunc" && sectionOf(calls, s) != nil {
			t.Error("an undefined symbol is in a section")
		}
	}
}

// TestAliases: section data are the caller's bytes, and cannot grow into each
// other.
func TestAliases(t *testing.T) {
	b := readObject(t, "task.bpfel")
	f := mustParse(t, b)
	s := f.Section("license")
	b[s.Offset] = 'L'
	if string(s.Data) != "LPL\x00" {
		t.Errorf("license is %q", s.Data)
	}
	for i := range f.Sections {
		s := &f.Sections[i]
		if cap(s.Data) != len(s.Data) || cap(s.Relocs) != len(s.Relocs) {
			t.Errorf("%v: append would write into another section", s)
		}
	}
}
