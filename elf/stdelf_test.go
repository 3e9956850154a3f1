package elf

import (
	"bytes"
	stdelf "debug/elf"
	"fmt"
	"strings"
	"testing"
)

// TestDebugELF compares sections and symbols with what the standard library's
// debug/elf reads from the same bytes.
func TestDebugELF(t *testing.T) {
	for _, name := range objects(t) {
		t.Run(name, func(t *testing.T) {
			b := readObject(t, name)
			got := mustParse(t, b)
			want, err := stdelf.NewFile(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if got.ByteOrder.String() != want.ByteOrder.String() {
				t.Errorf("byte order %v, want %v", got.ByteOrder, want.ByteOrder)
			}
			compareSections(t, got, want)
			compareSymbols(t, got, want)
		})
	}
}

func compareSections(t *testing.T, got *File, want *stdelf.File) {
	if len(got.Sections) != len(want.Sections) {
		t.Fatalf("%d sections, want %d", len(got.Sections), len(want.Sections))
	}
	for i, w := range want.Sections {
		g := &got.Sections[i]
		have := stdelf.SectionHeader{
			Name: g.Name, Type: stdelf.SectionType(g.Type), Flags: stdelf.SectionFlag(g.Flags),
			Offset: g.Offset, Size: g.Size, Link: g.Link, Info: g.Info,
			Addralign: g.Align, Entsize: g.EntSize, FileSize: g.Size,
		}
		if have != w.SectionHeader {
			t.Errorf("section %d: %+v, want %+v", i, have, w.SectionHeader)
		}
		if w.Type == stdelf.SHT_NOBITS || w.Type == stdelf.SHT_NULL {
			if g.Data != nil {
				t.Errorf("section %d has data", i)
			}
			continue
		}
		data, err := w.Data()
		if err != nil || !bytes.Equal(g.Data, data) {
			t.Errorf("section %d: data differ (%v)", i, err)
		}
	}
}

func compareSymbols(t *testing.T, got *File, want *stdelf.File) {
	symbols, err := want.Symbols() // leaves out the null symbol
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Symbols) != 1+len(symbols) {
		t.Fatalf("%d symbols, want %d", len(got.Symbols), 1+len(symbols))
	}
	for i, w := range symbols {
		g := &got.Symbols[1+i]
		have := stdelf.Symbol{
			Name: g.Name, Info: uint8(g.Bind)<<4 | uint8(g.Type), Other: uint8(g.Visibility),
			Section: stdelf.SectionIndex(g.Section), Value: g.Value, Size: g.Size,
		}
		if have != w {
			t.Errorf("symbol %d: %+v, want %+v", 1+i, have, w)
		}
	}
}

// TestDebugELFNames compares the names of constants, those of refused values
// too, with debug/elf.
func TestDebugELFNames(t *testing.T) {
	for v := range uint32(20) {
		want := stdelf.SectionType(v).String()
		if v == 12 || v == 13 { // not assigned
			want = fmt.Sprintf("SHT_%#x", v)
		}
		if v == 19 { // not known to debug/elf
			want = "SHT_RELR"
		}
		if got := SectionType(v).String(); got != want {
			t.Errorf("section type %d: %s, want %s", v, got, want)
		}
	}
	for bit := range 12 {
		if bit == 3 { // not assigned
			continue
		}
		f := uint64(1) << bit
		if got, want := SectionFlags(f).String(), stdelf.SectionFlag(f).String(); got != want {
			t.Errorf("section flag %#x: %s, want %s", f, got, want)
		}
	}
	for _, v := range []uint8{0, 1, 2, 3, 4, 5, 6} {
		if got, want := SymbolType(v).String(), stdelf.SymType(v).String(); got != want {
			t.Errorf("symbol type %d: %s, want %s", v, got, want)
		}
	}
	for v := range uint8(3) {
		if got, want := SymbolBind(v).String(), stdelf.SymBind(v).String(); got != want {
			t.Errorf("symbol binding %d: %s, want %s", v, got, want)
		}
	}
	for _, v := range []uint16{0, 0xfff1, 0xfff2, 0xffff} {
		if got, want := SectionIndex(v).String(), stdelf.SectionIndex(v).String(); got != want {
			t.Errorf("section index %#x: %s, want %s", v, got, want)
		}
	}
	for v := range uint16(300) {
		if got := nameOf("EM_", uint64(v)); !strings.Contains(got, "0x") && got != stdelf.Machine(v).String() {
			t.Errorf("machine %d: %s, want %s", v, got, stdelf.Machine(v))
		}
		if got := nameOf("ET_", uint64(v)); !strings.Contains(got, "0x") && got != stdelf.Type(v).String() {
			t.Errorf("file type %d: %s, want %s", v, got, stdelf.Type(v))
		}
	}
}

// TestNumbersWithoutName checks what String gives where no standard has a name.
func TestNumbersWithoutName(t *testing.T) {
	for _, v := range []fmt.Stringer{
		SectionType(0x7fffffff), SectionFlags(1 << 40), SymbolBind(15), SymbolType(15),
		SectionIndex(0xff05), SectionIndex(7), RelocType(99),
	} {
		s := v.String()
		if s == "" || strings.Contains(s, "!") || !strings.ContainsAny(s, "0123456789") {
			t.Errorf("%T: %q has no number", v, s)
		}
	}
}
