package btf

import (
	"fmt"
	"strings"
)

// maxStrings is the longest string table that the kernel takes: BTF_MAX_NAME_OFFSET, of
// include/uapi/linux/btf.h, is the last offset of a name.
const maxStrings = 0xffffff + 1

// maxName bounds the name of a type, a member and so on, in bytes: a million types that all name the same
// megabytes would otherwise take hours to read. The kernel takes 511 (KSYM_NAME_LEN) in identifiers.
const maxName = 4096

// stringTable is a string section: names that end with NUL, the empty one first.
type stringTable string

// at returns the string at an offset, or why there is none. Offsets in the middle of a name are good: the kernel takes them, and a
// table may share the ends of names.
func (t stringTable) at(off uint32) (text, why string) {
	if why = t.outside(off); why == "" {
		text, _, _ = strings.Cut(string(t[off:]), "\x00")
	}
	return text, why
}

// outside says why there is no string at an offset, "" if there is one, however long it is.
func (t stringTable) outside(off uint32) (why string) {
	if uint64(off) >= uint64(len(t)) {
		return fmt.Sprintf("string offset 0x%x past the end of the string table (0x%x bytes)", off, len(t))
	}
	return ""
}

// name returns the string at an offset that is to be a name.
func (t stringTable) name(off uint32) (name, why string) {
	if name, why = t.at(off); len(name) > maxName {
		return "", longName
	}
	return name, why
}

const longName = "name of more than 4096 bytes"
