package btf

import (
	"encoding/binary"
	"fmt"
)

// Ext is a .BTF.ext section: what belongs to the instructions of each ELF section of code. The layout is that of
// Documentation/bpf/btf.rst, "4.2 .BTF.ext section".
type Ext struct {
	Funcs []ExtSec[FuncInfo]
	Lines []ExtSec[LineInfo]
	Relos []ExtSec[CORERelo]
}

// ExtSec holds the records of one ELF section of code.
type ExtSec[R any] struct {
	Name    string // of the ELF section
	Records []R
}

// FuncInfo says where a function begins: struct bpf_func_info of include/uapi/linux/bpf.h.
type FuncInfo struct {
	InsnOff uint32 // bytes from the start of the ELF section
	Type    ID     // a FUNC
}

// LineInfo says where the instructions of a line begin: struct bpf_line_info of include/uapi/linux/bpf.h.
type LineInfo struct {
	InsnOff     uint32 // bytes from the start of the ELF section
	FileNameOff uint32 // in the string table
	LineOff     uint32 // in the string table: the text of the line
	LineCol     uint32 // line and column, as BPF_LINE_INFO_LINE_NUM and BPF_LINE_INFO_LINE_COL take them apart
}

// Line returns the number of the line, from 1.
func (l LineInfo) Line() uint32 { return l.LineCol >> 10 }

// CORERelo is a CO-RE relocation: struct bpf_core_relo of include/uapi/linux/bpf.h.
type CORERelo struct {
	InsnOff      uint32 // bytes from the start of the ELF section
	Type         ID     // the root type of the access
	AccessStrOff uint32 // in the string table: the access, such as "0:1:2"
	Kind         uint32 // what is asked for: enum bpf_core_relo_kind
}

// coreKindMax is the last kind of CO-RE relocation, BPF_CORE_TYPE_MATCHES.
const coreKindMax = 12

// Sizes in bytes of the records that clang writes and the kernel reads. struct bpf_core_relo has not
// changed since Linux 5.17, the other two since 5.0.
const (
	funcInfoLen = 8
	lineInfoLen = 16
	coreReloLen = 16
	insnLen     = 8 // sizeof(struct bpf_insn)
)

func (r *FuncInfo) code(c *coder) {
	c.u32(&r.InsnOff)
	c.id(&r.Type)
}

func (r *LineInfo) code(c *coder) {
	c.u32(&r.InsnOff)
	c.u32(&r.FileNameOff)
	c.u32(&r.LineOff)
	c.u32(&r.LineCol)
}

func (r *CORERelo) code(c *coder) {
	c.u32(&r.InsnOff)
	c.id(&r.Type)
	c.u32(&r.AccessStrOff)
	c.u32(&r.Kind)
}

func (r *FuncInfo) check(s *Spec) string { return s.checkRef(r.Type, 1<<KindFunc) }

func (r *LineInfo) check(s *Spec) string {
	_, what := s.strs.at(r.FileNameOff)
	if what == "" {
		_, what = s.strs.at(r.LineOff)
	}
	return what
}

func (r *CORERelo) check(s *Spec) string {
	if r.Kind > coreKindMax {
		return fmt.Sprintf("unknown CO-RE kind %d", r.Kind)
	}
	what := s.checkRef(r.Type, typeKinds)
	if what == "" {
		_, what = s.strs.at(r.AccessStrOff)
	}
	return what
}

// AppendFuncInfo appends a record as BPF_PROG_LOAD takes it in func_info. The kernel counts insn_off in instructions, from the
// start of the program: set InsnOff to eight times that.
func AppendFuncInfo(b []byte, order binary.ByteOrder, rec FuncInfo) []byte {
	c := coder{b: b, big: isBig(order), write: true}
	rec.InsnOff /= insnLen
	rec.code(&c)
	return c.b
}

// AppendLineInfo appends a record as BPF_PROG_LOAD takes it in line_info. The kernel counts insn_off in instructions, from
// the start of the program: set InsnOff to eight times that.
func AppendLineInfo(b []byte, order binary.ByteOrder, rec LineInfo) []byte {
	c := coder{b: b, big: isBig(order), write: true}
	rec.InsnOff /= insnLen
	rec.code(&c)
	return c.b
}

// AppendCORERelo appends a record as BPF_PROG_LOAD takes it in core_relos. There the kernel counts insn_off in
// bytes, from the start of the program.
func AppendCORERelo(b []byte, order binary.ByteOrder, rec CORERelo) []byte {
	c := coder{b: b, big: isBig(order), write: true}
	rec.code(&c)
	return c.b
}
