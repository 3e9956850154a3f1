package btf

import (
	"cmp"
	"fmt"
)

// Ext is a .BTF.ext section: what belongs to the instructions of each ELF section of code. The layout is that of
// Documentation/bpf/btf.rst, "4.2 .BTF.ext section".
type Ext struct {
	Funcs []ExtSec // where functions begin: struct bpf_func_info of include/uapi/linux/bpf.h
	Lines []ExtSec // where the instructions of a line begin: struct bpf_line_info
	Relos []ExtSec // CO-RE relocations: struct bpf_core_relo
}

// ExtSec holds the records of one ELF section of code, in the byte order of the Spec. Each begins with insn_off, 4 bytes: the offset
// in bytes from the start of the ELF section.
type ExtSec struct {
	Name    string // of the ELF section
	Records []byte
}

// Sizes in bytes of the records that clang writes and the kernel reads. struct bpf_core_relo has not
// changed since Linux 5.17, the other two since 5.0.
const (
	FuncInfoSize       = 8
	LineInfoSize       = 16
	CORERelocationSize = 16
)

const (
	extHeaderMin = 24 // struct btf_ext_header up to line_info_len
	extHeaderLen = 32 // with core_relo_off and core_relo_len, which clang has written since version 10
	extSecLen    = 8  // struct btf_ext_info_sec: sec_name_off, num_info
	insnLen      = 8  // sizeof(struct bpf_insn)
	coreKindMax  = 12 // BPF_CORE_TYPE_MATCHES, the last kind of CO-RE relocation

	gccPadding = "\x00\x00\x00\x00" // what btf_ext_output (gcc/config/bpf/btfext-out.cc) ends a section with
)

// extPart is one of the three parts.
type extPart struct {
	name      string
	at        int // in the header: offset and length
	size      int // bytes of a record
	ascending bool
	check     func(s *Spec, record [4]uint32) (what string)
}

var extParts = [...]extPart{
	{"func_info", 8, FuncInfoSize, false, (*Spec).checkFuncInfo}, // looked up by function: gcc -O3 does not sort them
	{"line_info", 16, LineInfoSize, true, (*Spec).checkLineInfo},
	{"core_relo", 24, CORERelocationSize, false, (*Spec).checkCORE}, // check_core_relo (kernel/bpf/verifier.c) does not ask for ascending offsets
}

func (s *Spec) checkFuncInfo(r [4]uint32) string { return s.checkRef("", ID(r[1]), 1<<KindFunc) }

func (s *Spec) checkLineInfo(r [4]uint32) string {
	return cmp.Or(s.strs.outside(r[1]), s.strs.outside(r[2])) // file_name_off, line_off
}

func (s *Spec) checkCORE(r [4]uint32) string {
	if r[3] > coreKindMax {
		return fmt.Sprintf("unknown CO-RE kind %d", r[3])
	}
	return cmp.Or(s.checkRef("", ID(r[1]), typeKinds), s.strs.outside(r[2])) // access_str_off
}

// DecodeExt decodes a .BTF.ext section whose types and strings are those of s. It checks every reference into s and that
// offsets of instructions are whole instructions, in line_info ascending; whether there
// are such instructions is for whoever has the code. It is as strict as [Decode]: nothing is left over. Records alias b. The error
// is an [*Error].
func DecodeExt(b []byte, s *Spec) (*Ext, error) {
	big, hdrLen, err := preamble(sectionExt, b, extHeaderMin, extHeaderLen)
	switch {
	case err != nil:
		return nil, err
	case big != s.big:
		return nil, faultAt(sectionExt, 0, ErrMalformed, "byte order differs from that of .BTF (%s)", s.ByteOrder())
	case hdrLen > extHeaderMin && hdrLen < extHeaderLen:
		const format = "hdr_len 0x%x, want 0x%x or at least 0x%x"
		return nil, faultAt(sectionExt, 4, ErrMalformed, format, hdrLen, extHeaderMin, extHeaderLen)
	}
	d := &extDecoder{spec: s, b: b, hdrLen: hdrLen, off: hdrLen}
	e := new(Ext)
	for i, secs := range [...]*[]ExtSec{&e.Funcs, &e.Lines, &e.Relos} {
		if extParts[i].at >= hdrLen {
			break // an old header
		}
		if *secs, err = d.part(&extParts[i]); err != nil {
			return nil, err
		}
	}
	if left := b[d.off:]; len(left) > 0 && string(left) != gccPadding {
		return nil, faultAt(sectionExt, d.off, ErrMalformed, "0x%x bytes behind the last part", len(left))
	}
	return e, nil
}

