package elf

import (
	"errors"
	"strings"
	"testing"
)

// An edit sets a field to a value, or to another field's value plus it.
type edit struct {
	field at
	from  at
	value uint64
}

// put sets a field; cp copies one, with something added.
func put(f at, v uint64) edit         { return edit{field: f, value: v} }
func cp(f, from at, plus uint64) edit { return edit{field: f, from: from, value: plus} }
func edits(e ...edit) []edit          { return e }
func (e edit) of(m *image) (field, uint64) {
	v := e.value
	if e.from != nil {
		v += m.get(e.from(m))
	}
	return e.field(m), v
}

// A brokenRow breaks an object at the fields of its edits. The error has to
// blame the last of them, or blame if that is set.
type brokenRow struct {
	name   string
	object string
	edits  []edit
	blame  at
	want   error
	what   string
}

const relEntry = ".reltp_btf/sys_enter"

var brokenHeader = []brokenRow{
	{"magic", "task", edits(put(ident(0), 0x7e)), nil, ErrNotELF, "not an ELF file: it starts with 7e 45 4c 46, want 7f 45 4c 46"},
	{"32-bit", "task", edits(put(ident(4), 1)), nil, ErrUnsupported, "EI_CLASS 1 (ELFCLASS32): a 32-bit file"},
	{"no class", "task", edits(put(ident(4), 0)), nil, ErrMalformed, "EI_CLASS 0, want 2"},
	{"no byte order", "task", edits(put(ident(5), 3)), nil, ErrMalformed, "EI_DATA 3, want 1"},
	{"ident version", "task", edits(put(ident(6), 2)), nil, ErrUnsupported, "EI_VERSION 2"},
	{"FreeBSD", "task", edits(put(ident(7), 9)), nil, ErrUnsupported, "EI_OSABI 9"},
	{"ABI version", "task", edits(put(ident(8), 1)), nil, ErrUnsupported, "EI_ABIVERSION 1"},
	{"ident padding", "task", edits(put(ident(15), 4)), nil, ErrUnsupported, "padding byte 0x4"},
	{"executable", "task", edits(put(ehdr("Type"), 2)), nil, ErrUnsupported, "e_type 2 (ET_EXEC)"},
	{"unnamed type", "task", edits(put(ehdr("Type"), 77)), nil, ErrUnsupported, "e_type 77 (ET_0x4d), want"},
	{"x86", "task", edits(put(ehdr("Machine"), 62)), nil, ErrUnsupported, "e_machine 62 (EM_X86_64), want 247 (EM_BPF)"},
	{"version", "task", edits(put(ehdr("Version"), 0)), nil, ErrUnsupported, "e_version 0"},
	{"entry point", "task", edits(put(ehdr("Entry"), 8)), nil, ErrUnsupported, "e_entry 0x8"},
	{"program header offset", "task", edits(put(ehdr("Phoff"), 64)), nil, ErrUnsupported, "e_phoff 0x40"},
	{"flags", "task", edits(put(ehdr("Flags"), 0x10)), nil, ErrUnsupported, "e_flags 0x10"},
	{"header size", "task", edits(put(ehdr("Ehsize"), 52)), nil, ErrMalformed, "e_ehsize 52, want 64"},
	{"program header size", "task", edits(put(ehdr("Phentsize"), 56)), nil, ErrUnsupported, "e_phentsize 56"},
	{"program headers", "task", edits(put(ehdr("Phnum"), 1)), nil, ErrUnsupported, "e_phnum 1"},
	{"section header size", "task", edits(put(ehdr("Shentsize"), 40)), nil, ErrMalformed, "e_shentsize 40, want 64"},
	{"no section headers", "task", edits(put(ehdr("Shoff"), 0)), nil, ErrMalformed, "e_shoff 0: no section header table"},
	{"section headers in header", "task", edits(put(ehdr("Shoff"), 56)), nil, ErrMalformed, "e_shoff 0x38 is inside of the file header"},
	{"section headers askew", "task", edits(cp(ehdr("Shoff"), ehdr("Shoff"), 4)), nil, ErrMalformed, "is not a multiple of 8"},
	{"section headers cut off", "task", edits(cp(ehdr("Shoff"), ehdr("Shoff"), 8)), nil, ErrTruncated, "the 16 section headers run past the end of the file (0xdb8 bytes)"},
	{"section headers nowhere", "task", edits(put(ehdr("Shoff"), 1<<64-8)), nil, ErrTruncated, "e_shoff 0xfffffffffffffff8"},
	{"more section headers", "task", edits(put(ehdr("Shnum"), 0xfeff)), ehdr("Shoff"), ErrTruncated, "the 65279 section headers run past"},
	{"no section count", "task", edits(put(ehdr("Shnum"), 0)), nil, ErrUnsupported, "e_shnum 0: extended section numbering"},
	{"reserved section count", "task", edits(put(ehdr("Shnum"), 0xff00)), nil, ErrMalformed, "e_shnum 0xff00"},
	{"no section names", "task", edits(put(ehdr("Shstrndx"), 0)), nil, ErrMalformed, "e_shstrndx 0 (SHN_UNDEF)"},
	{"section names extended", "task", edits(put(ehdr("Shstrndx"), 0xffff)), nil, ErrUnsupported, "e_shstrndx 0xffff (SHN_XINDEX)"},
	{"section names nowhere", "task", edits(put(ehdr("Shstrndx"), 16)), nil, ErrMalformed, "e_shstrndx 16 is not one of the 16 sections"},
	{"section names in code", "task", edits(put(ehdr("Shstrndx"), 3)), shdr("tp_btf/sys_enter", "Type").as("section header 3"), ErrMalformed, "sh_type SHT_PROGBITS of the section names (e_shstrndx), want SHT_STRTAB"},
}

