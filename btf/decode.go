package btf

// Decode decodes and validates a .BTF section, in the byte order that its magic number shows. It takes what clang
// writes and what the kernel exports, and is strict: [Spec.Encode] gives the same bytes back. It copies what it keeps of b.
// The error is an [*Error].
func Decode(b []byte) (*Spec, error) {
	h, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	s := h.spec()
	if err = s.decode(&h); err == nil {
		err = s.validate()
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// spec returns a Spec that has the strings and no types.
func (h *header) spec() *Spec {
	return &Spec{big: h.big, hdrLen: h.hdrLen, strs: stringTable{base: string(h.strings)}}
}

// decode walks the types twice: once to count, so that memory is taken only for what is there, once to read.
func (s *Spec) decode(h *header) *Error {
	records := 0
	n, err := h.walk(func(_ int, kind Kind, vlen int) {
		if tailLens[kind].each > 0 {
			records += vlen
		}
	})
	if err != nil {
		return err
	}
	s.types = make([]Type, n)
	slab := make([]Record, records)
	c := coder{b: h.types, big: h.big}
	for id := 1; id < len(s.types); id++ {
		if what := s.read(&c, &s.types[id], &slab); what != "" {
			return s.fault(ID(id), ErrMalformed, what)
		}
	}
	return nil
}

// read reads the next type, whose records come from a slab. It refuses what a Type cannot hold: everything else is left to
// validate.
func (s *Spec) read(c *coder, t *Type, slab *[]Record) string {
	unheld := c.typ(t, slab)
	what := t.parts(func(p part) (fault string) {
		if p.name != nil {
			*p.name, fault = s.strs.name(*p.nameOff)
		}
		return fault
	})
	if what == "" {
		what = unheld
	}
	return what
}
