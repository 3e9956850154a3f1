package btf

// ID numbers a type of a [Spec]. 0 is void.
type ID uint32

// Type is one type: struct btf_type of include/uapi/linux/btf.h and what follows it.
//
// Every kind uses Kind and, except where the name is said to be empty, Name. The other fields by kind:
//
//	INT               Size Encoding BitOffset Bits
//	PTR               Type (no name)
//	ARRAY             Type (of the element) Index Count (no name)
//	STRUCT, UNION     Size Members Flag (members are bit fields where BitSize says so)
//	ENUM, ENUM64      Size Values Flag (values are signed)
//	FWD               Flag (a union, not a struct)
//	TYPEDEF           Type
//	VOLATILE, CONST,
//	RESTRICT          Type (no name)
//	FUNC              Type (a FUNC_PROTO) Linkage
//	FUNC_PROTO        Type (returned) Params (no name)
//	VAR               Type Linkage
//	DATASEC           Size Vars
//	FLOAT             Size
//	DECL_TAG          Type (tagged) Component Flag (an attribute, Linux 6.14)
//	TYPE_TAG          Type Flag (an attribute, Linux 6.14)
//
// Numbers may be changed in place, and [Spec.Encode] validates the result. Names are tied to the string table: a type's is
// changed by [Spec.Rename], and members, enumerators and parameters get theirs in [Spec.Add].
type Type struct {
	Name      string
	Members   []Member
	Values    []EnumValue
	Params    []Param
	Vars      []VarSecinfo
	nameOff   uint32
	Size      uint32 // bytes
	Type      ID
	Index     ID     // type of an array's index
	Count     uint32 // elements of an array
	Linkage   uint32 // LinkageStatic, LinkageGlobal or LinkageExtern
	Component int32  // member or parameter that a DECL_TAG is about; -1: the whole type
	Kind      Kind
	Flag      bool // kind_flag
	Encoding  IntEncoding
	BitOffset uint8 // bits
	Bits      uint8 // bits that carry the value of an INT
}

// Member is a member of a STRUCT or UNION: struct btf_member, its offset taken apart by kind_flag.
type Member struct {
	Name      string // empty for an anonymous struct or union
	nameOff   uint32
	Type      ID
	BitOffset uint32 // bits from the start of the struct
	BitSize   uint8  // bits; 0: not a bit field. Only in a type with Flag
}

// EnumValue is an enumerator: struct btf_enum or btf_enum64.
type EnumValue struct {
	Name    string
	Value   uint64 // of an ENUM with Flag: sign-extended from 32 bits; without: zero-extended
	nameOff uint32
}

// Param is a parameter of a FUNC_PROTO: struct btf_param. The last one is void and nameless in a variadic function.
type Param struct {
	Name    string
	nameOff uint32
	Type    ID
}

// VarSecinfo places a VAR (or, in .ksyms, an extern FUNC) in a DATASEC: struct btf_var_secinfo.
type VarSecinfo struct {
	Type   ID
	Offset uint32 // bytes from the start of the section; 0 in what clang writes, which leaves it to relocations
	Size   uint32 // bytes
}
