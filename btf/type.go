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
// changed by [Spec.Rename], and records get theirs in [Spec.Add].
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

// Record is what follows some types as often as their vlen says. Its fields by the kind of the type:
//
//	STRUCT, UNION     Name (empty for an anonymous struct or union) Type BitOffset BitSize
//	ENUM, ENUM64      Name Value
//	FUNC_PROTO        Name Type (the last one is void and nameless in a variadic function)
//	DATASEC           Type Offset Size
type Record struct {
	Name      string
	Value     uint64 // of an ENUM with Flag: sign-extended from 32 bits; without: zero-extended
	nameOff   uint32
	Type      ID     // in a DATASEC a VAR or, in .ksyms, an extern FUNC
	BitOffset uint32 // bits from the start of the struct
	Offset    uint32 // bytes from the start of the section; 0 in what clang writes, which leaves it to relocations
	Size      uint32 // bytes
	BitSize   uint8  // bits; 0: not a bit field. Only in a type with Flag
}

// The records of each kind.
type (
	Member     = Record // struct btf_member, its offset taken apart by kind_flag
	EnumValue  = Record // struct btf_enum or btf_enum64
	Param      = Record // struct btf_param
	VarSecinfo = Record // struct btf_var_secinfo
)

// records returns where the records of a type are, nil if its kind has none.
func (t *Type) records() *[]Record {
	switch t.Kind {
	case KindStruct, KindUnion:
		return &t.Members
	case KindEnum, KindEnum64:
		return &t.Values
	case KindFuncProto:
		return &t.Params
	case KindDataSec:
		return &t.Vars
	}
	return nil
}

// vlen is the count of records that follow; for FUNC, the linkage is in its place.
func (t *Type) vlen() int {
	if recs := t.records(); recs != nil {
		return len(*recs)
	}
	if t.Kind == KindFunc {
		return int(t.Linkage)
	}
	return 0
}

// setVlen takes n records off a slab; the allocation of all types' records is one. Their capacity ends there, so that appending
// to one type's records does not write into the next one's.
func (t *Type) setVlen(n int, slab *[]Record) {
	switch recs := t.records(); {
	case recs != nil && n > 0:
		*recs, *slab = (*slab)[:n:n], (*slab)[n:]
	case t.Kind == KindFunc:
		t.Linkage = uint32(n)
	}
}
