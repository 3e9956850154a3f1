package btf

import (
	"bytes"
	"slices"
	"strings"
)

// Name is what [Scan] looks for.
type Name struct {
	Kind Kind
	Name string
}

// Scan returns for each name the id of the first type of that kind and name in a .BTF blob, 0 if there is none: what
// [Spec.Find] would, but without building types, in a time that suits the 5 MB of /sys/kernel/btf/vmlinux. It stops
// when it has found all, and checks no more of a type than that its kind is known and that it lies in the blob. It relies on a
// string table that holds each name once, whole, as those of clang, pahole and the kernel do: of a name stored twice, only the
// first place counts. The empty name is never found. The error is an [*Error].
func Scan(blob []byte, names []Name) ([]ID, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(names))
	wants := make([]want, 0, len(names))
	for i, name := range names {
		if off := h.find(name.Name); off != 0 {
			wants = append(wants, want{nameOff: off, kind: name.Kind, index: i})
		}
	}
	if err := h.scan(wants, ids); err != nil {
		return nil, err
	}
	return ids, nil
}

// want is a name as the types refer to it.
type want struct {
	nameOff uint32
	kind    Kind
	index   int // in names
}

// find returns the offset of a whole string, 0 if it is not there. It looks at the NUL before the name only where the
// name is: to search for that first, which is the commonest byte of the table, takes six times as long.
func (h *header) find(name string) uint32 {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return 0
	}
	var room [64]byte // kernel names are shorter: then nothing is allocated
	needle := append(append(room[:0], name...), 0)
	for at := 0; ; at++ {
		i := bytes.Index(h.strings[at:], needle)
		if i < 0 {
			return 0
		}
		if at += i; at > 0 && h.strings[at-1] == 0 {
			return uint32(at) // the table fits 24 bits
		}
	}
}

// scan walks the types, comparing integers alone, until nothing is wanted any more. Two things make the walk twice as
// fast: most types are passed by one test of a bit, and the two commonest sorts of length are told by branches,
// which are predicted, so that the next load does not wait for a length from tailLens. What is wrong is told by typeAt.
func (h *header) scan(wants []want, ids []ID) *Error {
	var filter uint64 // of the names wanted, one bit each
	for i := range wants {
		filter |= 1 << (wants[i].nameOff % 64)
	}
	off := 0
	for id := ID(1); len(wants) > 0 && off < len(h.types); id++ {
		start := off
		off += typeLen
		if off <= len(h.types) {
			word := h.types[start:off]
			nameOff, info := load32(word, h.big), load32(word[4:], h.big)
			kind := infoKind(info)
			if filter>>(nameOff%64)&1 != 0 {
				wants = claim(wants, ids, nameOff, kind, id)
			}
			switch {
			case bare.has(kind):
				continue
			case kind == KindFuncProto:
				off += 8 * infoVlen(info)
			case kind == KindVoid || kind > kindMax:
				off = len(h.types) + 1
			default:
				off += tailLen(kind, infoVlen(info))
			}
		}
		if off > len(h.types) {
			_, _, _, err := h.typeAt(id, start)
			return err
		}
	}
	return nil
}

// claim stores an id for whoever wants its name and kind, and returns who is left.
func claim(wants []want, ids []ID, nameOff uint32, kind Kind, id ID) []want {
	return slices.DeleteFunc(wants, func(w want) bool {
		match := w.nameOff == nameOff && w.kind == kind
		if match {
			ids[w.index] = id
		}
		return match
	})
}
