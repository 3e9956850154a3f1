package bpfobj

import (
	"bytes"
	"encoding/binary"
	"testing"

	"kptr/btf"
	"kptr/elf"
)

// An image is an object file taken apart, so that a test can break one thing and
// put it together again.
type image struct {
	order    binary.ByteOrder
	sections []imageSection // [0] is SHN_UNDEF
	symbols  []elf.Symbol
}

type imageSection struct {
	name   string
	typ    elf.SectionType
	flags  elf.SectionFlags
	data   []byte
	size   uint64 // of SHT_NOBITS
	relocs []elf.Reloc
}

// takeApart reads an object, its tables apart, which write makes anew.
func takeApart(t testing.TB, b []byte) *image {
	t.Helper()
	f, err := elf.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	im := &image{order: f.ByteOrder, symbols: append([]elf.Symbol(nil), f.Symbols...)}
	moved := make([]elf.SectionIndex, len(f.Sections))
	for i, s := range f.Sections {
		if s.Type == elf.SHT_REL || s.Type == elf.SHT_SYMTAB || s.Type == elf.SHT_STRTAB || s.Name == ".llvm_addrsig" {
			continue
		}
		moved[i] = elf.SectionIndex(len(im.sections))
		im.sections = append(im.sections, imageSection{
			name: s.Name, typ: s.Type, flags: s.Flags, data: bytes.Clone(s.Data), size: s.Size, relocs: append([]elf.Reloc(nil), s.Relocs...),
		})
	}
	for i := range im.symbols {
		if s := &im.symbols[i]; s.Section != elf.SHN_UNDEF && !s.Section.Reserved() {
			s.Section = moved[s.Section]
		}
	}
	return im
}

func (im *image) section(name string) *imageSection {
	for i := range im.sections {
		if im.sections[i].name == name {
			return &im.sections[i]
		}
	}
	panic("no section " + name)
}

func (im *image) symbol(name string) *elf.Symbol { return &im.symbols[im.symbolIndex(name)] }

func (im *image) symbolIndex(name string) int {
	for i := range im.symbols {
		if im.symbols[i].Name == name {
			return i
		}
	}
	panic("no symbol " + name)
}

// remove takes a section out; symbols keep their section numbers.
func (im *image) remove(name string) {
	s := im.section(name)
	s.name, s.relocs = "removed", nil
}

// editBTF decodes .BTF as it stands, without its relocations, and encodes what edit
// leaves. Types may be added, but not before those that relocations patch.
func (im *image) editBTF(t testing.TB, edit func(*btf.Spec)) {
	t.Helper()
	s := im.section(".BTF")
	types, err := btf.Decode(s.data)
	if err != nil {
		t.Fatal(err)
	}
	edit(types)
	if s.data, err = types.Encode(); err != nil {
		t.Fatal(err)
	}
}

// find gives the type of that kind and name.
func find(types *btf.Spec, kind btf.Kind, name string) *btf.Type {
	id, err := types.Find(kind, name)
	if err != nil {
		panic(err)
	}
	return types.Type(id)
}

// write puts the image together: header, sections, tables, section headers.
func (im *image) write() []byte {
	w := imageWriter{order: im.order.(binary.AppendByteOrder), strings: []byte{0}, b: make([]byte, 64)}
	for i := range im.sections {
		s := &im.sections[i]
		if i == 0 {
			w.header(imageSection{}, 0, 0, 0)
			continue
		}
		w.header(*s, 0, 0, 0)
	}
	symtab, strtab := len(im.sections), len(im.sections)+1
	table := imageSection{name: ".symtab", typ: elf.SHT_SYMTAB}
	for _, s := range im.symbols {
		table.data = w.symbol(table.data, s)
	}
	w.header(table, uint32(strtab), 0, 24)
	// The name has to be in the table before the table is written.
	w.name(".strtab")
	for i := range im.sections {
		w.name(".rel" + im.sections[i].name)
	}
	w.header(imageSection{name: ".strtab", typ: elf.SHT_STRTAB, data: w.strings}, 0, 0, 0)
	for i := range im.sections {
		if len(im.sections[i].relocs) == 0 {
			continue
		}
		rel := imageSection{name: ".rel" + im.sections[i].name, typ: elf.SHT_REL}
		for _, r := range im.sections[i].relocs {
			rel.data = w.order.AppendUint64(rel.data, r.Offset)
			rel.data = w.order.AppendUint64(rel.data, uint64(r.Symbol)<<32|uint64(r.Type))
		}
		w.header(rel, uint32(symtab), uint32(i), 16)
	}
	return w.finish(im.order, strtab)
}

