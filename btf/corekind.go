package btf

import "strconv"

// COREKind says what a CO-RE relocation asks for: enum bpf_core_relo_kind of include/uapi/linux/bpf.h.
type COREKind uint32

// The kinds of CO-RE relocations.
const (
	COREFieldByteOffset COREKind = 0  // BPF_CORE_FIELD_BYTE_OFFSET
	COREFieldByteSize   COREKind = 1  // BPF_CORE_FIELD_BYTE_SIZE
	COREFieldExists     COREKind = 2  // BPF_CORE_FIELD_EXISTS
	COREFieldSigned     COREKind = 3  // BPF_CORE_FIELD_SIGNED
	COREFieldLShiftU64  COREKind = 4  // BPF_CORE_FIELD_LSHIFT_U64
	COREFieldRShiftU64  COREKind = 5  // BPF_CORE_FIELD_RSHIFT_U64
	CORETypeIDLocal     COREKind = 6  // BPF_CORE_TYPE_ID_LOCAL
	CORETypeIDTarget    COREKind = 7  // BPF_CORE_TYPE_ID_TARGET
	CORETypeExists      COREKind = 8  // BPF_CORE_TYPE_EXISTS
	CORETypeSize        COREKind = 9  // BPF_CORE_TYPE_SIZE
	COREEnumValExists   COREKind = 10 // BPF_CORE_ENUMVAL_EXISTS
	COREEnumValValue    COREKind = 11 // BPF_CORE_ENUMVAL_VALUE
	CORETypeMatches     COREKind = 12 // BPF_CORE_TYPE_MATCHES
)

const coreKindMax = CORETypeMatches

// String returns the C name.
func (k COREKind) String() string {
	if k > coreKindMax {
		return "CO-RE kind " + strconv.FormatUint(uint64(k), 10)
	}
	return coreKindNames[k]
}

var coreKindNames = [coreKindMax + 1]string{
	"BPF_CORE_FIELD_BYTE_OFFSET", "BPF_CORE_FIELD_BYTE_SIZE", "BPF_CORE_FIELD_EXISTS", "BPF_CORE_FIELD_SIGNED",
	"BPF_CORE_FIELD_LSHIFT_U64", "BPF_CORE_FIELD_RSHIFT_U64", "BPF_CORE_TYPE_ID_LOCAL", "BPF_CORE_TYPE_ID_TARGET",
	"BPF_CORE_TYPE_EXISTS", "BPF_CORE_TYPE_SIZE", "BPF_CORE_ENUMVAL_EXISTS", "BPF_CORE_ENUMVAL_VALUE",
	"BPF_CORE_TYPE_MATCHES",
}
