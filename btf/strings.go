package btf

import (
	"bytes"
	"fmt"
	"maps"
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
	tail  []byte // follows base
	added map[string]uint32
}

func (t *stringTable) len() int { return len(t.base) + len(t.tail) }

// at returns the name at an offset. Offsets in the middle of a name are good: the kernel takes them,
// and a table may share the ends of names.
func (t *stringTable) at(off uint32) (string, bool) {
	if uint64(off) < uint64(len(t.base)) {
		rest := t.base[off:]
		return rest[:strings.IndexByte(rest, 0)], true // base ends with NUL
	}
	rest := uint64(off) - uint64(len(t.base))
	if rest >= uint64(len(t.tail)) {
		return "", false
	}
	end := bytes.IndexByte(t.tail[rest:], 0)
	return string(t.tail[rest:][:end]), true
}

// name returns the name at an offset, or why it cannot.
func (t *stringTable) name(off uint32) (name, what string) {
	if uint64(off) >= uint64(len(t.base)) {
		name, ok := t.at(off)
		if !ok {
			return "", offsetOutside(off, t.len())
		}
		return name, ""
	}
	rest := t.base[off:min(len(t.base), int(off)+maxName+1)]
	end := strings.IndexByte(rest, 0)
	if end < 0 {
		return "", nameTooLong
	}
	return rest[:end], ""
}

// check returns why a name that refers to an offset may not, "" if it may.
func (t *stringTable) check(off uint32, name string) string {
	switch {
	case len(name) > maxName:
		return nameTooLong
	case !t.is(off, name):
		return renamed
	}
	return ""
}

const (
	nameTooLong = "name of more than 4096 bytes"
	// renamed tells a builder of types that a name was written to its field, which the string table does not see.
	renamed = "name is not the one in the string table: names are set by Add and Rename"
)

// is reports whether the name at an offset is the one given, without building a string.
func (t *stringTable) is(off uint32, name string) bool {
	start, n := uint64(off), uint64(len(name))
	if start < uint64(len(t.base)) {
		return start+n < uint64(len(t.base)) && t.base[start:start+n] == name && t.base[start+n] == 0
	}
	start -= uint64(len(t.base))
	return start+n < uint64(len(t.tail)) && string(t.tail[start:start+n]) == name && t.tail[start+n] == 0
}

// intern searches base from end to end instead of indexing it: a loader adds a name or two to a
// table of some kilobytes, where building an index would cost more.
func (t *stringTable) intern(name string) uint32 {
	if name == "" {
		return 0
	}
	if off, ok := t.added[name]; ok {
		return off
	}
	if i := strings.Index(t.base, "\x00"+name+"\x00"); i >= 0 {
		return uint32(i + 1)
	}
	if t.added == nil {
		t.added = make(map[string]uint32)
	}
	off := uint32(t.len())
	t.tail = append(append(t.tail, name...), 0)
	t.added[name] = off
	return off
}

func (t *stringTable) clone() stringTable {
	// The capacity is cut so that neither copy appends into bytes of the other.
	return stringTable{base: t.base, tail: t.tail[:len(t.tail):len(t.tail)], added: maps.Clone(t.added)}
}

func offsetOutside(off uint32, size int) string {
	return fmt.Sprintf("string offset 0x%x past the end of the string table (0x%x bytes)", off, size)
}
