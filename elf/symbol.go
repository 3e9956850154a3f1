package elf

// Symbol is an Elf64_Sym.
type Symbol struct {
	// Name is empty for STT_SECTION: its section's name stands for it.
	Name       string
	Bind       SymbolBind
	Type       SymbolType
	Visibility SymbolVisibility
	// Section is an index into Sections, or SHN_UNDEF, SHN_ABS or SHN_COMMON.
	Section SectionIndex

	// Value is an offset in bytes into the section, SHT_NOBITS included; the
	// value itself for SHN_ABS; an alignment in bytes for SHN_COMMON.
	Value uint64
	// Size is in bytes. In a section, Value+Size is at most its Size.
	Size uint64
}

func (f *File) parseSymbols() {
	tab := f.symtab
	if tab == nil {
		return
	}
	names, r := f.symbolNames(), f.header(tab)
	locals, n := uint64(tab.Info), uint64(len(tab.Data)/symSize)
	want(r, n > 0, ErrMalformed, shSize, "sh_size %d: no null symbol", n)
	want(r, locals <= n, ErrMalformed, shInfo,
		"sh_info %d, one past the last local symbol, is more than the %d symbols", locals, n)
	null := f.record("symbol", tab.Offset, 0, symSize)
	want[any](null, null.zero(), ErrMalformed, 0, "the null symbol is not all zero")
	f.Symbols = make([]Symbol, n)
	for i := 1; i < len(f.Symbols); i++ {
		s, r := &f.Symbols[i], f.record("symbol", tab.Offset, i, symSize)
		s.Name = names.name(r, stName, "st_name")
		r.name = s.Name
		s.Bind, s.Type = SymbolBind(r.u8(stInfo)>>4), SymbolType(r.u8(stInfo)&0xf)
		s.Visibility, s.Section = SymbolVisibility(r.u8(stOther)), SectionIndex(r.u16(stShndx))
		s.Value, s.Size = r.u64(stValue), r.u64(stSize)
		f.checkSymbol(s, r)
	}
}

// symbolNames opens the string table of the symbol table.
func (f *File) symbolNames() stringTable {
	r, link, n := f.header(f.symtab), f.symtab.Link, uint32(len(f.Sections))
	want(r, link < n, ErrMalformed, shLink, "sh_link %d, its string table, is not one of the %d sections", link, n)
	s := &f.Sections[link]
	want(f.header(s), s.Type == SHT_STRTAB, ErrMalformed, shType,
		"sh_type %v of the symbol names (sh_link of the symbol table), want SHT_STRTAB", s.Type)
	if s.Index == f.shstrndx { // LLVM keeps all names in one table
		return f.names
	}
	return s.stringTable()
}

func (f *File) checkSymbol(s *Symbol, r *record) {
	want(r, s.Bind <= STB_WEAK, ErrUnsupported, stInfo, "binding %v", s.Bind)
	want(r, s.Type <= STT_FILE, ErrUnsupported, stInfo, "type %v", s.Type)
	want(r, s.Visibility <= STV_PROTECTED, ErrUnsupported, stOther,
		"st_other %#x has bits beside the visibility", s.Visibility)
	// The reverse, that no local symbol follows, does not hold of the output
	// of bpftool gen object: libbpf leaves sh_info 0.
	if r.index < int(f.symtab.Info) && s.Bind != STB_LOCAL {
		r.refuse(ErrMalformed, stInfo, "%v symbol below the sh_info (%d) of the symbol table", s.Bind, f.symtab.Info)
	}
	if s.Section == SHN_UNDEF || s.Section == SHN_ABS || s.Section == SHN_COMMON {
		want(r, s.Section != SHN_COMMON || s.Value != 0 && s.Value&(s.Value-1) == 0, ErrMalformed, stValue,
			"st_value %#x, the alignment of an SHN_COMMON symbol, is not a power of two", s.Value)
		return
	}
	want(r, !s.Section.Reserved(), ErrUnsupported, stShndx, "st_shndx %v", s.Section)
	i, n := int(s.Section), len(f.Sections)
	want(r, i < n, ErrMalformed, stShndx, "st_shndx %d is not one of the %d sections", i, n)
	switch in := &f.Sections[i]; {
	case s.Value > in.Size:
		r.refuse(ErrMalformed, stValue, "st_value %#x is outside of %v (%#x bytes)", s.Value, in, in.Size)
	case s.Size > in.Size-s.Value:
		r.refuse(ErrMalformed, stSize, "st_size %#x at st_value %#x runs past the end of %v (%#x bytes)",
			s.Size, s.Value, in, in.Size)
	}
}
