package btf

import "fmt"

const (
	extHeaderMin = 24 // struct btf_ext_header up to line_info_len
	extHeaderLen = 32 // with core_relo_off and core_relo_len, which clang has written since version 10
	extSecLen    = 8  // struct btf_ext_info_sec: sec_name_off, num_info
)

// DecodeExt decodes a .BTF.ext section whose types and strings are those of s. It checks every reference into s and that
// offsets of instructions are whole instructions, ascending where the kernel wants them so; whether there
// are such instructions is for whoever has the code. Strict: [Ext.Encode] gives the same bytes back. The error is an [*Error].
func DecodeExt(b []byte, s *Spec) (*Ext, error) {
	d, err := newExtDecoder(b, s)
	if err != nil {
		return nil, err
	}
	e := &Ext{hdrLen: d.hdrLen}
	if e.Funcs, err = decodeSecs(d, d.funcs, funcInfoLen, (*extDecoder).funcInfo); err != nil {
		return nil, err
	}
	if e.Lines, err = decodeSecs(d, d.lines, lineInfoLen, (*extDecoder).lineInfo); err != nil {
		return nil, err
	}
	if e.Relos, err = decodeSecs(d, d.relos, coreReloLen, (*extDecoder).coreRelo); err != nil {
		return nil, err
	}
	return e, nil
}

type extDecoder struct {
	spec                *Spec
	size                int // of the whole section
	hdrLen              int
	r                   reader // from the first byte that is not read yet
	funcs, lines, relos int    // lengths
}

// off is the offset in the section of the next byte.
func (d *extDecoder) off() int { return d.size - len(d.r.b) }

func newExtDecoder(b []byte, s *Spec) (*extDecoder, *Error) {
	big, hdrLen, err := preamble(sectionExt, b, extHeaderMin, extHeaderLen)
	switch {
	case err != nil:
		return nil, err
	case big != s.big:
		return nil, blobError(sectionExt, 0, ErrMalformed, "byte order differs from that of .BTF (%s)", s.ByteOrder())
	case hdrLen > extHeaderMin && hdrLen < extHeaderLen:
		return nil, blobError(sectionExt, 4, ErrMalformed, "hdr_len 0x%x, want 0x%x or at least 0x%x", hdrLen, extHeaderMin, extHeaderLen)
	}
	d := &extDecoder{spec: s, size: len(b), hdrLen: hdrLen, r: reader{b[hdrLen:], big}}
	return d, d.layout(reader{b[preambleLen:min(hdrLen, extHeaderLen)], big})
}

// layout reads the places of the three parts, which lie one behind the other and fill the section.
func (d *extDecoder) layout(header reader) *Error {
	end := 0
	for i, part := range [...]struct {
		name string
		size *int
	}{{"func_info", &d.funcs}, {"line_info", &d.lines}, {"core_relo", &d.relos}} {
		if len(header.b) == 0 {
			break // the short header has no third part
		}
		at := preambleLen + 8*i
		off, size := header.u32(), header.u32()
		if uint64(off) != uint64(end) {
			return blobError(sectionExt, at, ErrMalformed, "%s_off 0x%x, want 0x%x", part.name, off, end)
		}
		if uint64(size) > uint64(len(d.r.b)-end) {
			return blobError(sectionExt, at+4, ErrTruncated, "%s_len 0x%x runs past the end (0x%x bytes left)", part.name, size, len(d.r.b)-end)
		}
		*part.size = int(size)
		end += int(size)
	}
	if end != len(d.r.b) {
		return blobError(sectionExt, d.hdrLen+end, ErrMalformed, "0x%x bytes behind the last part", len(d.r.b)-end)
	}
	return nil
}

// decodeSecs decodes the next part, which has size bytes: the size of a record, then for each ELF section its name, a count, and records.
func decodeSecs[R any](d *extDecoder, size, recLen int, read func(*extDecoder, *R, *R) string) ([]ExtSec[R], *Error) {
	if size == 0 {
		return nil, nil
	}
	n, err := d.countSecs(size, recLen)
	if err != nil {
		return nil, err
	}
	d.r.u32()
	secs := make([]ExtSec[R], n)
	slab := make([]R, (size-4-n*extSecLen)/recLen)
	for i := range secs {
		sec := &secs[i]
		at := d.off()
		sec.nameOff = d.r.u32()
		name, what := d.spec.strs.name(sec.nameOff)
		if what != "" {
			return nil, blobError(sectionExt, at, ErrMalformed, "name of a section: %s", what)
		}
		if name == "" {
			return nil, blobError(sectionExt, at, ErrMalformed, "section without a name")
		}
		sec.Name = name
		sec.Records = take(&slab, int(d.r.u32()))
		var last *R
		for j := range sec.Records {
			at := d.off()
			if what := read(d, &sec.Records[j], last); what != "" {
				return nil, blobError(sectionExt, at, ErrMalformed, "section %q: record %d: %s", name, j, what)
			}
			last = &sec.Records[j]
		}
	}
	return secs, nil
}