var brokenSections = []brokenRow{
	{"null header", "task", edits(put(shdr("", "Size"), 16)), shdr("", "Name"), ErrUnsupported, "not all zero: extended section numbering"},
	{"name table cut off", "task", edits(put(shdr(".strtab", "Size").as("section header 1"), 0xffff)), nil, ErrTruncated, "sh_size 0xffff at sh_offset 0x90c runs past the end of the file (0xdb8 bytes)"},
	{"name table without first NUL", "task", edits(put(data(".strtab", 0).as("section 1"), 'x')), nil, ErrMalformed, "string table starts with 0x78"},
	{"name table without last NUL", "task", edits(cp(shdr(".strtab", "Size"), shdr(".strtab", "Size"), 1<<64-1)), data(".strtab", 0).as("section 1"), ErrMalformed, "string table ends with"},
	{"name out of table", "task", edits(cp(shdr(".maps", "Name").as("section header 8"), shdr(".strtab", "Size"), 0)), nil, ErrMalformed, "sh_name 0xa7 is outside of the string table (0xa7 bytes)"},
	{"second null header", "task", edits(put(shdr(".maps", "Type"), 0)), nil, ErrUnsupported, "sh_type SHT_NULL"},
	{"RELA", "task", edits(put(shdr(relEntry, "Type"), 4)), nil, ErrUnsupported, "sh_type SHT_RELA"},
	{"note", "task", edits(put(shdr("license", "Type"), 7)), nil, ErrUnsupported, "sh_type SHT_NOTE"},
	{"group", "task", edits(put(shdr("license", "Type"), 17)), nil, ErrUnsupported, "sh_type SHT_GROUP"},
	{"extended symbol indexes", "task", edits(put(shdr("license", "Type"), 18)), nil, ErrUnsupported, "sh_type SHT_SYMTAB_SHNDX"},
	{"unknown type", "task", edits(put(shdr("license", "Type"), 0x70000001)), nil, ErrUnsupported, "sh_type SHT_0x70000001"},
	{"compressed", "task", edits(put(shdr(".BTF", "Flags"), 1<<11)), nil, ErrUnsupported, "sh_flags SHF_COMPRESSED"},
	{"thread-local", "task", edits(put(shdr(".data", "Flags"), 1<<10|3)), nil, ErrUnsupported, "sh_flags SHF_TLS"},
	{"unknown flag", "task", edits(put(shdr(".data", "Flags"), 1<<63)), nil, ErrUnsupported, "sh_flags SHF_0x8000000000000000"},
	{"address", "task", edits(put(shdr(".data", "Addr"), 0x1000)), nil, ErrUnsupported, "sh_addr 0x1000"},
	{"alignment", "task", edits(put(shdr(".data", "Addralign"), 6)), nil, ErrMalformed, "sh_addralign 0x6 is not a power of two"},
	{"alignment of offset", "task", edits(put(shdr(".data", "Addralign"), 8)), shdr(".data", "Off"), ErrMalformed, "sh_offset 0x12c is not a multiple of sh_addralign 0x8"},
	{"symbol size", "task", edits(put(shdr(".symtab", "Entsize"), 16)), nil, ErrMalformed, "sh_entsize 16, want 24"},
	{"relocation size", "task", edits(put(shdr(relEntry, "Entsize"), 24)), nil, ErrMalformed, "sh_entsize 24, want 16"},
	{"mergeable without size", "calls", edits(put(shdr(".rodata.str1.1", "Entsize"), 0)), nil, ErrMalformed, "sh_entsize 0, want an entry size"},
	{"part of an entry", "task", edits(put(shdr(relEntry, "Size"), 0x3f)), shdr(relEntry, "Entsize"), ErrMalformed, "sh_entsize 16 does not divide sh_size 0x3f"},
	{"section nowhere", "task", edits(put(shdr(".maps", "Off"), 0xdc0)), nil, ErrTruncated, "sh_offset 0xdc0 is past the end of the file (0xdb8 bytes)"},
	{"section cut off", "task", edits(put(shdr(".maps", "Size"), 0xffff)), nil, ErrTruncated, "sh_size 0xffff at sh_offset 0x130 runs past the end of the file (0xdb8 bytes)"},
	{"section that wraps around", "task", edits(put(shdr(".maps", "Size"), 1<<64-1)), nil, ErrTruncated, "sh_size 0xffffffffffffffff"},
	{"section in file header", "task", edits(put(shdr(".maps", "Off"), 0x20)), nil, ErrMalformed, "bytes 0x20 to 0x40 overlap the file header, bytes 0x0 to 0x40"},
	{"two sections on one place", "task", edits(cp(shdr(".maps", "Off"), shdr("tp_btf/sys_enter", "Off"), 0)), nil, ErrMalformed, `bytes 0x40 to 0x60 overlap section 3 ("tp_btf/sys_enter"), bytes 0x40 to 0x128`},
	{"a section runs into the next", "task", edits(put(shdr(".maps", "Size"), 0x21)), shdr("license", "Off"), ErrMalformed, `overlap section 8 (".maps")`},
	{"a section runs into one of a lower index", "task", edits(put(shdr(".llvm_addrsig", "Size"), 5)), shdr(".llvm_addrsig", "Off"), ErrMalformed, `bytes 0x908 to 0x90d overlap section 1 (".strtab"), bytes 0x90c to 0x9b3`},
	{"a section on the section headers", "task", edits(cp(shdr(".maps", "Off"), ehdr("Shoff"), 0)), nil, ErrMalformed, "overlap the section header table, bytes 0x9b8 to 0xdb8"},
}

