package elf

import (
	"bytes"
	stdelf "debug/elf"
	"encoding/binary"
	"testing"
)

// encode writes back what Parse decoded over a copy of b in which those parts
// are zeroed: the file header, the section header table, the symbol table and
// the relocations. The layouts are debug/elf's, not this package's.
func encode(f *File, b []byte) []byte {
	out := bytes.Clone(b)
	put := func(off uint64, v any) {
		n := uint64(binary.Size(v))
		if _, err := binary.Encode(out[off:off+n], f.ByteOrder, v); err != nil {
			panic(err)
		}
	}
	clear(out[:binary.Size(stdelf.Header64{})])
	clear(out[f.shoff:][:len(f.Sections)*binary.Size(stdelf.Section64{})])
	for _, s := range f.Sections {
		if s.Type == SHT_SYMTAB || s.Type == SHT_REL && f.Sections[s.Info].Flags&SHF_COMPRESSED == 0 {
			clear(out[s.Offset:][:s.Size])
		}
	}
	put(0, encodeHeader(f, b))
	for i, s := range f.Sections {
		put(f.shoff+uint64(i*64), stdelf.Section64{
			Name: nameOffset(f, b, f.shoff+uint64(i*64), uint32(f.shstrndx), s.Name), Type: uint32(s.Type), Flags: uint64(s.Flags), Off: s.Offset, Size: s.Size,
			Link: s.Link, Info: s.Info, Addralign: s.Align, Entsize: s.EntSize,
		})
		switch s.Type {
		case SHT_SYMTAB:
			for j, sym := range f.Symbols {
				put(s.Offset+uint64(j*24), stdelf.Sym64{
					Name: nameOffset(f, b, s.Offset+uint64(j*24), s.Link, sym.Name), Info: uint8(sym.Bind)<<4 | uint8(sym.Type), Other: uint8(sym.Visibility),
					Shndx: uint16(sym.Section), Value: sym.Value, Size: sym.Size,
				})
			}
		case SHT_REL:
			for j, x := range f.Sections[s.Info].Relocs {
				put(s.Offset+uint64(j*16), stdelf.Rel64{
					Off: x.Offset, Info: uint64(x.Symbol)<<32 | uint64(x.Type),
				})
			}
		}
	}
	return out
}

// nameOffset returns the number that b has at off, if the string table of that
// index has the name there. File does not keep the offsets of names.
func nameOffset(f *File, b []byte, off uint64, table uint32, name string) uint32 {
	v := f.ByteOrder.Uint32(b[off:])
	data := f.Sections[table].Data
	if v == 0 && name == "" || int64(v) < int64(len(data)) && bytes.HasPrefix(data[v:], []byte(name+"\x00")) {
		return v
	}
	return ^v
}

func encodeHeader(f *File, b []byte) stdelf.Header64 {
	h := stdelf.Header64{
		Type: uint16(stdelf.ET_REL), Machine: uint16(stdelf.EM_BPF), Version: uint32(stdelf.EV_CURRENT),
		Shoff: f.shoff, Flags: f.Flags, Ehsize: 64, Shentsize: 64,
		Shnum: uint16(len(f.Sections)), Shstrndx: uint16(f.shstrndx),
	}
	copy(h.Ident[:], stdelf.ELFMAG)
	h.Ident[stdelf.EI_CLASS] = byte(stdelf.ELFCLASS64)
	h.Ident[stdelf.EI_DATA] = byte(stdelf.ELFDATA2LSB)
	if f.ByteOrder == binary.BigEndian {
		h.Ident[stdelf.EI_DATA] = byte(stdelf.ELFDATA2MSB)
	}
	h.Ident[stdelf.EI_VERSION] = byte(stdelf.EV_CURRENT)
	if abi := stdelf.OSABI(b[stdelf.EI_OSABI]); abi == stdelf.ELFOSABI_LINUX { // File does not keep it
		h.Ident[stdelf.EI_OSABI] = byte(abi)
	}
	return h
}

// firstDifference returns the index of the first byte in which a and b, of the
// same length, differ.
func firstDifference(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

func TestRoundTrip(t *testing.T) {
	for _, name := range objects(t) {
		b := readObject(t, name)
		if i := firstDifference(b, encode(mustParse(t, b), b)); i >= 0 {
			t.Errorf("%s: what is decoded does not give byte %#x of the file back", name, i)
		}
	}
}