// countSecs counts the sections of a part of size bytes, and checks that they fill it.
func (d *extDecoder) countSecs(size, recLen int) (int, *Error) {
	at := d.off()
	if size < 4 {
		return 0, blobError(sectionExt, at, ErrTruncated, "0x%x bytes, too few for a record size", size)
	}
	part := d.r.b[:size]
	if got := load32(part, d.r.big); got != uint32(recLen) {
		return 0, blobError(sectionExt, at, ErrUnsupported, "records of %d bytes, want %d", got, recLen)
	}
	n := 0
	for off := 4; off < size; n++ {
		if size-off < extSecLen {
			return 0, blobError(sectionExt, at+off, ErrTruncated, "0x%x bytes left, too few for struct btf_ext_info_sec (0x%x bytes)", size-off, extSecLen)
		}
		count := load32(part[off+4:], d.r.big)
		off += extSecLen
		switch {
		case count == 0:
			return 0, blobError(sectionExt, at+off-4, ErrMalformed, "section without records")
		case uint64(count)*uint64(recLen) > uint64(size-off):
			return 0, blobError(sectionExt, at+off-4, ErrTruncated, "%d records run past the end of their part (0x%x bytes left)", count, size-off)
		}
		off += int(count) * recLen
	}
	if n == 0 {
		return 0, blobError(sectionExt, at, ErrMalformed, "record size without sections")
	}
	return n, nil
}

func (d *extDecoder) funcInfo(r, last *FuncInfo) string {
	*r = FuncInfo{InsnOff: d.r.u32(), Type: ID(d.r.u32())}
	if what := checkInsn(r.InsnOff); what != "" {
		return what
	}
	if last != nil && r.InsnOff <= last.InsnOff {
		return notAscending(r.InsnOff, last.InsnOff)
	}
	return d.spec.checkRef(r.Type, 1<<KindFunc)
}

func (d *extDecoder) lineInfo(r, last *LineInfo) string {
	*r = LineInfo{InsnOff: d.r.u32(), FileNameOff: d.r.u32(), LineOff: d.r.u32(), LineCol: d.r.u32()}
	if what := checkInsn(r.InsnOff); what != "" {
		return what
	}
	if last != nil && r.InsnOff <= last.InsnOff {
		return notAscending(r.InsnOff, last.InsnOff)
	}
	if what := d.checkString(r.FileNameOff); what != "" {
		return what
	}
	return d.checkString(r.LineOff)
}

// coreRelo does not ask for ascending offsets: the kernel (check_core_relo) does not either.
func (d *extDecoder) coreRelo(r, _ *CORERelo) string {
	*r = CORERelo{InsnOff: d.r.u32(), Type: ID(d.r.u32()), AccessStrOff: d.r.u32(), Kind: COREKind(d.r.u32())}
	if what := checkInsn(r.InsnOff); what != "" {
		return what
	}
	if r.Kind > coreKindMax {
		return fmt.Sprintf("unknown CO-RE kind %d", uint32(r.Kind))
	}
	if what := d.spec.checkRef(r.Type, typeKinds); what != "" {
		return what
	}
	return d.checkString(r.AccessStrOff)
}

func checkInsn(off uint32) string {
	if off%insnLen != 0 {
		return fmt.Sprintf("insn_off 0x%x is not a multiple of %d", off, insnLen)
	}
	return ""
}

// notAscending is the rule of check_btf_func and check_btf_line.
func notAscending(off, last uint32) string {
	return fmt.Sprintf("insn_off 0x%x is not above that of the record before it (0x%x)", off, last)
}

func (d *extDecoder) checkString(off uint32) string {
	if uint64(off) >= uint64(d.spec.strs.len()) {
		return offsetOutside(off, d.spec.strs.len())
	}
	return ""
}
