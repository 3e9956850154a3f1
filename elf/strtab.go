package elf

import "strings"

// maxName bounds a name, its NUL included. Names may share bytes, so without
// a bound a file of n bytes could make n/24 symbols each scan n bytes. PATH_MAX
// leaves room for the longest name that has a use, that of an STT_FILE symbol.
const maxName = 4096

// A stringTable is the contents of an SHT_STRTAB section as one string, of
// which names are substrings.
type stringTable string

// stringTable checks what the gABI says in chapter 4, "String Table": the
// first and the last byte are NUL, or there are no bytes at all. The last one
// ends every name inside the table.
func (s *Section) stringTable() stringTable {
	if n := len(s.Data); n > 0 {
		want(s.contents(), s.Data[0] == 0, ErrMalformed, 0, "string table starts with %#x instead of NUL", s.Data[0])
		want(s.contents(), s.Data[n-1] == 0, ErrMalformed, 0, "string table ends with %#x instead of NUL", s.Data[n-1])
	}
	return stringTable(s.Data)
}

// name returns the name that a record refers to by its member at that offset,
// which is named for the error. Index 0 is no name even in a table without
// bytes.
func (t stringTable) name(r *record, at int, member string) string {
	off := r.u32(at)
	if off == 0 {
		return ""
	}
	if uint64(off) >= uint64(len(t)) {
		r.refuse(ErrMalformed, at, "%s %#x is outside of the string table (%#x bytes)", member, off, len(t))
	}
	s := string(t[off:])
	end := strings.IndexByte(s[:min(len(s), maxName)], 0)
	if end < 0 {
		r.refuse(ErrUnsupported, at, "%s %#x: name %q... is %d bytes or longer", member, off, s[:16], maxName)
	}
	return s[:end]
}
