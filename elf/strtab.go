package elf

import "strings"

// maxName bounds a name, its NUL included. Names may share bytes, so without
// a bound a file of n bytes could make n/24 symbols each scan n bytes. PATH_MAX
// leaves room for the longest name that has a use, that of an STT_FILE symbol.
const maxName = 4096

// A stringTable is the contents of an SHT_STRTAB section as one string, of
// which names are substrings.
type stringTable string

// newStringTable checks what the gABI says in chapter 4, "String Table": the
// first and the last byte are NUL, or there are no bytes at all. The last one
// ends every name inside the table.
func newStringTable(b []byte) (stringTable, *Error) {
	if len(b) == 0 {
		return "", nil
	}
	if b[0] != 0 {
		return "", malformed("string table starts with %#x instead of NUL", b[0])
	}
	if c := b[len(b)-1]; c != 0 {
		return "", malformed("string table ends with %#x instead of NUL", c)
	}
	return stringTable(b), nil
}

// name returns the name at off. The member of the structure that refers to
// it is named field, for the error.
func (t stringTable) name(field string, off uint32) (string, *Error) {
	if uint64(off) >= uint64(len(t)) {
		if off == 0 {
			return "", nil
		}
		return "", malformed("%s %#x is outside of the string table (%#x bytes)", field, off, len(t))
	}
	s := string(t[off:])
	if len(s) > maxName {
		s = s[:maxName]
	}
	end := strings.IndexByte(s, 0)
	if end < 0 {
		return "", unsupported("%s %#x: name %q... is %d bytes or longer", field, off, s[:16], maxName)
	}
	return s[:end], nil
}
