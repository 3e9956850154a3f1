package btf

import "encoding/binary"

// Ext is a .BTF.ext section: what belongs to the instructions of each ELF section of code. The layout is that of
// Documentation/bpf/btf.rst, "4.2 .BTF.ext section".
type Ext struct {
	Funcs  []ExtSec[FuncInfo]
	Lines  []ExtSec[LineInfo]
	Relos  []ExtSec[CORERelo]
	hdrLen int
}

// ExtSec holds the records of one ELF section of code.
type ExtSec[R any] struct {
	Name    string // of the ELF section
	Records []R
	nameOff uint32
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

// Column returns the number of the column, from 1; 0 if it is not known.
func (l LineInfo) Column() uint32 { return l.LineCol & (1<<10 - 1) }

// CORERelo is a CO-RE relocation: struct bpf_core_relo of include/uapi/linux/bpf.h.
type CORERelo struct {
	InsnOff      uint32 // bytes from the start of the ELF section
	Type         ID     // the root type of the access
	AccessStrOff uint32 // in the string table: the access, such as "0:1:2"
	Kind         COREKind
}

// Sizes in bytes of the records that clang writes and the kernel reads. struct bpf_core_relo has not
// changed since Linux 5.17, the other two since 5.0.
const (
	funcInfoLen = 8
	lineInfoLen = 16
	coreReloLen = 16
)

// insnLen is sizeof(struct bpf_insn).
const insnLen = 8

// AppendFuncInfo appends a record as BPF_PROG_LOAD takes it in func_info. The kernel counts insn_off in instructions, from the
// start of the program: set InsnOff to eight times that.
func AppendFuncInfo(b []byte, order binary.ByteOrder, rec FuncInfo) []byte {
	rec.InsnOff /= insnLen
	return appendFuncInfo(b, isBig(order), &rec)
}

// AppendLineInfo appends a record as BPF_PROG_LOAD takes it in line_info. The kernel counts insn_off in instructions, from
// the start of the program: set InsnOff to eight times that.
func AppendLineInfo(b []byte, order binary.ByteOrder, rec LineInfo) []byte {
	rec.InsnOff /= insnLen
	return appendLineInfo(b, isBig(order), &rec)
}

// AppendCORERelo appends a record as BPF_PROG_LOAD takes it in core_relos. There the kernel counts insn_off in
// bytes, from the start of the program.
func AppendCORERelo(b []byte, order binary.ByteOrder, rec CORERelo) []byte {
	return appendCORERelo(b, isBig(order), &rec)
}

func appendFuncInfo(b []byte, big bool, r *FuncInfo) []byte {
	return append32(append32(b, r.InsnOff, big), uint32(r.Type), big)
}

func appendLineInfo(b []byte, big bool, r *LineInfo) []byte {
	b = append32(append32(b, r.InsnOff, big), r.FileNameOff, big)
	return append32(append32(b, r.LineOff, big), r.LineCol, big)
}

func appendCORERelo(b []byte, big bool, r *CORERelo) []byte {
	b = append32(append32(b, r.InsnOff, big), uint32(r.Type), big)
	return append32(append32(b, r.AccessStrOff, big), uint32(r.Kind), big)
}
