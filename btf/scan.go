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
			wants = append(wants, want{off, name.Kind, &ids[i]})
		}
	}
	if err := h.scan(wants); err != nil {
		return nil, err
	}
	return ids, nil
}

// want is a name as the types refer to it.
type want struct {
	nameOff uint32
	kind    Kind
	id      *ID // to be set
}

// find returns the offset of a whole string, 0 if it is not there. It looks for the byte of the name that is the rarest in kernels:
// that is a search for one byte, which the processor does 32 at a time, and few places come up that are not the name's.
func (h *header) find(name string) uint32 {
	if name == "" || strings.IndexByte(name, 0) >= 0 {
		return 0
	}
	rare := rarest(name)
	for at := rare; ; at++ {
		i := bytes.IndexByte(h.strings[min(at, len(h.strings)):], name[rare])
		if i < 0 {
			return 0
		}
		at += i
		start, end := at-rare, at-rare+len(name)
		if end < len(h.strings) && h.strings[end] == 0 && start > 0 && h.strings[start-1] == 0 && string(h.strings[start:end]) == name {
			return uint32(start) // the table fits 24 bits
		}
	}
}

// rareFirst has the letters of the kernel's names, the rarest first; what is not in it is rarer still.
const rareFirst = "jzqwyxhvkgbumfdlpnocisarte_"

// rarest gives the index of a name's byte that kernels use least.
func rarest(name string) int {
	best, rank := 0, len(rareFirst)
	for i := range len(name) {
		if r := strings.IndexByte(rareFirst, name[i]); r < rank {
			best, rank = i, r
		}
	}
	return best
}

// scan walks the types, comparing integers alone, until nothing is wanted any more. Two things make the walk twice as
// fast: most types are passed by one test of a bit, and the two commonest sorts of length are told by branches,
// which are predicted, so that the next load does not wait for a length from the table of kinds. What is wrong is told by typeAt.
func (h *header) scan(wants []want) *Error {
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
				wants = claim(wants, nameOff, kind, id)
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
func claim(wants []want, nameOff uint32, kind Kind, id ID) []want {
	return slices.DeleteFunc(wants, func(w want) bool {
		match := w.nameOff == nameOff && w.kind == kind
		if match {
			*w.id = id
		}
		return match
	})
}
