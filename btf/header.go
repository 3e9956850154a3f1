package btf

import (
	"encoding/binary"
	"fmt"
)

// Names of the ELF sections, as errors show them.
const (
	sectionBTF = ".BTF"
	sectionExt = ".BTF.ext"
)

// blobError is an Error about a place in a section, outside any type.
func blobError(section string, off int, sentinel error, format string, args ...any) *Error {
	return &Error{Section: section, Offset: int64(off), Err: sentinel, What: fmt.Sprintf(format, args...)}
}

// preamble reads magic, version, flags and hdr_len, which struct btf_header and struct btf_ext_header begin with.
// A header may be longer than known as long as the rest is zero: the rule by which the kernel
// (btf_parse_hdr) lets formats grow.
func preamble(section string, b []byte, shortest, known int) (big bool, hdrLen int, err *Error) {
	if len(b) < 2 {
		return false, 0, blobError(section, 0, ErrTruncated, "0x%x bytes, too short for a magic number", len(b))
	}
	big = binary.BigEndian.Uint16(b) == magic
	if !big && binary.LittleEndian.Uint16(b) != magic {
		return false, 0, blobError(section, 0, ErrNotBTF, "magic number % x, want 9f eb or eb 9f", b[:2])
	}
	if len(b) < shortest {
		return false, 0, blobError(section, 0, ErrTruncated, "0x%x bytes, too short for a header (0x%x bytes)", len(b), shortest)
	}
	if b[2] != version {
		return false, 0, blobError(section, 2, ErrUnsupported, "version %d, want %d", b[2], version)
	}
	if b[3] != 0 {
		return false, 0, blobError(section, 3, ErrUnsupported, "flags 0x%x, want 0", b[3])
	}
	n := load32(b[4:], big)
	if n < uint32(shortest) {
		return false, 0, blobError(section, 4, ErrMalformed, "hdr_len 0x%x, want at least 0x%x", n, shortest)
	}
	if uint64(n) > uint64(len(b)) {
		return false, 0, blobError(section, 4, ErrTruncated, "hdr_len 0x%x runs past the end (0x%x bytes)", n, len(b))
	}
	for i := known; i < int(n); i++ {
		if b[i] != 0 {
			return false, 0, blobError(section, i, ErrUnsupported, "header of 0x%x bytes has 0x%x in a field that is not known", n, b[i])
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
func parseHeader(b []byte) (header, *Error) {
	big, hdrLen, err := preamble(sectionBTF, b, headerLen, headerLen)
	if err != nil {
		return header{}, err
	}
	r := reader{b[preambleLen:headerLen], big}
	typeOff, typesLen, strOff, strLen := r.u32(), r.u32(), r.u32(), r.u32()
	rest := b[hdrLen:]
	switch {
	case typeOff != 0:
		return header{}, blobError(sectionBTF, 8, ErrMalformed, "type_off 0x%x, want 0", typeOff)
	case uint64(typesLen) > uint64(len(rest)):
		return header{}, blobError(sectionBTF, 12, ErrTruncated, "type_len 0x%x runs past the end (0x%x bytes after the header)", typesLen, len(rest))
	case strOff != typesLen:
		return header{}, blobError(sectionBTF, 16, ErrMalformed, "str_off 0x%x, want 0x%x, where the types end", strOff, typesLen)
	case uint64(strLen) > uint64(len(rest)-int(typesLen)):
		return header{}, blobError(sectionBTF, 20, ErrTruncated, "str_len 0x%x runs past the end (0x%x bytes after the types)", strLen, len(rest)-int(typesLen))
	case uint64(strLen) < uint64(len(rest)-int(typesLen)):
		return header{}, blobError(sectionBTF, 20, ErrMalformed, "str_len 0x%x leaves bytes behind the strings (0x%x bytes after the types)", strLen, len(rest)-int(typesLen))
	}
	h := header{big: big, hdrLen: hdrLen, types: rest[:typesLen], strings: rest[typesLen:]}
	return h, h.checkStrings()
}

func (h *header) checkStrings() *Error {
	off := h.hdrLen + len(h.types)
	n := len(h.strings)
	switch {
	case n == 0:
		return blobError(sectionBTF, 20, ErrMalformed, "str_len 0, want at least 1")
	case n > maxStrings:
		return blobError(sectionBTF, 20, ErrTooLarge, "str_len 0x%x, want at most 0x%x", n, maxStrings)
	case h.strings[0] != 0:
		return blobError(sectionBTF, off, ErrMalformed, "string table begins with 0x%x, want 0", h.strings[0])
	case h.strings[n-1] != 0:
		return blobError(sectionBTF, off+n-1, ErrMalformed, "string table ends with 0x%x, want 0", h.strings[n-1])
	}
	return nil
}

// typeError is an Error about a type of which nothing but its place is known.
func (h *header) typeError(id ID, off int, sentinel error, what string) *Error {
	return &Error{Section: sectionBTF, Type: id, Offset: int64(h.hdrLen + off), Err: sentinel, What: what}
}