type extDecoder struct {
	spec   *Spec
	b      []byte
	hdrLen int
	off    int // of the next byte
}

func (d *extDecoder) word() uint32 {
	d.off += 4
	return load32(d.b[d.off-4:], d.spec.big)
}

// part decodes the next part: the size of a record, then for each ELF section its name, a count, and records.
func (d *extDecoder) part(p *extPart) (secs []ExtSec, err *Error) {
	start, size := load32(d.b[p.at:], d.spec.big), load32(d.b[p.at+4:], d.spec.big)
	end := d.off + int(size)
	switch want, left := d.off-d.hdrLen, len(d.b)-d.off; {
	case uint64(start) != uint64(want):
		return nil, faultAt(sectionExt, p.at, ErrMalformed, "%s_off 0x%x, want 0x%x", p.name, start, want)
	case uint64(size) > uint64(left):
		return nil, faultAt(sectionExt, p.at+4, ErrTruncated, "%s_len 0x%x runs past the end (0x%x bytes left)", p.name, size, left)
	case size == 0:
		return nil, nil
	case size < 4:
		return nil, faultAt(sectionExt, d.off, ErrTruncated, "0x%x bytes, too few for a record size", size)
	}
	if got := d.word(); got != uint32(p.size) {
		return nil, faultAt(sectionExt, d.off-4, ErrUnsupported, "records of %d bytes, want %d", got, p.size)
	}
	if d.off == end {
		return nil, faultAt(sectionExt, d.off-4, ErrMalformed, "record size without sections")
	}
	for d.off < end {
		sec, err := d.section(p, end)
		if err != nil {
			return nil, err
		}
		secs = append(secs, sec)
	}
	return secs, nil
}

// section decodes the records of one ELF section, in a part that ends at an offset.
func (d *extDecoder) section(p *extPart, end int) (sec ExtSec, err *Error) {
	at := d.off
	if end-at < extSecLen {
		return sec, faultAt(sectionExt, at, ErrTruncated,
			"0x%x bytes left, too few for struct btf_ext_info_sec (0x%x bytes)", end-at, extSecLen)
	}
	name, what := d.spec.strs.name(d.word())
	count, left := d.word(), end-at-extSecLen
	switch {
	case what != "":
		return sec, faultAt(sectionExt, at, ErrMalformed, "name of a section: %s", what)
	case name == "":
		return sec, faultAt(sectionExt, at, ErrMalformed, "section without a name")
	case count == 0:
		return sec, faultAt(sectionExt, at+4, ErrMalformed, "section without records")
	case uint64(count)*uint64(p.size) > uint64(left):
		return sec, faultAt(sectionExt, at+4, ErrTruncated, "%d records run past the end of their part (0x%x bytes left)", count, left)
	}
	sec = ExtSec{Name: name, Records: d.b[d.off:][:int(count)*p.size]}
	last := int64(-1)
	for i := range count {
		at := d.off
		var record [4]uint32
		for k := range p.size / 4 {
			record[k] = d.word()
		}
		what, insnOff := p.check(d.spec, record), record[0]
		switch {
		case insnOff%insnLen != 0:
			what = fmt.Sprintf("insn_off 0x%x is not a multiple of %d", insnOff, insnLen)
		case p.ascending && int64(insnOff) <= last: // the rule of check_btf_line
			what = fmt.Sprintf("insn_off 0x%x is not above that of the record before it (0x%x)", insnOff, last)
		}
		if what != "" {
			return sec, faultAt(sectionExt, at, ErrMalformed, "section %q: record %d: %s", name, i, what)
		}
		last = int64(insnOff)
	}
	return sec, nil
}
