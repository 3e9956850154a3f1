package elf

import "encoding/binary"

// A reader is the only way to the bytes of a file.
type reader struct {
	b     []byte
	order binary.ByteOrder
}

// bytes returns the n bytes at off, or false if they run past the end of the
// file. Both numbers come from the file: their sum, which may wrap around, is
// never formed.
func (r *reader) bytes(off, n uint64) ([]byte, bool) {
	size := uint64(len(r.b))
	if off > size || n > size-off {
		return nil, false
	}
	return r.b[off : off+n : off+n], true
}

// table cuts the n bytes at off into records of entry bytes. The caller has
// checked that n is a multiple of entry.
func (r *reader) table(off, n uint64, entry int) (table, bool) {
	b, ok := r.bytes(off, n)
	return table{b: b, off: off, entry: entry, order: r.order}, ok
}

// A table is an array of records of one size.
type table struct {
	b     []byte
	off   uint64
	entry int
	order binary.ByteOrder
}

func (t *table) len() int { return len(t.b) / t.entry }

func (t *table) record(i int) record {
	at := i * t.entry
	return record{b: t.b[at : at+t.entry], off: t.off + uint64(at), order: t.order}
}

// A record is one C structure of the file, whole: the offsets that its methods
// take are constants below its size.
type record struct {
	b     []byte
	off   uint64
	order binary.ByteOrder
}

func (r *record) u8(at int) uint8   { return r.b[at] }
func (r *record) u16(at int) uint16 { return r.order.Uint16(r.b[at:]) }
func (r *record) u32(at int) uint32 { return r.order.Uint32(r.b[at:]) }
func (r *record) u64(at int) uint64 { return r.order.Uint64(r.b[at:]) }

// zero reports whether every byte is 0, as the first entries of the section
// header table and of the symbol table have to be.
func (r *record) zero() bool {
	for _, c := range r.b {
		if c != 0 {
			return false
		}
	}
	return true
}

// at is the offset in the file of a field of the record.
func (r *record) at(field int) uint64 { return r.off + uint64(field) }
