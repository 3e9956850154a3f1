package btf

import "fmt"

const (
	extHeaderMin = 24 // struct btf_ext_header up to line_info_len
	extHeaderLen = 32 // with core_relo_off and core_relo_len, which clang has written since version 10
	extSecLen    = 8  // struct btf_ext_info_sec: sec_name_off, num_info
)

// DecodeExt decodes a .BTF.ext section whose types and strings are those of s. It checks every reference into s and that
// offsets of instructions are whole instructions, ascending where the kernel wants them so; whether there
// are such instructions is for whoever has the code. It is as strict as [Decode]: nothing is left over. The error is an [*Error].
func DecodeExt(b []byte, s *Spec) (*Ext, error) {
	big, hdrLen, err := preamble(sectionExt, b, extHeaderMin, extHeaderLen)
	switch {
	case err != nil:
		return nil, err
	case big != s.big:
		return nil, blobError(sectionExt, 0, ErrMalformed, "byte order differs from that of .BTF (%s)", s.ByteOrder())
	case hdrLen > extHeaderMin && hdrLen < extHeaderLen:
		const format = "hdr_len 0x%x, want 0x%x or at least 0x%x"
		return nil, blobError(sectionExt, 4, ErrMalformed, format, hdrLen, extHeaderMin, extHeaderLen)
	}
	d := &extDecoder{spec: s, blob: b, hdrLen: hdrLen, coder: coder{b: b[hdrLen:], big: big}}
	e := new(Ext)
	e.Funcs, err = decodePart[FuncInfo](d, 8, "func_info", funcInfoLen, true)
	if err == nil {
		e.Lines, err = decodePart[LineInfo](d, 16, "line_info", lineInfoLen, true)
	}
	if err == nil && hdrLen >= extHeaderLen {
		// check_core_relo (kernel/bpf/verifier.c) does not ask for ascending offsets.
		e.Relos, err = decodePart[CORERelo](d, 24, "core_relo", coreReloLen, false)
	}
	if err == nil && len(d.b) > 0 {
		err = blobError(sectionExt, d.off(), ErrMalformed, "0x%x bytes behind the last part", len(d.b))
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

type extDecoder struct {
	coder  // what is not read yet
	spec   *Spec
	blob   []byte
	hdrLen int
}

// off is the offset in the section of the next byte.
func (d *extDecoder) off() int { return len(d.blob) - len(d.b) }

func (d *extDecoder) fail(off int, sentinel error, format string, args ...any) *Error {
	return blobError(sectionExt, off, sentinel, format, args...)
}

type record[R any] interface {
	*R
	code(*coder)
	check(*Spec) string
}

// decodePart decodes the next part, whose offset and length stand at an offset of the header: the size of a record, then for
// each ELF section its name, a count, and records.
func decodePart[R any, P record[R]](d *extDecoder, at int, name string, recLen int, ascending bool) ([]ExtSec[R], *Error) {
	start, size := load32(d.blob[at:], d.big), load32(d.blob[at+4:], d.big)
	switch want := d.off() - d.hdrLen; {
	case uint64(start) != uint64(want):
		return nil, d.fail(at, ErrMalformed, "%s_off 0x%x, want 0x%x", name, start, want)
	case uint64(size) > uint64(len(d.b)):
		return nil, d.fail(at+4, ErrTruncated, "%s_len 0x%x runs past the end (0x%x bytes left)", name, size, len(d.b))
	case size == 0:
		return nil, nil
	case size < 4:
		return nil, d.fail(d.off(), ErrTruncated, "0x%x bytes, too few for a record size", size)
	}
	end := d.off() + int(size)
	if got, _ := d.swap(0); got != uint32(recLen) {
		return nil, d.fail(d.off()-4, ErrUnsupported, "records of %d bytes, want %d", got, recLen)
	}
	if d.off() == end {
		return nil, d.fail(d.off()-4, ErrMalformed, "record size without sections")
	}
	var secs []ExtSec[R]
	for d.off() < end {
		sec, err := decodeSec[R, P](d, end, recLen, ascending)
		if err != nil {
			return nil, err
		}
		secs = append(secs, sec)
	}
	return secs, nil
}

// decodeSec decodes the records of one ELF section, in a part that ends at an offset.
func decodeSec[R any, P record[R]](d *extDecoder, end, recLen int, ascending bool) (sec ExtSec[R], err *Error) {
	at := d.off()
	if end-at < extSecLen {
		return sec, d.fail(at, ErrTruncated, "0x%x bytes left, too few for struct btf_ext_info_sec (0x%x bytes)", end-at, extSecLen)
	}
	nameOff, _ := d.swap(0)
	count, _ := d.swap(0)
	left := end - d.off()
	name, what := d.spec.strs.name(nameOff)
	switch {
	case what != "":
		return sec, d.fail(at, ErrMalformed, "name of a section: %s", what)
	case name == "":
		return sec, d.fail(at, ErrMalformed, "section without a name")
	case count == 0:
		return sec, d.fail(at+4, ErrMalformed, "section without records")
	case uint64(count)*uint64(recLen) > uint64(left):
		return sec, d.fail(at+4, ErrTruncated, "%d records run past the end of their part (0x%x bytes left)", count, left)
	}
	sec = ExtSec[R]{Name: name, Records: make([]R, count)}
	last := int64(-1)
	for i := range sec.Records {
		at, insnOff := d.off(), load32(d.b, d.big) // first in every record
		rec := P(&sec.Records[i])
		rec.code(&d.coder)
		what := rec.check(d.spec)
		switch {
		case insnOff%insnLen != 0:
			what = fmt.Sprintf("insn_off 0x%x is not a multiple of %d", insnOff, insnLen)
		case ascending && int64(insnOff) <= last: // the rule of check_btf_func and check_btf_line
			what = fmt.Sprintf("insn_off 0x%x is not above that of the record before it (0x%x)", insnOff, last)
		}
		if what != "" {
			return sec, d.fail(at, ErrMalformed, "section %q: record %d: %s", name, i, what)
		}
		last = int64(insnOff)
	}
	return sec, nil
}