var brokenSymbols = []brokenRow{
	{"second table", "task", edits(put(shdr(".llvm_addrsig", "Size"), 0), put(shdr(".llvm_addrsig", "Entsize"), 24), put(shdr(".llvm_addrsig", "Type"), 2)), shdr(".symtab", "Type"), ErrUnsupported, "second SHT_SYMTAB, after section 14"},
	{"empty table", "task", edits(put(shdr(".symtab", "Size"), 0)), nil, ErrMalformed, "sh_size 0: no null symbol"},
	{"empty table at the end of the file", "task", edits(put(shdr(".symtab", "Off"), 0xdb8), put(shdr(".symtab", "Size"), 0)), nil, ErrMalformed, "sh_size 0: no null symbol"},
	{"locals past the end", "task", edits(put(shdr(".symtab", "Info"), 10)), nil, ErrMalformed, "is more than the 9 symbols"},
	{"no string table", "task", edits(put(shdr(".symtab", "Link"), 16)), nil, ErrMalformed, "sh_link 16, its string table, is not one of the 16 sections"},
	{"string table of another type", "task", edits(put(shdr(".symtab", "Link"), 3)), shdr("tp_btf/sys_enter", "Type"), ErrMalformed, "sh_type SHT_PROGBITS of the symbol names (sh_link of the symbol table), want SHT_STRTAB"},
	{"string table without first NUL", "task", edits(put(shdr(".BTF", "Type"), 3), cp(shdr(".symtab", "Link"), shdr(".rel.BTF", "Info"), 0)), data(".BTF", 0), ErrMalformed, "string table starts with"},
	{"null symbol", "task", edits(put(sym("", "Value"), 1)), sym("", "Name"), ErrMalformed, "the null symbol is not all zero"},
	{"global among locals", "task", edits(put(shdr(".symtab", "Info"), 3)), sym("on_enter", "Info"), ErrMalformed, "STB_GLOBAL symbol below the sh_info (3)"},
	{"name out of table", "task", edits(put(sym("datamap", "Name").as("symbol 5"), 1<<32-1)), nil, ErrMalformed, "st_name 0xffffffff is outside of the string table (0xa7 bytes)"},
	{"unique binding", "task", edits(put(sym("datamap", "Info"), 10<<4|1)), nil, ErrUnsupported, "binding STB_GNU_UNIQUE"},
	{"thread-local symbol", "task", edits(put(sym("datamap", "Info"), 1<<4|6)), nil, ErrUnsupported, "type STT_TLS"},
	{"indirect function", "task", edits(put(sym("on_enter", "Info"), 1<<4|10)), nil, ErrUnsupported, "type STT_GNU_IFUNC"},
	{"other bits", "task", edits(put(sym("datamap", "Other"), 0x80)), nil, ErrUnsupported, "st_other 0x80"},
	{"common without alignment", "symbols", edits(put(sym("common_var", "Value"), 0)), nil, ErrMalformed, "st_value 0x0, the alignment of an SHN_COMMON symbol"},
	{"common with odd alignment", "symbols", edits(put(sym("common_var", "Value"), 12)), nil, ErrMalformed, "st_value 0xc, the alignment of an SHN_COMMON symbol"},
	{"extended index", "task", edits(put(sym("datamap", "Shndx"), 0xffff)), nil, ErrUnsupported, "st_shndx SHN_XINDEX"},
	{"reserved index", "task", edits(put(sym("datamap", "Shndx"), 0xff00)), nil, ErrUnsupported, "st_shndx SHN_0xff00"},
	{"section nowhere", "task", edits(put(sym("datamap", "Shndx"), 16)), nil, ErrMalformed, "st_shndx 16 is not one of the 16 sections"},
	{"value past the section", "task", edits(put(sym("datamap", "Value"), 33)), nil, ErrMalformed, `st_value 0x21 is outside of section 8 (".maps") (0x20 bytes)`},
	{"size past the section", "task", edits(put(sym("datamap", "Size"), 33)), nil, ErrMalformed, `st_size 0x21 at st_value 0x0 runs past the end of section 8 (".maps") (0x20 bytes)`},
	{"size that wraps around", "task", edits(put(sym("named", "Size"), 1<<64-4)), nil, ErrMalformed, "st_size 0xfffffffffffffffc at st_value 0x4"},
}

