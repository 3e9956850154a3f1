package elf

import (
	stdelf "debug/elf"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The output of
//
//	llvm-readelf-19 --elf-output-style=JSON -h -S -s -r NAME.o
//
// is a list of one of these. Numbers come with the names that the tool prints.
type (
	readelfNumber struct {
		Name  string
		Value uint64
		Flags []struct{ Name string }
	}
	readelfFile struct {
		ElfHeader struct {
			Ident struct {
				DataEncoding readelfNumber
			}
			SectionHeaderOffset     uint64
			Flags                   readelfNumber
			SectionHeaderCount      string
			StringTableSectionIndex string
		}
		Sections []struct {
			Section struct {
				Index                       int
				Name, Type, Flags           readelfNumber
				Offset, Size, Link, Info    uint64
				AddressAlignment, EntrySize uint64
			}
		}
		Relocations []struct {
			SectionIndex int
			Relocs       []struct {
				Relocation struct {
					Offset       uint64
					Type, Symbol readelfNumber
				}
			}
		}
		Symbols []struct {
			Symbol struct {
				Name                          readelfNumber
				Value, Size                   uint64
				Binding, Type, Other, Section readelfNumber
			}
		}
	}
)

func loadReadelf(t *testing.T, name string) *readelfFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".readelf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var files []readelfFile
	if err := json.Unmarshal(b, &files); err != nil || len(files) != 1 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	return &files[0]
}

// file builds what Parse should return, from the tool's words and the object's
// bytes.
func (r *readelfFile) file(t *testing.T, b []byte) *File {
	f := &File{ByteOrder: binary.LittleEndian, Flags: uint32(r.ElfHeader.Flags.Value)}
	if r.ElfHeader.Ident.DataEncoding.Name == "BigEndian" {
		f.ByteOrder = binary.BigEndian
	}
	for _, e := range r.Sections {
		s := e.Section
		section := Section{
			Index: s.Index, Name: s.Name.Name,
			Type: SectionType(s.Type.Value), Flags: SectionFlags(s.Flags.Value),
			Offset: s.Offset, Size: s.Size, Align: s.AddressAlignment, EntSize: s.EntrySize,
			Link: uint32(s.Link), Info: uint32(s.Info),
		}
		if s.Type.Name != "SHT_NOBITS" && s.Type.Name != "SHT_NULL" {
			section.Data = b[s.Offset:][:s.Size]
		}
		f.Sections = append(f.Sections, section)
	}
	for _, e := range r.Symbols {
		s := e.Symbol
		name := s.Name.Name
		if s.Type.Name == "Section" { // the tool prints the section's name
			name = ""
		}
		f.Symbols = append(f.Symbols, Symbol{
			Name: name, Bind: SymbolBind(s.Binding.Value), Type: SymbolType(s.Type.Value),
			Visibility: SymbolVisibility(s.Other.Value), Section: SectionIndex(s.Section.Value),
			Value: s.Value, Size: s.Size,
		})
	}
	for _, e := range r.Relocations {
		target := &f.Sections[f.Sections[e.SectionIndex].Info]
		for _, x := range e.Relocs {
			target.Relocs = append(target.Relocs, Reloc{
				Offset: x.Relocation.Offset,
				Type:   RelocType(x.Relocation.Type.Value),
				Symbol: int(x.Relocation.Symbol.Value),
			})
		}
	}
	return f
}

// TestReadelf expects of each object what llvm-readelf says.
func TestReadelf(t *testing.T) {
	for _, name := range objects(t) {
		t.Run(name, func(t *testing.T) {
			b := readObject(t, name)
			r := loadReadelf(t, name)
			got := mustParse(t, b)
			unexported := cmpopts.IgnoreUnexported(File{}, Section{}, Symbol{})
			order := cmp.Comparer(func(a, b binary.ByteOrder) bool { return a == b })
			if d := cmp.Diff(r.file(t, b), got, unexported, order); d != "" {
				t.Errorf("-llvm-readelf +Parse\n%s", d)
			}
			if n := strconv.Itoa(len(got.Sections)); n != r.ElfHeader.SectionHeaderCount {
				t.Errorf("%s sections, want %s", n, r.ElfHeader.SectionHeaderCount)
			}
			if n := strconv.Itoa(int(got.shstrndx)); n != r.ElfHeader.StringTableSectionIndex {
				t.Errorf("e_shstrndx %s, want %s", n, r.ElfHeader.StringTableSectionIndex)
			}
		})
	}
}

// TestReadelfNames compares the names of constants with those that
// llvm-readelf prints beside the numbers.
func TestReadelfNames(t *testing.T) {
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("String() is %q, llvm-readelf says %q", got, want)
		}
	}
	for _, name := range objects(t) {
		r := loadReadelf(t, name)
		for _, e := range r.Sections {
			check(SectionType(e.Section.Type.Value).String(), e.Section.Type.Name)
			var flags []string
			for _, bit := range strings.Split(SectionFlags(e.Section.Flags.Value).String(), "|") {
				if bit != "0" {
					flags = append(flags, bit)
				}
			}
			var want []string
			for _, f := range e.Section.Flags.Flags {
				want = append(want, f.Name)
			}
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			if d := cmp.Diff(want, flags, sorted, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("flags: -llvm-readelf +String\n%s", d)
			}
		}
		for _, e := range r.Relocations {
			for _, x := range e.Relocs {
				check(RelocType(x.Relocation.Type.Value).String(), x.Relocation.Type.Name)
			}
		}
	}
}

// TestObjectsCover fails when a rebuilt object no longer holds what the tests
// use it for.
func TestObjectsCover(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range objects(t) {
		f := mustParse(t, readObject(t, name))
		for i := range f.Sections {
			seen[f.Sections[i].Type.String()] = true
			for _, flag := range strings.Split(f.Sections[i].Flags.String(), "|") {
				seen[flag] = true
			}
			for _, x := range f.Sections[i].Relocs {
				seen[x.Type.String()] = true
			}
		}
		for i := range f.Symbols {
			s := &f.Symbols[i]
			seen[s.Bind.String()] = true
			seen[s.Type.String()] = true
			seen[stdelf.SymVis(s.Visibility).String()] = true
			seen[s.Section.String()] = true
		}
	}
	for _, want := range []string{
		"SHT_NULL", "SHT_PROGBITS", "SHT_SYMTAB", "SHT_STRTAB", "SHT_NOBITS", "SHT_REL", "SHT_LLVM_ADDRSIG",
		"SHF_WRITE", "SHF_ALLOC", "SHF_EXECINSTR", "SHF_MERGE", "SHF_STRINGS", "SHF_INFO_LINK", "SHF_GNU_RETAIN", "SHF_EXCLUDE",
		"R_BPF_64_64", "R_BPF_64_ABS64", "R_BPF_64_ABS32", "R_BPF_64_NODYLD32", "R_BPF_64_32",
		"STB_LOCAL", "STB_GLOBAL", "STB_WEAK",
		"STT_NOTYPE", "STT_OBJECT", "STT_FUNC", "STT_SECTION", "STT_FILE",
		"STV_DEFAULT", "STV_HIDDEN", "STV_PROTECTED",
		"SHN_UNDEF", "SHN_ABS", "SHN_COMMON",
	} {
		if !seen[want] {
			t.Errorf("no object in testdata has %s", want)
		}
	}
}
