package hostile

import (
	"strconv"
	"strings"
)

// A shape is a structure of one of the formats that an object is made of.
type shape struct {
	name   string
	size   int
	fields []field
}

type field struct {
	name      string
	off, size int // bytes
}

// shapes are all of them.
var shapes []*shape

// newShape takes fields as "name:size", in the order of the header; those without a name are left alone.
func newShape(name, fields string) *shape {
	s := &shape{name: name}
	for f := range strings.FieldsSeq(fields) {
		name, size, _ := strings.Cut(f, ":")
		n, err := strconv.Atoi(size)
		if err != nil {
			panic(err)
		}
		if name != "" {
			s.fields = append(s.fields, field{name, s.size, n})
		}
		s.size += n
	}
	shapes = append(shapes, s)
	return s
}

func (s *shape) field(name string) field {
	for _, f := range s.fields {
		if f.name == name {
			return f
		}
	}
	panic(s.name + " has no " + name)
}

// The structures of elf.h, include/uapi/linux/btf.h, Documentation/bpf/btf.rst (.BTF.ext) and include/uapi/linux/bpf.h.
var (
	elfHeader = newShape("Elf64_Ehdr", "magic:4 class:1 data:1 version:1 osabi:1 abiversion:1 pad:1 :6 e_type:2 e_machine:2 e_version:4 "+
		"e_entry:8 e_phoff:8 e_shoff:8 e_flags:4 e_ehsize:2 e_phentsize:2 e_phnum:2 e_shentsize:2 e_shnum:2 e_shstrndx:2")
	sectionHeader = newShape("Elf64_Shdr", "sh_name:4 sh_type:4 sh_flags:8 sh_addr:8 sh_offset:8 sh_size:8 sh_link:4 sh_info:4 "+
		"sh_addralign:8 sh_entsize:8")
	symbol     = newShape("Elf64_Sym", "st_name:4 st_info:1 st_other:1 st_shndx:2 st_value:8 st_size:8")
	relocation = newShape("Elf64_Rel", "r_offset:8 r_info:8")

	btfHeader = newShape("btf_header", "magic:2 version:1 flags:1 hdr_len:4 type_off:4 type_len:4 str_off:4 str_len:4")
	btfType   = newShape("btf_type", "name_off:4 info:4 size_or_type:4")
	btfInt    = newShape("BTF_INT", "data:4")
	btfArray  = newShape("btf_array", "type:4 index_type:4 nelems:4")
	btfMember = newShape("btf_member", "name_off:4 type:4 offset:4")
	btfEnum   = newShape("btf_enum", "name_off:4 val:4")
	btfParam  = newShape("btf_param", "name_off:4 type:4")
	btfVar    = newShape("btf_var", "linkage:4")
	btfEntry  = newShape("btf_var_secinfo", "type:4 offset:4 size:4")
	btfTag    = newShape("btf_decl_tag", "component_idx:4")
	btfEnum64 = newShape("btf_enum64", "name_off:4 val_lo32:4 val_hi32:4")

	extHeader = newShape("btf_ext_header", "magic:2 version:1 flags:1 hdr_len:4 func_info_off:4 func_info_len:4 line_info_off:4 "+
		"line_info_len:4 core_relo_off:4 core_relo_len:4")
	extRecordSize = newShape("record size", "rec_size:4")
	extSection    = newShape("btf_ext_info_sec", "sec_name_off:4 num_info:4")
	funcInfo      = newShape("bpf_func_info", "insn_off:4 type_id:4")
	lineInfo      = newShape("bpf_line_info", "insn_off:4 file_name_off:4 line_off:4 line_col:4")
	coreRelo      = newShape("bpf_core_relo", "insn_off:4 type_id:4 access_str_off:4 kind:4")

	instruction = newShape("bpf_insn", "code:1 regs:1 off:2 imm:4")
	text        = newShape("text", "char:1") // of the string tables, the licence, and variables

	// What a map definition says by its types: __uint(name, n) is an array of n, and __type(name, T) a pointer to T.
	mapNumber = newShape("map number", "n:4")
	mapMember = newShape("map member", "name_off:4 type:4 offset:4")
	mapType   = newShape("map type", "type:4")
)

// btfTails are the structures that follow struct btf_type: one, or as many as vlen says.
var btfTails = map[uint32]struct {
	shape *shape
	vlen  bool
}{
	1: {btfInt, false}, 3: {btfArray, false}, 4: {btfMember, true}, 5: {btfMember, true}, 6: {btfEnum, true}, 13: {btfParam, true},
	14: {btfVar, false}, 15: {btfEntry, true}, 17: {btfTag, false}, 19: {btfEnum64, true},
}

// Kinds of BTF types: enum in include/uapi/linux/btf.h.
const (
	kindPtr     = 2
	kindArray   = 3
	kindStruct  = 4
	kindConst   = 10
	kindVar     = 14
	kindDatasec = 15
	kindTypeTag = 18
	kindMax     = 19
)
