package btf

import "bytes"

// An Enumerator is what [Enumerators] found for a name.
type Enumerator struct {
	Found bool
	Value uint64 // sign-extended if its enum is signed
}

// Enumerators looks names up among the enumerators of every enum of a .BTF blob; the first of a name counts. Like [Scan] it builds
// no types, and never finds the empty name. The error is an [*Error].
func Enumerators(blob []byte, names []string) ([]Enumerator, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, err
	}
	found, longest := make(map[string]Enumerator, len(names)), 0
	for _, name := range names {
		found[name], longest = Enumerator{}, max(longest, len(name))
	}
	delete(found, "")
	err = h.pick(&filter{kinds: enums, anyName: true}, func(_ ID, off int, kind Kind, vlen int) (more bool) {
		t := Type{Kind: kind, Flag: h.word(off+4)&flagBit != 0}
		for n := range vlen {
			var value Member
			h.member(&t, off+typeLen+n*int(kinds[kind].each), &value)
			text := h.strings[min(value.nameOff, uint32(len(h.strings))):]
			name, _, _ := bytes.Cut(text[:min(len(text), longest+1)], []byte{0}) // enough to see that it is a longer one
			if e, wanted := found[string(name)]; wanted && !e.Found {
				found[string(name)] = Enumerator{true, value.Value}
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	out := make([]Enumerator, len(names))
	for i, name := range names {
		out[i] = found[name]
	}
	return out, nil
}
