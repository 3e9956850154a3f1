package elf

import "fmt"

// Offsets of the members of Elf64_Sym (elf.h, gABI figure 4-15).
const (
	stName  = 0
	stInfo  = 4
	stOther = 5
	stShndx = 6
	stValue = 8
	stSize  = 16

	symSize = 24 // sizeof(Elf64_Sym)
)

// Symbol is an Elf64_Sym.
type Symbol struct {
	// Name is empty for STT_SECTION: its section's name stands for it.
	Name       string
	Bind       SymbolBind
	Type       SymbolType
	Visibility SymbolVisibility
	// Section is an index into Sections, or SHN_UNDEF, SHN_ABS or SHN_COMMON.
	Section SectionIndex

	nameOff uint32 // st_name

	// Value is an offset in bytes into the section, SHT_NOBITS included; the
	// value itself for SHN_ABS; an alignment in bytes for SHN_COMMON.
	Value uint64
	// Size is in bytes. In a section, Value+Size is at most its Size.
	Size uint64
}

// symbolPlace names a symbol for an error.
type symbolPlace struct {
	index int
	*Symbol
}

func (s symbolPlace) String() string {
	if s.Name == "" {
		return fmt.Sprintf("symbol %d", s.index)
	}
	return fmt.Sprintf("symbol %d (%q)", s.index, s.Name)
}

func (p *parser) parseSymbols() error {
	tab, err := p.findSymtab()
	if err != nil || tab == nil {
		return err
	}
	names, err := p.symbolNames(tab)
	if err != nil {
		return err
	}
	t, _ := p.table(tab.Offset, tab.Size, symSize) // checkSection has seen to it
	if t.len() == 0 {
		return malformed("sh_size 0: no null symbol").at(p.field(tab, shSize), headerPlace{tab})
	}
	if uint64(tab.Info) > uint64(t.len()) {
		return malformed("sh_info %d, one past the last local symbol, is more than the %d symbols",
			tab.Info, t.len()).at(p.field(tab, shInfo), headerPlace{tab})
	}
	symbols := make([]Symbol, t.len())
	if r := t.record(0); !r.zero() {
		return malformed("the null symbol is not all zero").at(r.off, symbolPlace{0, &symbols[0]})
	}
	for i := 1; i < len(symbols); i++ {
		r := t.record(i)
		if err := p.parseSymbol(symbolPlace{i, &symbols[i]}, &r, names); err != nil {
			return err
		}
		// The reverse, that no local symbol follows, does not hold of the
		// output of bpftool gen object: libbpf leaves sh_info 0.
		if s := &symbols[i]; i < int(tab.Info) && s.Bind != STB_LOCAL {
			return malformed("%v symbol below the sh_info (%d) of the symbol table", s.Bind, tab.Info).
				at(r.at(stInfo), symbolPlace{i, s})
		}
	}
	p.file.Symbols = symbols
	return nil
}

// findSymtab returns nil if the file has no symbol table.
func (p *parser) findSymtab() (*Section, error) {
	var tab *Section
	for i := range p.file.Sections {
		s := &p.file.Sections[i]
		if s.Type != SHT_SYMTAB {
			continue
		}
		if tab != nil { // gABI: an object file may have only one
			return nil, unsupported("second SHT_SYMTAB, after section %d", tab.Index).at(p.field(s, shType), headerPlace{s})
		}
		tab = s
	}
	return tab, nil
}

func (p *parser) symbolNames(tab *Section) (stringTable, error) {
	if uint64(tab.Link) >= uint64(len(p.file.Sections)) {
		return "", malformed("sh_link %d, its string table, is not one of the %d sections",
			tab.Link, len(p.file.Sections)).at(p.field(tab, shLink), headerPlace{tab})
	}
	s := &p.file.Sections[tab.Link]
	if s.Type != SHT_STRTAB {
		return "", malformed("sh_link %d, its string table, is %v", tab.Link, s.Type).at(p.field(tab, shLink), headerPlace{tab})
	}
	if s.Index == p.header.shstrndx { // LLVM keeps all names in one table
		return p.names, nil
	}
	t, err := newStringTable(s.Data)
	if err != nil {
		return "", err.at(s.Offset, s)
	}
	return t, nil
}

func (p *parser) parseSymbol(s symbolPlace, r *record, names stringTable) error {
	info, other := r.u8(stInfo), r.u8(stOther)
	*s.Symbol = Symbol{
		Bind:       SymbolBind(info >> 4),
		Type:       SymbolType(info & 0xf),
		Visibility: SymbolVisibility(other & 3),
		Section:    SectionIndex(r.u16(stShndx)),
		Value:      r.u64(stValue),
		Size:       r.u64(stSize),
		nameOff:    r.u32(stName),
	}
	name, err := names.name("st_name", s.nameOff)
	if err != nil {
		return err.at(r.at(stName), s)
	}
	s.Name = name
	if s.Bind > STB_WEAK {
		return unsupported("binding %v", s.Bind).at(r.at(stInfo), s)
	}
	if s.Type > STT_FILE {
		return unsupported("type %v", s.Type).at(r.at(stInfo), s)
	}
	if other > uint8(STV_PROTECTED) {
		return unsupported("st_other %#x has bits beside the visibility", other).at(r.at(stOther), s)
	}
	return p.checkDefinition(s, r)
}

// checkDefinition checks st_shndx, and st_value and st_size against it.
func (p *parser) checkDefinition(s symbolPlace, r *record) error {
	switch {
	case s.Section == SHN_UNDEF || s.Section == SHN_ABS:
		return nil
	case s.Section == SHN_COMMON:
		if s.Value == 0 || s.Value&(s.Value-1) != 0 {
			return malformed("st_value %#x, the alignment of an SHN_COMMON symbol, is not a power of two", s.Value).
				at(r.at(stValue), s)
		}
		return nil
	case s.Section.Reserved():
		return unsupported("st_shndx %v", s.Section).at(r.at(stShndx), s)
	case int(s.Section) >= len(p.file.Sections):
		return malformed("st_shndx %d is not one of the %d sections", s.Section, len(p.file.Sections)).
			at(r.at(stShndx), s)
	}
	in := &p.file.Sections[s.Section]
	if s.Value > in.Size {
		return malformed("st_value %#x is outside of %v (%#x bytes)", s.Value, in, in.Size).at(r.at(stValue), s)
	}
	if s.Size > in.Size-s.Value {
		return malformed("st_size %#x at st_value %#x runs past the end of %v (%#x bytes)", s.Size, s.Value, in, in.Size).
			at(r.at(stSize), s)
	}
	return nil
}