var brokenRelocs = []brokenRow{
	{"no symbol table", "task", edits(put(shdr(relEntry, "Link"), 3)), nil, ErrMalformed, "sh_link 3 is not the symbol table"},
	{"symbol table nowhere", "task", edits(put(shdr(relEntry, "Link"), 1<<32-1)), nil, ErrMalformed, "sh_link 4294967295 is not the symbol table"},
	{"for no section", "task", edits(put(shdr(relEntry, "Info"), 0)), nil, ErrMalformed, "sh_info 0, the section to relocate, is not one of the 16 sections"},
	{"for a section that is not there", "task", edits(put(shdr(relEntry, "Info"), 16)), nil, ErrMalformed, "sh_info 16, the section to relocate, is not one of the 16 sections"},
	{"for .bss", "task", edits(put(shdr(relEntry, "Info"), 7)), nil, ErrUnsupported, "sh_info 7, the section to relocate, is SHT_NOBITS"},
	{"for a section that has some", "task", edits(put(shdr(".rel.BTF", "Info"), 3)), nil, ErrUnsupported, "sh_info 3: section 4 holds relocations for the same section"},
	{"for a compressed section that has some", "dwarf", edits(put(shdr(".debug_info", "Flags"), 1<<11), put(shdr(".rel.debug_line", "Info"), 9)), nil, ErrUnsupported, "sh_info 9: section 10 holds relocations for the same section"},
	{"no type", "task", edits(put(rel(relEntry, 1, "Type"), 0)), rel(relEntry, 1, "Info"), ErrUnsupported, "relocation type R_BPF_NONE"},
	{"unknown type", "task", edits(put(rel(relEntry, 1, "Type"), 11)), rel(relEntry, 1, "Info"), ErrUnsupported, "relocation type R_BPF_0xb"},
	{"to nowhere", "task", edits(put(rel(relEntry, 2, "Sym"), 0)), rel(relEntry, 2, "Info"), ErrUnsupported, "symbol 0: a relocation to nowhere"},
	{"to a symbol that is not there", "task", edits(put(rel(relEntry, 2, "Sym"), 9)), rel(relEntry, 2, "Info"), ErrMalformed, "symbol 9 is not one of the 9 symbols"},
	{"to a symbol beyond 31 bits", "task", edits(put(rel(relEntry, 2, "Sym"), 1<<32-1)), rel(relEntry, 2, "Info"), ErrMalformed, "symbol 4294967295"},
	{"past the end", "task", edits(put(rel(relEntry, 3, "Off"), 0x100)), nil, ErrMalformed, "R_BPF_64_64 at r_offset 0x100 is about 16 bytes"},
	{"half past the end", "task", edits(put(rel(relEntry, 3, "Off"), 0xe0)), nil, ErrMalformed, `runs past the end of section 3 ("tp_btf/sys_enter") (0xe8 bytes)`},
	{"offset that wraps around", "task", edits(put(rel(relEntry, 3, "Off"), 1<<64-8)), nil, ErrMalformed, "r_offset 0xfffffffffffffff8"},
	{"call past the end", "calls", edits(put(rel(".relraw_tp/sys_enter", 1, "Off"), 0x31)), nil, ErrMalformed, "R_BPF_64_32 at r_offset 0x31 is about 8 bytes"},
	{"64-bit data past the end", "calls", edits(put(rel(".rel.data", 0, "Off"), 9)), nil, ErrMalformed, "R_BPF_64_ABS64 at r_offset 0x9 is about 8 bytes"},
	{"32-bit data past the end", "dwarf", edits(put(rel(".rel.debug_info", 5, "Off"), 0xb9)), nil, ErrMalformed, "R_BPF_64_ABS32 at r_offset 0xb9 is about 4 bytes"},
	{"BTF data past the end", "task", edits(put(rel(".rel.BTF", 5, "Off"), 0x403)), nil, ErrMalformed, "R_BPF_64_NODYLD32 at r_offset 0x403 is about 4 bytes"},
	{"out of order", "task", edits(put(rel(relEntry, 3, "Off"), 0x30)), nil, ErrUnsupported, "r_offset 0x30 is out of order, or overlaps the relocation before, which ends at 0x60"},
	{"twice", "task", edits(put(rel(relEntry, 3, "Off"), 0x50)), nil, ErrUnsupported, "which ends at 0x60"},
	{"instruction in data", "calls", edits(put(rel(".rel.data", 0, "Type"), 1), put(rel(".rel.data", 0, "Off"), 0)), nil, ErrUnsupported, `R_BPF_64_64 patches an instruction, and section 11 (".data") holds none`},
	{"amid an instruction", "task", edits(put(rel(relEntry, 3, "Off"), 0xb4)), nil, ErrMalformed, "R_BPF_64_64 at r_offset 0xb4 is not at an instruction"},
}

