package btf

import (
	"bytes"
	"math"
)

// An Enumerator is what [Enumerators] found for a name.
type Enumerator struct {
	Found bool
	Value uint64 // sign-extended if its enum is signed
}

// Enumerators looks names up among the enumerators of every enum of a .BTF blob; the first of a name counts. Like [Scan] it builds
// no types. The error is an [*Error].
func Enumerators(blob []byte, names []string) ([]Enumerator, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, err
	}
	out := make([]Enumerator, len(names))
	index := make(map[string]int, len(names))
	for i, name := range names {
		index[name] = i
	}
	f := filter{kinds: enums}
	for i := range f.heads {
		f.heads[i] = math.MaxUint64 // whatever the name of the enum
	}
	err = h.pick(&f, func(_ ID, off int, kind Kind, vlen int) (more bool) {
		t := Type{Kind: kind, Flag: h.word(off+4)&flagBit != 0}
		for n := range vlen {
			var value Member
			h.member(&t, off+typeLen+n*int(kinds[kind].each), &value)
			name, _, _ := bytes.Cut(h.strings[min(int(value.nameOff), len(h.strings)):], []byte{0})
			if i, ok := index[string(name)]; ok && !out[i].Found {
				out[i] = Enumerator{true, value.Value}
			}
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
