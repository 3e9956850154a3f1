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

// stringTable is a string section: names that end with NUL, the empty one first. Names of a decoded
// table are substrings of base. Names added later are kept apart, so that adding n of them does not copy the table n times.
type stringTable struct {
	base  string
	added []string // follow base; each ends with NUL
}

func (t *stringTable) len() int {
	n := len(t.base)
	for _, s := range t.added {
		n += len(s)
	}
	return n
}

// from returns what the table has at an offset, up to the end of a name at least; "" past its end. Offsets in the middle
// of a name are good: the kernel takes them, and a table may share the ends of names.
func (t *stringTable) from(off uint32) string {
	rest, at := t.base, uint64(off)
	for i := 0; at >= uint64(len(rest)); i++ {
		if i == len(t.added) {
			return ""
		}
		at -= uint64(len(rest))
		rest = t.added[i]
	}
	return rest[at:]
}

// at returns the string at an offset, or why there is none.
func (t *stringTable) at(off uint32) (text, why string) {
	rest := t.from(off)
	if rest == "" {
		return "", fmt.Sprintf("string offset 0x%x past the end of the string table (0x%x bytes)", off, t.len())
	}
	text, _, _ = strings.Cut(rest, "\x00")
	return text, ""
}

// name returns the string at an offset that is to be a name.
func (t *stringTable) name(off uint32) (name, why string) {
	if name, why = t.at(off); len(name) > maxName {
		return "", "name of more than 4096 bytes"
	}
	return name, why
}

// renamed tells a builder of types that a name was written to its field, which the string table does not see.
const renamed = "name is not the one in the string table: names are set by Add and Rename"

// check returns why a name that refers to an offset may not, "" if it may.
func (t *stringTable) check(off uint32, name string) string {
	if rest := t.from(off); len(rest) <= len(name) || rest[:len(name)] != name || rest[len(name)] != 0 {
		return renamed
	}
	_, why := t.name(off)
	return why
}

// intern returns the name, which ends before its first NUL, and its offset in the table, to which it is added if it is not
// there. It searches instead of keeping an index: a loader adds a name or two to a table of some kilobytes.
func (t *stringTable) intern(name string) (string, uint32) {
	name, _, _ = strings.Cut(name, "\x00")
	if name == "" {
		return "", 0
	}
	if i := strings.Index(t.base, "\x00"+name+"\x00"); i >= 0 {
		return name, uint32(i + 1)
	}
	off := len(t.base)
	for _, s := range t.added {
		if s[:len(s)-1] == name {
			return name, uint32(off)
		}
		off += len(s)
	}
	t.added = append(t.added, name+"\x00")
	return name, uint32(off)
}
