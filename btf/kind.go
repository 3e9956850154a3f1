package btf

import "strconv"

// Kind is the kind of a type: BTF_KIND_* of include/uapi/linux/btf.h.
type Kind uint8

// The kinds, with the numbers of include/uapi/linux/btf.h.
const (
	KindVoid      Kind = 0  // BTF_KIND_UNKN: id 0 alone
	KindInt       Kind = 1  // BTF_KIND_INT
	KindPtr       Kind = 2  // BTF_KIND_PTR
	KindArray     Kind = 3  // BTF_KIND_ARRAY
	KindStruct    Kind = 4  // BTF_KIND_STRUCT
	KindUnion     Kind = 5  // BTF_KIND_UNION
	KindEnum      Kind = 6  // BTF_KIND_ENUM
	KindFwd       Kind = 7  // BTF_KIND_FWD
	KindTypedef   Kind = 8  // BTF_KIND_TYPEDEF
	KindVolatile  Kind = 9  // BTF_KIND_VOLATILE
	KindConst     Kind = 10 // BTF_KIND_CONST
	KindRestrict  Kind = 11 // BTF_KIND_RESTRICT
	KindFunc      Kind = 12 // BTF_KIND_FUNC
	KindFuncProto Kind = 13 // BTF_KIND_FUNC_PROTO
	KindVar       Kind = 14 // BTF_KIND_VAR
	KindDataSec   Kind = 15 // BTF_KIND_DATASEC
	KindFloat     Kind = 16 // BTF_KIND_FLOAT
	KindDeclTag   Kind = 17 // BTF_KIND_DECL_TAG
	KindTypeTag   Kind = 18 // BTF_KIND_TYPE_TAG
	KindEnum64    Kind = 19 // BTF_KIND_ENUM64
)

// kindMax is the last kind this package reads (BTF_KIND_MAX of Linux 6.18).
const kindMax = KindEnum64

// kinds says of each kind what its name is, how long it is, and what it may refer to.
var kinds = [kindMax + 1]struct {
	name    string
	fixed   uint8   // bytes behind struct btf_type: an INT's word, struct btf_array, btf_var or btf_decl_tag
	each    uint8   // bytes of each member: struct btf_member, btf_enum, btf_param, btf_var_secinfo or btf_enum64; 0: there are none
	refs    kindSet // what Type may be; none: it is not used
	members kindSet // what Type of a member may be; none: it is not used
	ref     string  // what errors call Type, if they call it anything
	member  string  // what they call a member
}{
	KindVoid:      {name: "VOID"},
	KindInt:       {name: "INT", fixed: 4},
	KindPtr:       {name: "PTR", refs: typeKinds},
	KindArray:     {name: "ARRAY", fixed: 12, refs: elementKinds, ref: "element: "},
	KindStruct:    {name: "STRUCT", each: 12, members: elementKinds, member: "member"},
	KindUnion:     {name: "UNION", each: 12, members: elementKinds, member: "member"},
	KindEnum:      {name: "ENUM", each: 8, member: "enumerator"},
	KindFwd:       {name: "FWD"},
	KindTypedef:   {name: "TYPEDEF", refs: typeKinds},
	KindVolatile:  {name: "VOLATILE", refs: typeKinds},
	KindConst:     {name: "CONST", refs: typeKinds},
	KindRestrict:  {name: "RESTRICT", refs: typeKinds},
	KindFunc:      {name: "FUNC", refs: 1 << KindFuncProto},
	KindFuncProto: {name: "FUNC_PROTO", each: 8, refs: typeKinds, ref: "return: ", members: typeKinds, member: "parameter"},
	KindVar:       {name: "VAR", fixed: 4, refs: typeKinds},
	KindDataSec:   {name: "DATASEC", each: 12, members: secKinds, member: "entry"},
	KindFloat:     {name: "FLOAT"},
	KindDeclTag:   {name: "DECL_TAG", fixed: 4, refs: taggedKinds},
	KindTypeTag:   {name: "TYPE_TAG", refs: typeKinds},
	KindEnum64:    {name: "ENUM64", each: 12, member: "enumerator"},
}

// String returns the name as bpftool and the kernel's documentation write it: "STRUCT",
// "FUNC_PROTO"; for a number that is no kind, "kind 31".
func (k Kind) String() string {
	if k > kindMax {
		return "kind " + strconv.Itoa(int(k))
	}
	return kinds[k].name
}

// kindSet is a set of kinds, one bit each.
type kindSet uint32

func (set kindSet) has(k Kind) bool { return set>>k&1 != 0 }

const (
	enums      kindSet = 1<<KindEnum | 1<<KindEnum64
	aggregates kindSet = 1<<KindStruct | 1<<KindUnion
	// modifiers stand for the type that they refer to.
	modifiers kindSet = 1<<KindTypedef | 1<<KindVolatile | 1<<KindConst | 1<<KindRestrict | 1<<KindTypeTag
	// elementKinds are the kinds that a member or an element may have.
	elementKinds = aggregates | enums | modifiers | 1<<KindInt | 1<<KindPtr | 1<<KindArray | 1<<KindFloat
	// typeKinds are the kinds that are types in C. Void is one; FUNC, VAR, DATASEC and DECL_TAG are not.
	typeKinds = elementKinds | 1<<KindVoid | 1<<KindFwd | 1<<KindFuncProto
	// taggedKinds are the kinds that a DECL_TAG may be about.
	taggedKinds = aggregates | 1<<KindTypedef | 1<<KindVar | 1<<KindFunc
	// secKinds are the kinds that a DATASEC has: clang puts extern kfuncs into .ksyms.
	secKinds kindSet = 1<<KindVar | 1<<KindFunc
	// sized have a size in their third word; in the others it is a type id, or unused.
	sized = aggregates | enums | 1<<KindInt | 1<<KindFloat | 1<<KindDataSec
	// flagged give kind_flag a meaning.
	flagged = aggregates | enums | 1<<KindFwd | 1<<KindDeclTag | 1<<KindTypeTag
	// bare are a struct btf_type and nothing else.
	bare = modifiers | 1<<KindPtr | 1<<KindFwd | 1<<KindFunc | 1<<KindFloat
	// named may not have an empty name, nameless may not have any.
	named    kindSet = 1<<KindFwd | 1<<KindTypedef | 1<<KindFunc | 1<<KindVar | 1<<KindDataSec | 1<<KindDeclTag | 1<<KindTypeTag
	nameless kindSet = 1<<KindPtr | 1<<KindArray | 1<<KindVolatile | 1<<KindConst | 1<<KindRestrict | 1<<KindFuncProto
)

// IntEncoding is the encoding of an INT: BTF_INT_SIGNED and so on of include/uapi/linux/btf.h.
// At most one bit is set; 0 is a plain unsigned integer.
type IntEncoding uint8

// The encodings of an INT.
const (
	IntSigned IntEncoding = 1 << 0 // BTF_INT_SIGNED
	IntChar   IntEncoding = 1 << 1 // BTF_INT_CHAR
	IntBool   IntEncoding = 1 << 2 // BTF_INT_BOOL
)

// Linkage of a VAR (BTF_VAR_*) and of a FUNC (BTF_FUNC_*): include/uapi/linux/btf.h gives both the same numbers.
const (
	LinkageStatic uint32 = 0 // BTF_VAR_STATIC, BTF_FUNC_STATIC
	LinkageGlobal uint32 = 1 // BTF_VAR_GLOBAL_ALLOCATED, BTF_FUNC_GLOBAL
	LinkageExtern uint32 = 2 // BTF_VAR_GLOBAL_EXTERN, BTF_FUNC_EXTERN
)
