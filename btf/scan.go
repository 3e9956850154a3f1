package btf

import (
	"math/bits"
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
// when it has found all, and checks no more of most types than that their kind is known and that they lie in the blob. The empty
// name is never found. The error is an [*Error].
func Scan(blob []byte, names []Name) ([]ID, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(names))
	wants := make([]want, 0, len(names))
	for i, name := range names {
		if name.Name != "" && strings.IndexByte(name.Name, 0) < 0 {
			wants = append(wants, want{name, &ids[i]})
		}
	}
	if err := h.scan(wants); err != nil {
		return nil, err
	}
	return ids, nil
}

// want is a name to be found.
type want struct {
	Name
	id *ID // to be set
}

// scan walks the types until nothing is wanted any more.
func (h *header) scan(wants []want) *Error {
	var f filter
	for _, w := range wants {
		f.add(w.Name)
	}
	off, id := 0, ID(1)
	for len(wants) > 0 {
		if off, id = h.skip(off, id, &f); off == len(h.types) {
			break
		}
		kind, _, next, err := h.typeAt(id, off)
		if err != nil {
			return err
		}
		wants = slices.DeleteFunc(wants, func(w want) bool {
			found := w.Kind == kind && h.named(h.word(off), w.Name.Name)
			if found {
				*w.id = id
			}
			return found
		})
		off, id = next, id+1
	}
	return nil
}

// named tells whether the string at an offset is a name.
func (h *header) named(off uint32, name string) bool {
	s := h.strings[min(int(off), len(h.strings)):]
	return len(s) > len(name) && s[len(name)] == 0 && string(s[:len(name)]) == name
}

// A filter tells which types nobody wants, by their kind and the first two bytes of their name, NUL included: of those, one bit for
// each pair of their lower six.
type filter struct {
	kinds kindSet
	heads [64]uint64
}

func (f *filter) add(name Name) {
	f.kinds |= 1 << name.Kind
	head := name.Name + "\x00"
	f.heads[head[0]%64] |= 1 << (head[1] % 64)
}

// skip passes types that nobody wants, and gives the place and the id of the next that may be wanted, or that typeAt has to
// refuse. What makes it fast: it calls nothing, so that all stays in registers, and the commonest lengths are told by branches,
// which are predicted, so that the next load does not wait for a length from the table of kinds.
func (h *header) skip(off int, id ID, f *filter) (int, ID) {
	types, names, big := h.types, h.strings, h.big
	for ; off+typeLen <= len(types); id++ {
		t := types[off : off+typeLen]
		nameOff := uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16 | uint32(t[3])<<24
		info := uint32(t[4]) | uint32(t[5])<<8 | uint32(t[6])<<16 | uint32(t[7])<<24
		if big {
			nameOff, info = bits.ReverseBytes32(nameOff), bits.ReverseBytes32(info)
		}
		kind, vlen, next := Kind(info>>kindShift&kindMask), int(info&vlenMask), off+typeLen
		if kind > kindMax || kind == KindVoid {
			break
		}
		if f.kinds>>kind&1 != 0 && int(nameOff)+1 < len(names) && f.heads[names[nameOff]%64]>>(names[nameOff+1]%64)&1 != 0 {
			break
		}
		switch {
		case bare>>kind&1 != 0:
		case kind == KindFuncProto:
			next += 8 * vlen
		default:
			next += int(kinds[kind].fixed) + int(kinds[kind].each)*vlen
		}
		if next > len(types) {
			break
		}
		off = next
	}
	return off, id
}
