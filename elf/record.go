package elf

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Offsets of the members of Elf64_Ehdr, Elf64_Shdr, Elf64_Sym and Elf64_Rel,
// and the sizes of the structures (elf.h; gABI figures 4-3, 4-8, 4-15, 4-19).
const (
	eiClass, eiData, eiVersion, eiOSABI    = 4, 5, 6, 7
	eiABIVersion, eiPad, eiNIdent          = 8, 9, 16
	eType, eMachine, eVersion, eEntry      = 16, 18, 20, 24
	ePhoff, eShoff, eFlags, eEhsize        = 32, 40, 48, 52
	ePhentsize, ePhnum, eShentsize, eShnum = 54, 56, 58, 60
	eShstrndx, ehdrSize                    = 62, 64

	shName, shType, shFlags, shAddr  = 0, 4, 8, 16
	shOffset, shSize, shLink, shInfo = 24, 32, 40, 44
	shAddralign, shEntsize, shdrSize = 48, 56, 64

	stName, stInfo, stOther, stShndx = 0, 4, 5, 6
	stValue, stSize, symSize         = 8, 16, 24

	rOffset, rInfo, relSize = 0, 8, 16
)

// A record is one of these structures, whole: its methods take the constants.
// It knows what it is, for errors.
type record struct {
	b     []byte
	order binary.ByteOrder
	off   uint64 // in the file
	kind  string
	index int      // in its table
	name  string   // empty if it has none, or it is not known yet
	in    *Section // the table, if there can be several of the kind
}

const fileHeader = "file header" // the kind of which there is but one

// record returns a record of the table at start, which has been checked to lie
// in the file.
func (f *File) record(kind string, start uint64, index, size int) *record {
	off := start + uint64(index*size)
	return &record{b: f.raw[off:][:size], order: f.ByteOrder, off: off, kind: kind, index: index}
}

func (r *record) u8(at int) uint8   { return r.b[at] }
func (r *record) u16(at int) uint16 { return r.order.Uint16(r.b[at:]) }
func (r *record) u32(at int) uint32 { return r.order.Uint32(r.b[at:]) }
func (r *record) u64(at int) uint64 { return r.order.Uint64(r.b[at:]) }

// zero reports whether every byte is 0, as the first entries of the section
// header table and of the symbol table have to be.
func (r *record) zero() bool { return bytes.Count(r.b, []byte{0}) == len(r.b) }

func (r *record) where() string {
	switch {
	case r.kind == fileHeader:
		return fileHeader
	case r.in != nil:
		return fmt.Sprintf("%v: %s %d", r.in, r.kind, r.index)
	case r.name != "":
		return fmt.Sprintf("%s %d (%q)", r.kind, r.index, r.name)
	}
	return fmt.Sprintf("%s %d", r.kind, r.index)
}

// refuse ends Parse with an error that blames the member at that offset.
func (r *record) refuse(kind error, member int, format string, args ...any) {
	panic(&Error{Kind: kind, Where: r.where(), Off: r.off + uint64(member), What: fmt.Sprintf(format, args...)})
}

// want refuses the record unless ok. Values of one type, rather than any, are
// not allocated where the rule holds.
func want[T any](r *record, ok bool, kind error, member int, format string, values ...T) {
	if ok {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	r.refuse(kind, member, format, args...)
}
