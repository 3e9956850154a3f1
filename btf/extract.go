package btf

import "fmt"

// Extract copies types out of a .BTF blob, with all that their sizes and layouts depend on, and gives their ids in the new Spec:
// a few structs of the kernel's 5 MB. Pointers become pointers to void. An id that the blob does not have is void. The error is
// an [*Error].
func Extract(blob []byte, ids []ID) (*Spec, []ID, error) {
	h, err := parseHeader(blob)
	if err != nil {
		return nil, nil, err
	}
	x := extractor{header: h, from: h.spec(), done: make(map[ID]ID)}
	x.to = New(x.from.ByteOrder())
	x.offsets, _, x.err = h.index()
	out := make([]ID, len(ids))
	for i, id := range ids {
		out[i] = x.copy(id, 1)
	}
	if x.err == nil {
		x.err = x.to.validate()
	}
	if x.err != nil {
		return nil, nil, x.err
	}
	return x.to, out, nil
}

type extractor struct {
	header
	from    *Spec    // has the strings alone
	offsets []uint32 // of the types, by id
	to      *Spec
	done    map[ID]ID
	err     *Error // the first one; nothing is copied after it
}

// copy copies a type, the level-th on the way down, before those that it is made of, which then find it done should they refer
// to it.
func (x *extractor) copy(id ID, level int) ID {
	if to, ok := x.done[id]; ok || x.err != nil || id == 0 || uint64(id) >= uint64(len(x.offsets)) {
		return to
	}
	off := int(x.offsets[id])
	var t Type
	_, vlen, _, _ := x.typeAt(id, off) // which has been checked
	what := x.from.read(&x.header, off, &t, make([]Member, vlen))
	if level > maxDepth {
		what = fmt.Sprintf("nested more than %d types deep", maxDepth)
	}
	if what != "" {
		x.err = x.typeError(id, off, ErrMalformed, "%s", what)
		return 0
	}
	if t.Kind == KindPtr {
		t.Type = 0
	}
	to := x.to.Add(Type{})
	x.done[id] = to
	t.refs(func(id *ID) { *id = x.copy(*id, level+1) })
	*x.to.Type(to) = t // not before: adding moves types
	return to
}
