package btf

import "encoding/binary"

// preamble reads magic, version, flags and hdr_len, which struct btf_header and struct btf_ext_header begin with.
// A header may be longer than known as long as the rest is zero: the rule by which the kernel
// (btf_parse_hdr) lets formats grow.
func preamble(section string, b []byte, shortest, known int) (big bool, hdrLen int, err *Error) {
	if len(b) < 2 {
		return false, 0, faultAt(section, 0, ErrTruncated, "0x%x bytes, too short for a magic number", len(b))
	}
	big = binary.BigEndian.Uint16(b) == magic
	switch {
	case !big && binary.LittleEndian.Uint16(b) != magic:
		return false, 0, faultAt(section, 0, ErrNotBTF, "magic number % x, want 9f eb or eb 9f", b[:2])
	case len(b) < shortest:
		return false, 0, faultAt(section, 0, ErrTruncated, "0x%x bytes, too short for a header (0x%x bytes)", len(b), shortest)
	case b[2] != version:
		return false, 0, faultAt(section, 2, ErrUnsupported, "version %d, want %d", b[2], version)
	case b[3] != 0:
		return false, 0, faultAt(section, 3, ErrUnsupported, "flags 0x%x, want 0", b[3])
	}
	n := load32(b[4:], big)
	switch {
	case n < uint32(shortest):
		return false, 0, faultAt(section, 4, ErrMalformed, "hdr_len 0x%x, want at least 0x%x", n, shortest)
	case uint64(n) > uint64(len(b)):
		return false, 0, faultAt(section, 4, ErrTruncated, "hdr_len 0x%x runs past the end (0x%x bytes)", n, len(b))
	}
	for i := known; i < int(n); i++ {
		if b[i] != 0 {
			return false, 0, faultAt(section, i, ErrUnsupported, "header of 0x%x bytes has 0x%x in a field that is not known", n, b[i])
		}
	}
	return big, int(n), nil
}

// header is struct btf_header, reduced to what the strict layout leaves open.
type header struct {
	big     bool
	hdrLen  int
	types   []byte
	strings []byte
}

// parseHeader takes the layout that the kernel takes (btf_parse_hdr, btf_check_sec_info, btf_parse_str_sec): types, then
// strings up to the end, without gaps.
func parseHeader(b []byte) (h header, err *Error) {
	big, hdrLen, err := preamble(sectionBTF, b, headerLen, headerLen)
	if err != nil {
		return h, err
	}
	word := func(off int) uint32 { return load32(b[off:], big) }
	typeOff, typeLen, strOff, strLen := word(8), word(12), word(16), word(20)
	rest := b[hdrLen:]
	switch {
	case typeOff != 0:
		return h, faultAt(sectionBTF, 8, ErrMalformed, "type_off 0x%x, want 0", typeOff)
	case uint64(typeLen) > uint64(len(rest)):
		return h, faultAt(sectionBTF, 12, ErrTruncated, "type_len 0x%x runs past the end (0x%x bytes after the header)", typeLen, len(rest))
	case strOff != typeLen:
		return h, faultAt(sectionBTF, 16, ErrMalformed, "str_off 0x%x, want 0x%x, where the types end", strOff, typeLen)
	}
	strs := rest[typeLen:]
	switch n, off := len(strs), hdrLen+int(typeLen); {
	case uint64(strLen) > uint64(n):
		return h, faultAt(sectionBTF, 20, ErrTruncated, "str_len 0x%x runs past the end (0x%x bytes after the types)", strLen, n)
	case uint64(strLen) < uint64(n):
		return h, faultAt(sectionBTF, 20, ErrMalformed,
			"str_len 0x%x leaves bytes behind the strings (0x%x bytes after the types)", strLen, n)
	case n == 0:
		return h, faultAt(sectionBTF, 20, ErrMalformed, "str_len 0, want at least 1")
	case n > maxStrings:
		return h, faultAt(sectionBTF, 20, ErrTooLarge, "str_len 0x%x, want at most 0x%x", n, maxStrings)
	case strs[0] != 0:
		return h, faultAt(sectionBTF, off, ErrMalformed, "string table begins with 0x%x, want 0", strs[0])
	case strs[n-1] != 0:
		return h, faultAt(sectionBTF, off+n-1, ErrMalformed, "string table ends with 0x%x, want 0", strs[n-1])
	}
	return header{big: big, hdrLen: hdrLen, types: rest[:typeLen], strings: strs}, nil
}

// word reads the word at an offset of the types, which lies in them.
func (h *header) word(off int) uint32 { return load32(h.types[off:], h.big) }

// typeError is an Error about a type of which nothing but its place is known.
func (h *header) typeError(id ID, off int, sentinel error, format string, args ...any) *Error {
	err := faultAt(sectionBTF, h.hdrLen+off, sentinel, format, args...)
	err.Type = id
	return err
}

// typeAt checks that the type at an offset has a known kind and lies inside the section. vlen counts its members, and next is where
// it ends.
func (h *header) typeAt(id ID, off int) (kind Kind, vlen, next int, err *Error) {
	left := len(h.types) - off - typeLen
	if left < 0 {
		return 0, 0, 0, h.typeError(id, off, ErrTruncated,
			"0x%x bytes left, too few for struct btf_type (0x%x bytes)", len(h.types)-off, typeLen)
	}
	info := h.word(off + 4)
	kind, vlen = infoKind(info), infoVlen(info)
	if kind == KindVoid || kind > kindMax {
		return 0, 0, 0, h.typeError(id, off, ErrUnsupported, "info 0x%x: unknown kind %d", info, kind)
	}
	if kind == KindFunc {
		vlen = 0 // the linkage is in its place
	}
	tail := tailLen(kind, vlen)
	switch {
	case vlen != 0 && kinds[kind].each == 0:
		return 0, 0, 0, h.typeError(id, off, ErrMalformed, "%s with vlen %d, want 0", kind, vlen)
	case tail > left:
		const format = "%s with vlen %d runs past the end of the types (0x%x bytes left, 0x%x needed)"
		return 0, 0, 0, h.typeError(id, off, ErrTruncated, format, kind, vlen, left, tail)
	}
	return kind, vlen, off + typeLen + tail, nil
}

// index finds where each type is, by its id, and counts the members of all.
func (h *header) index() (offsets []uint32, members int, err *Error) {
	offsets = make([]uint32, 1, 1+len(h.types)/typeLen)
	for off := 0; off < len(h.types); {
		_, vlen, next, err := h.typeAt(ID(len(offsets)), off)
		if err != nil {
			return nil, 0, err
		}
		offsets, members, off = append(offsets, uint32(off)), members+vlen, next
	}
	return offsets, members, nil
}
