package sys

import "structs"

// MapCreateAttr makes a map: the anonymous struct of union bpf_attr (linux/bpf.h) "used by
// BPF_MAP_CREATE command". Opens an fd.
type MapCreateAttr struct {
	_                     structs.HostLayout
	MapType               MapType  `c:"map_type"`
	KeySize               uint32   `c:"key_size"`   // bytes
	ValueSize             uint32   `c:"value_size"` // bytes
	MaxEntries            uint32   `c:"max_entries"`
	MapFlags              MapFlags `c:"map_flags"`
	InnerMapFD            uint32   `c:"inner_map_fd"`
	NumaNode              uint32   `c:"numa_node"`
	MapName               ObjName  `c:"map_name"`
	MapIfindex            uint32   `c:"map_ifindex"`
	BTFFD                 uint32   `c:"btf_fd"`
	BTFKeyTypeID          uint32   `c:"btf_key_type_id"`
	BTFValueTypeID        uint32   `c:"btf_value_type_id"`
	BTFVmlinuxValueTypeID uint32   `c:"btf_vmlinux_value_type_id"`
	MapExtra              uint64   `c:"map_extra"`
}

// Cmd is BPF_MAP_CREATE.
func (*MapCreateAttr) Cmd() Cmd { return BPF_MAP_CREATE }

// MapElem is the anonymous struct of union bpf_attr (linux/bpf.h) "used by BPF_MAP_*_ELEM
// commands"; its variants differ in the command alone.
type MapElem struct {
	_     structs.HostLayout
	MapFD uint32 `c:"map_fd"`
	_     uint32
	Key   Ptr       `c:"key" bytes:"KeySize" hex:"short"`
	Value Ptr       `c:"value" bytes:"ValueSize" hex:"short"`
	Flags ElemFlags `c:"flags"`

	// The bytes behind Key and Value, for Fields alone: the kernel takes the sizes of the map.
	KeySize, ValueSize uint32
}

// MapUpdateElemAttr sets an element.
type MapUpdateElemAttr MapElem

// Cmd is BPF_MAP_UPDATE_ELEM.
func (*MapUpdateElemAttr) Cmd() Cmd { return BPF_MAP_UPDATE_ELEM }

// MapLookupElemAttr copies an element to Value, which must have room for the map's value size, or,
// for per-CPU maps, for that size rounded up to 8 bytes times [PossibleCPUs].
type MapLookupElemAttr MapElem

// Cmd is BPF_MAP_LOOKUP_ELEM.
func (*MapLookupElemAttr) Cmd() Cmd { return BPF_MAP_LOOKUP_ELEM }

// MapDeleteElemAttr drops an element: the struct of [MapElem], of which this command reads the
// first two fields and wants the rest zero.
type MapDeleteElemAttr struct {
	_     structs.HostLayout
	MapFD uint32 `c:"map_fd"`
	_     uint32
	Key   Ptr `c:"key" bytes:"KeySize" hex:"short"`

	KeySize uint32 // bytes behind Key, for Fields alone
}

// Cmd is BPF_MAP_DELETE_ELEM.
func (*MapDeleteElemAttr) Cmd() Cmd { return BPF_MAP_DELETE_ELEM }

// MapFreezeAttr forbids writes by system calls from now on: the struct of [MapElem], of which this
// command reads the first field.
type MapFreezeAttr struct {
	_     structs.HostLayout
	MapFD uint32 `c:"map_fd"`
}

// Cmd is BPF_MAP_FREEZE.
func (*MapFreezeAttr) Cmd() Cmd { return BPF_MAP_FREEZE }
