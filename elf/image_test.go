package elf

import (
	"bytes"
	stdelf "debug/elf"
	"encoding/binary"
	"fmt"
	"reflect"
	"testing"
)

// An image is an object to be broken at a named field. It finds its way by
// debug/elf and by that package's layouts.
type image struct {
	t     *testing.T
	b     []byte
	order binary.ByteOrder
	f     *stdelf.File
	shoff uint64
}

func newImage(t *testing.T, b []byte) *image {
	t.Helper()
	b = bytes.Clone(b)
	f, err := stdelf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	m := &image{t: t, b: b, order: f.ByteOrder, f: f}
	m.shoff = m.get(ehdr("Shoff")(m))
	return m
}

// A field is a number in an image, with the name of the structure it is in.
type field struct {
	off   uint64
	width int
	where string
}

// at finds a field.
type at func(m *image) field

func (m *image) section(name string) int {
	m.t.Helper()
	for i, s := range m.f.Sections {
		if s.Name == name {
			return i
		}
	}
	m.t.Fatalf("no section %q", name)
	return 0
}

func (m *image) get(f field) uint64 {
	switch b := m.b[f.off:]; f.width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(m.order.Uint16(b))
	case 4:
		return uint64(m.order.Uint32(b))
	}
	return m.order.Uint64(m.b[f.off:])
}

func (m *image) set(f field, v uint64) {
	switch b := m.b[f.off:]; f.width {
	case 1:
		b[0] = byte(v)
	case 2:
		m.order.PutUint16(b, uint16(v))
	case 4:
		m.order.PutUint32(b, uint32(v))
	case 8:
		m.order.PutUint64(b, v)
	}
}

// member is the place of a member in a C structure, from the Go structure that
// debug/elf has for it.
func member(t *testing.T, structure any, name string) (off uint64, width int) {
	t.Helper()
	typ := reflect.TypeOf(structure)
	f, ok := typ.FieldByName(name)
	if !ok {
		t.Fatalf("no member %s in %v", name, typ)
	}
	for i := range f.Index[0] {
		off += uint64(typ.Field(i).Type.Size())
	}
	return off, int(f.Type.Size())
}

func ident(i int) at {
	return func(*image) field { return field{uint64(i), 1, "file header"} }
}

func ehdr(name string) at {
	return func(m *image) field {
		off, width := member(m.t, stdelf.Header64{}, name)
		return field{off, width, "file header"}
	}
}

func shdr(section, name string) at {
	return func(m *image) field {
		i := m.section(section)
		off, width := member(m.t, stdelf.Section64{}, name)
		where := fmt.Sprintf("section header %d (%q)", i, section)
		if i == 0 {
			where = "section header 0"
		}
		return field{m.shoff + uint64(i*binary.Size(stdelf.Section64{})) + off, width, where}
	}
}

// data is a byte of a section's contents.
func data(section string, i int) at {
	return func(m *image) field {
		n := m.section(section)
		return field{m.f.Sections[n].Offset + uint64(i), 1, fmt.Sprintf("section %d (%q)", n, section)}
	}
}

func sym(symbol, name string) at {
	return func(m *image) field {
		index := 0
		symbols, err := m.f.Symbols()
		if err != nil {
			m.t.Fatal(err)
		}
		for i, s := range symbols {
			if symbol != "" && s.Name == symbol {
				index = 1 + i
			}
		}
		where := fmt.Sprintf("symbol %d (%q)", index, symbol)
		if index == 0 {
			where = "symbol 0"
		}
		off, width := member(m.t, stdelf.Sym64{}, name)
		tab := m.f.Sections[m.section(".symtab")].Offset
		return field{tab + uint64(index*binary.Size(stdelf.Sym64{})) + off, width, where}
	}
}

// rel is a member of a relocation; of r_info, "Type" and "Sym" are the halves.
func rel(section string, i int, name string) at {
	return func(m *image) field {
		n := m.section(section)
		start := m.f.Sections[n].Offset + uint64(i*binary.Size(stdelf.Rel64{}))
		where := fmt.Sprintf("section %d (%q): relocation %d", n, section, i)
		infoOff, _ := member(m.t, stdelf.Rel64{}, "Info")
		high, low := uint64(0), uint64(4) // of r_info in a big-endian file
		if m.order == binary.LittleEndian {
			high, low = low, high
		}
		switch name {
		case "Sym":
			return field{start + infoOff + high, 4, where}
		case "Type":
			return field{start + infoOff + low, 4, where}
		}
		off, width := member(m.t, stdelf.Rel64{}, name)
		return field{start + off, width, where}
	}
}

// as replaces the name of the structure, where an earlier change of the row
// hides it.
func (a at) as(where string) at {
	return func(m *image) field {
		f := a(m)
		f.where = where
		return f
	}
}
