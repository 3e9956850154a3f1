package btf

import "fmt"

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
//	ENUM, ENUM64      Size Members Flag (values are signed)
//	FWD               Flag (a union, not a struct)
//	TYPEDEF           Type
//	VOLATILE, CONST,
//	RESTRICT          Type (no name)
//	FUNC              Type (a FUNC_PROTO) Linkage
//	FUNC_PROTO        Type (returned) Members (parameters; no name)
//	VAR               Type Linkage
//	DATASEC           Size Members (variables)
//	FLOAT             Size
//	DECL_TAG          Type (tagged) Component Flag (an attribute, Linux 6.14)
//	TYPE_TAG          Type Flag (an attribute, Linux 6.14)
//
// All of it may be changed in place: [Spec.Encode] validates the result.
type Type struct {
	Name      string
	Members   []Member
	nameOff   uint32 // where Name was read
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

// Member is what follows some types as often as their vlen says: struct btf_member, its offset taken apart by kind_flag, btf_enum,
// btf_enum64, btf_param or btf_var_secinfo. Its fields by the kind of the type:
//
//	STRUCT, UNION     Name (empty for an anonymous struct or union) Type BitOffset BitSize
//	ENUM, ENUM64      Name Value
//	FUNC_PROTO        Name Type (the last one is void and nameless in a variadic function)
//	DATASEC           Type Offset Size
type Member struct {
	Name      string
	Value     uint64 // of an ENUM with Flag: sign-extended from 32 bits; without: zero-extended
	nameOff   uint32 // where Name was read
	Type      ID     // in a DATASEC a VAR or, in .ksyms, an extern FUNC
	BitOffset uint32 // bits from the start of the struct
	Offset    uint32 // bytes from the start of the section; 0 in what clang writes, which leaves it to relocations
	Size      uint32 // bytes
	BitSize   uint8  // bits; 0: not a bit field. Only in a type with Flag
}

// vlen is the count of members that follow; for FUNC, the linkage is in its place.
func (t *Type) vlen() int {
	if t.Kind == KindFunc {
		return int(t.Linkage)
	}
	return len(t.Members)
}

// refs visits the ids of the types that a type refers to.
func (t *Type) refs(visit func(*ID)) {
	if kinds[t.Kind].refs != 0 {
		visit(&t.Type)
	}
	if t.Kind == KindArray {
		visit(&t.Index)
	}
	if kinds[t.Kind].members != 0 {
		for i := range t.Members {
			visit(&t.Members[i].Type)
		}
	}
}

// place puts the place of a fault in a member, if there is one, before it: `member 0 "udata": `.
func (t *Type) place(i int, fault string) string {
	what, name := kinds[t.Kind].member, t.Members[i].Name
	switch {
	case fault == "":
		return ""
	case name == "":
		return fmt.Sprintf("%s %d: %s", what, i, fault)
	}
	return fmt.Sprintf("%s %d %q: %s", what, i, name, fault)
}