// TestBroken breaks a real object, in each byte order, at a named field.
func TestBroken(t *testing.T) {
	for _, part := range []struct {
		name string
		rows []brokenRow
	}{
		{"header", brokenHeader}, {"section", brokenSections}, {"symbol", brokenSymbols}, {"relocation", brokenRelocs},
	} {
		for _, row := range part.rows {
			for _, order := range []string{"bpfel", "bpfeb"} {
				t.Run(part.name+"/"+row.name+"/"+order, func(t *testing.T) {
					row.run(t, newImage(t, readObject(t, row.object+"."+order)))
				})
			}
		}
	}
}

func (row *brokenRow) run(t *testing.T, m *image) {
	var blame field
	for _, e := range row.edits {
		var v uint64
		blame, v = e.of(m)
		if m.get(blame) == v {
			t.Fatalf("%s at %#x is %#x already", blame.where, blame.off, v)
		}
		m.set(blame, v)
	}
	if row.blame != nil {
		blame = row.blame(m)
	}
	f, err := Parse(m.b)
	checkRefused(t, f, err, &Error{Kind: row.want, Off: blame.off, Where: blame.where, What: row.what})
}

// checkRefused compares an error with what is wanted of it; What may be a part.
func checkRefused(t *testing.T, f *File, err error, want *Error) {
	t.Helper()
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("error is %v, want an *Error", err)
	}
	if f != nil {
		t.Error("an error comes with a File")
	}
	if matches := sentinelsOf(err); len(matches) != 1 || matches[0] != want.Kind {
		t.Errorf("matches %v, want %v alone", matches, want.Kind)
	}
	if got.Off != want.Off || got.Where != want.Where || !strings.Contains(got.What, want.What) {
		t.Errorf("error is\n  %v\nwant\n  %v", got, want)
	}
	if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "%!") {
		t.Errorf("not one clean line: %q", err)
	}
}

