package btf

// An Enumerator is what [Enumerators] found for a name.
type Enumerator struct {
	Found bool
	Value uint64 // sign-extended if its enum is signed
}

// Enumerators looks names up among the enumerators of every enum of a .BTF blob; the first of a name counts. Like [Scan] it builds
// no types, and relies on a string table that holds each name once. The error is an [*Error].
func Enumerators(blob []byte, names []string) ([]Enumerator, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, err
	}
	out := make([]Enumerator, len(names))
	index := make(map[uint32]int, len(names)) // by offset of the name
	for i, name := range names {
		if off := h.find(name); off != 0 {
			index[off] = i
		}
	}
	_, err = h.walk(func(off int, kind Kind, vlen int) {
		if !enums.has(kind) {
			return
		}
		t := Type{Kind: kind, Flag: h.word(off+4)&flagBit != 0}
		for n := range vlen {
			var value Member
			h.member(&t, off+typeLen+n*int(kinds[kind].each), &value)
			if i, ok := index[value.nameOff]; ok && !out[i].Found {
				out[i] = Enumerator{true, value.Value}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
