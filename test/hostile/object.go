package hostile

import (
	"bytes"
	"encoding/binary"
)

// An object is an object file with what lies where in it. Only what is well-formed is found.
type object struct {
	order    binary.ByteOrder
	b        []byte
	sections []section
	shapes   []*shape // of which there are records, in the order in which they were found
	records  map[*shape][]int
	types    []int // where each type of .BTF stands; [0] is void
}

type section struct {
	name      string
	header    int // where its header stands
	off, size int
	typ, info uint32
	flags     uint64
}

func (s *section) end() int { return s.off + s.size }

// Of elf.h.
const (
	shtSymtab    = 2
	shtStrtab    = 3
	shtNobits    = 8
	shtRel       = 9
	shfExecinstr = 4
)

// analyse finds the records of an object.
func analyse(b []byte) *object {
	o := &object{b: b, order: binary.LittleEndian, records: make(map[*shape][]int), types: []int{0}}
	if len(b) < elfHeader.size || string(b[:4]) != "\x7fELF" {
		return o
	}
	if b[5] == 2 {
		o.order = binary.BigEndian
	}
	o.add(elfHeader, 0)
	headers := int(o.get(0, elfHeader.field("e_shoff")))
	for i := range int(o.get(0, elfHeader.field("e_shnum"))) {
		at := headers + i*sectionHeader.size
		o.add(sectionHeader, at)
		o.sections = append(o.sections, o.section(at))
	}
	names := &o.sections[o.get(0, elfHeader.field("e_shstrndx"))]
	for i := range o.sections {
		s := &o.sections[i]
		s.name = o.string(names.off + int(o.get(s.header, sectionHeader.field("sh_name"))))
		o.contents(s)
	}
	return o
}

func (o *object) section(at int) section {
	get := func(name string) uint64 { return o.get(at, sectionHeader.field(name)) }
	return section{
		header: at, off: int(get("sh_offset")), size: int(get("sh_size")), typ: uint32(get("sh_type")),
		info: uint32(get("sh_info")), flags: get("sh_flags"),
	}
}

func (o *object) contents(s *section) {
	switch {
	case s.typ == shtNobits:
	case s.typ == shtSymtab:
		o.table(symbol, s.off, s.end())
	case s.typ == shtRel:
		o.table(relocation, s.off, s.end())
	case s.typ == shtStrtab, s.name == "license":
		o.table(text, s.off, s.end())
	case s.flags&shfExecinstr != 0:
		o.table(instruction, s.off, s.end())
	case s.name == ".BTF":
		o.btf(s)
	case s.name == ".BTF.ext":
		o.ext(s)
	}
}

func (o *object) add(s *shape, at int) {
	if o.records[s] == nil {
		o.shapes = append(o.shapes, s)
	}
	o.records[s] = append(o.records[s], at)
}

func (o *object) table(s *shape, from, to int) {
	for at := from; at+s.size <= to; at += s.size {
		o.add(s, at)
	}
}

// named finds a section by its name; nil if there is none.
func (o *object) named(name string) *section {
	for i := range o.sections {
		if o.sections[i].name == name {
			return &o.sections[i]
		}
	}
	return nil
}

func (o *object) word(at int) uint32 { return o.order.Uint32(o.b[at:]) }

func (o *object) string(at int) string {
	s, _, _ := bytes.Cut(o.b[at:], []byte{0})
	return string(s)
}

func (o *object) get(at int, f field) uint64 {
	b := o.b[at+f.off:]
	switch f.size {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(o.order.Uint16(b))
	case 4:
		return uint64(o.order.Uint32(b))
	}
	return o.order.Uint64(b)
}

func (o *object) put(at int, f field, v uint64) {
	b := o.b[at+f.off:]
	switch f.size {
	case 1:
		b[0] = byte(v)
	case 2:
		o.order.PutUint16(b, uint16(v))
	case 4:
		o.order.PutUint32(b, uint32(v))
	default:
		o.order.PutUint64(b, v)
	}
}