func sentinelsOf(err error) []error {
	var matches []error
	for _, s := range []error{ErrNotELF, ErrUnsupported, ErrTruncated, ErrMalformed} {
		if errors.Is(err, s) {
			matches = append(matches, s)
		}
	}
	return matches
}

// TestMessage pins whole messages: where, offset, what.
func TestMessage(t *testing.T) {
	m := newImage(t, readObject(t, "task.bpfel"))
	size := shdr(".maps", "Size")(m)
	m.set(size, 0xffff)
	_, err := Parse(m.b)
	want := `section header 8 (".maps"): offset 0xbd8: sh_size 0xffff at sh_offset 0x130 runs past the end of the file (0xdb8 bytes)`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n  %v\nwant\n  %s", err, want)
	}
}

// TestTruncated cuts each object at every length.
func TestTruncated(t *testing.T) {
	for _, name := range objects(t) {
		b := readObject(t, name)
		for n := range b {
			want := ErrTruncated
			if n < 4 {
				want = ErrNotELF
			}
			f, err := Parse(b[:n:n])
			if f != nil || !errors.Is(err, want) {
				t.Fatalf("%s cut to %d bytes: %v, want %v", name, n, err, want)
			}
		}
	}
}

// TestShortIdent covers what is too short for debug/elf to make an image of.
func TestShortIdent(t *testing.T) {
	for _, row := range []struct {
		name string
		b    []byte
		want Error
	}{
		{"empty", nil, Error{ErrNotELF, "file header", 0, "the file is empty"}},
		{"text", []byte("#!"), Error{ErrNotELF, "file header", 0, "it starts with 23 21, want 7f 45 4c 46"}},
		{"magic alone", []byte("\x7fELF"), Error{ErrTruncated, "file header", 0, "the file is 4 bytes long, e_ident 16"}},
		{"small 32-bit file", []byte("\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), Error{ErrUnsupported, "file header", 4, "ELFCLASS32"}},
		{"half a header", []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"), Error{ErrTruncated, "file header", 0, "the file is 18 bytes long, its header 64"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, err := Parse(row.b)
			checkRefused(t, f, err, &row.want)
		})
	}
}

// TestLongName moves the section names into a table that holds one long name.
func TestLongName(t *testing.T) {
	m := newImage(t, readObject(t, "task.bpfel"))
	table := "\x00" + strings.Repeat("a", 5000) + "\x00"
	m.set(shdr(".strtab", "Off")(m), uint64(len(m.b)))
	m.set(shdr(".strtab", "Size")(m), uint64(len(table)))
	where := shdr(".strtab", "Name")(m)
	m.b = append(m.b, table...)
	f, err := Parse(m.b)
	checkRefused(t, f, err, &Error{
		Kind: ErrUnsupported, Off: where.off, Where: "section header 1", What: `name "aaaaaaaaaaaaaaaa"... is 4096 bytes or longer`,
	})
}
