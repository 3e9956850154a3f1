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
	left := make([]int, 0, len(names)) // those not found yet
	var f filter
	for i, name := range names {
		if name.Name != "" && strings.IndexByte(name.Name, 0) < 0 {
			left = append(left, i)
			f.add(name)
		}
	}
	err = h.pick(&f, func(id ID, off int, kind Kind, _ int) (more bool) {
		nameOff := h.word(off)
		left = slices.DeleteFunc(left, func(i int) bool {
			found := names[i].Kind == kind && h.named(nameOff, names[i].Name)
			if found {
				ids[i] = id
			}
			return found
		})
		return len(left) > 0
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// named tells whether the string at an offset is a name.
func (h *header) named(off uint32, name string) bool {
	s := h.strings[min(off, uint32(len(h.strings))):]
	return len(s) > len(name) && s[len(name)] == 0 && string(s[:len(name)]) == name
}

// A filter tells which types nobody wants, by their kind and the first two bytes of their name, NUL included: of those, one bit for
// each pair of their lower six.
type filter struct {
	kinds   kindSet
	anyName bool // the kind is enough
	heads   [64]uint64
}

func (f *filter) add(name Name) {
	f.kinds |= 1 << name.Kind
	head := name.Name + "\x00"
	f.heads[head[0]%64] |= 1 << (head[1] % 64)
}

// pick visits the types that a filter lets through, until visit has seen enough.
func (h *header) pick(f *filter, visit func(id ID, off int, kind Kind, vlen int) (more bool)) *Error {
	off, id := 0, ID(1)
	for f.kinds != 0 {
		if off, id = h.skip(off, id, f); off == len(h.types) {
			break
		}
		kind, vlen, next, err := h.typeAt(id, off)
		if err != nil || !visit(id, off, kind, vlen) {
			return err
		}
		off, id = next, id+1
	}
	return nil
}

// skip passes types that nobody wants, and gives the place and the id of the next that may be wanted or that typeAt has to
// refuse, or the end. What makes it fast: it calls nothing, so that all stays in registers, and the commonest lengths are told by
// branches, which are predicted, so that the next load does not wait for a length from the table of kinds.
func (h *header) skip(off int, id ID, f *filter) (int, ID) {
	types, names, big := h.types, h.strings, h.big
	last := uint32(len(names) - 1) // has no byte behind it
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
		if f.kinds>>kind&1 != 0 && (f.anyName || nameOff >= last || f.heads[names[nameOff]%64]>>(names[nameOff+1]%64)&1 != 0) {
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