type imageWriter struct {
	order   binary.AppendByteOrder
	strings []byte
	b       []byte // the file up to the section headers
	headers []byte
}

func (w *imageWriter) name(s string) uint32 {
	if i := bytes.Index(w.strings, append(append([]byte{0}, s...), 0)); i >= 0 {
		return uint32(i + 1)
	}
	off := len(w.strings)
	w.strings = append(append(w.strings, s...), 0)
	return uint32(off)
}

// header appends a section's data to the file and an Elf64_Shdr to the headers.
func (w *imageWriter) header(s imageSection, link, info uint32, entry uint64) {
	if s.typ == elf.SHT_NULL {
		w.headers = append(w.headers, make([]byte, 64)...)
		return
	}
	for len(w.b)%8 != 0 {
		w.b = append(w.b, 0)
	}
	size := uint64(len(s.data))
	if s.typ == elf.SHT_NOBITS {
		size = s.size
	}
	name := w.name(s.name)
	h := w.order.AppendUint32(w.headers, name)
	h = w.order.AppendUint32(h, uint32(s.typ))
	h = w.order.AppendUint64(h, uint64(s.flags&(elf.SHF_WRITE|elf.SHF_ALLOC|elf.SHF_EXECINSTR)))
	h = w.order.AppendUint64(h, 0) // sh_addr
	h = w.order.AppendUint64(h, uint64(len(w.b)))
	h = w.order.AppendUint64(h, size)
	h = w.order.AppendUint32(h, link)
	h = w.order.AppendUint32(h, info)
	h = w.order.AppendUint64(h, 8) // sh_addralign
	w.headers = w.order.AppendUint64(h, entry)
	w.b = append(w.b, s.data...)
}

// symbol appends an Elf64_Sym.
func (w *imageWriter) symbol(b []byte, s elf.Symbol) []byte {
	name := uint32(0)
	if s.Name != "" {
		name = w.name(s.Name)
	}
	b = w.order.AppendUint32(b, name)
	b = append(b, byte(s.Bind)<<4|byte(s.Type), byte(s.Visibility))
	b = w.order.AppendUint16(b, uint16(s.Section))
	b = w.order.AppendUint64(b, s.Value)
	return w.order.AppendUint64(b, s.Size)
}

// finish writes the Elf64_Ehdr and appends the section headers.
func (w *imageWriter) finish(order binary.ByteOrder, strtab int) []byte {
	for len(w.b)%8 != 0 {
		w.b = append(w.b, 0)
	}
	data := byte(1) // ELFDATA2LSB
	if order == binary.ByteOrder(binary.BigEndian) {
		data = 2
	}
	h := append([]byte("\x7fELF"), 2, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	h = w.order.AppendUint16(h, 1)   // ET_REL
	h = w.order.AppendUint16(h, 247) // EM_BPF
	h = w.order.AppendUint32(h, 1)   // EV_CURRENT
	h = w.order.AppendUint64(h, 0)   // e_entry
	h = w.order.AppendUint64(h, 0)   // e_phoff
	h = w.order.AppendUint64(h, uint64(len(w.b)))
	h = w.order.AppendUint32(h, 0) // e_flags
	for _, v := range []int{64, 0, 0, 64, len(w.headers) / 64, strtab} {
		h = w.order.AppendUint16(h, uint16(v))
	}
	copy(w.b, h)
	return append(w.b, w.headers...)
}

// TestImage: an image that nothing was done to describes the same object.
func TestImage(t *testing.T) {
	for _, tt := range parseTests {
		bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
			b := readObject(t, tt.object, order)
			want := mustParse(t, b)
			got := mustParse(t, takeApart(t, b).write())
			if len(got.Maps) != len(want.Maps) || len(got.Programs) != len(want.Programs) {
				t.Errorf("%s: %d maps and %d programs, want %d and %d", tt.object, len(got.Maps), len(got.Programs), len(want.Maps), len(want.Programs))
			}
			for i := range got.Programs {
				if !bytes.Equal(got.Programs[i].code.b, want.Programs[i].code.b) {
					t.Errorf("%s: program %q differs", tt.object, got.Programs[i].Name)
				}
			}
		})
	}
}
