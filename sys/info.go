package sys

import (
	"reflect"
	"structs"
)

// ObjInfoAttr asks about an object: struct info of union bpf_attr (linux/bpf.h), "used by
// BPF_OBJ_GET_INFO_BY_FD". The kernel writes InfoLen.
type ObjInfoAttr struct {
	_       structs.HostLayout
	BPFFD   uint32 `c:"info.bpf_fd"`
	InfoLen uint32 `c:"info.info_len"` // bytes; in: room, out: used
	Info    Ptr    `c:"info.info" bytes:"InfoLen"`
}

// Cmd is BPF_OBJ_GET_INFO_BY_FD.
func (*ObjInfoAttr) Cmd() Cmd { return BPF_OBJ_GET_INFO_BY_FD }

// MapInfo mirrors struct bpf_map_info (linux/bpf.h) up to map_extra.
type MapInfo struct {
	_                     structs.HostLayout
	Type                  MapType  `c:"type"`
	ID                    uint32   `c:"id"`
	KeySize               uint32   `c:"key_size"`   // bytes
	ValueSize             uint32   `c:"value_size"` // bytes
	MaxEntries            uint32   `c:"max_entries"`
	MapFlags              MapFlags `c:"map_flags"`
	Name                  ObjName  `c:"name"`
	Ifindex               uint32   `c:"ifindex"`
	BTFVmlinuxValueTypeID uint32   `c:"btf_vmlinux_value_type_id"`
	NetnsDev              uint64   `c:"netns_dev"`
	NetnsIno              uint64   `c:"netns_ino"`
	BTFID                 uint32   `c:"btf_id"`
	BTFKeyTypeID          uint32   `c:"btf_key_type_id"`
	BTFValueTypeID        uint32   `c:"btf_value_type_id"`
	_                     uint32
	MapExtra              uint64 `c:"map_extra"`
}

// ProgInfo mirrors struct bpf_prog_info (linux/bpf.h) up to name. The pointers and counts are
// inputs as well: room for what the kernel is to copy out, 0 for nothing.
type ProgInfo struct {
	_              structs.HostLayout
	Type           ProgType `c:"type"`
	ID             uint32   `c:"id"`
	Tag            [8]byte  `c:"tag"`             // hash of the instructions
	JitedProgLen   uint32   `c:"jited_prog_len"`  // bytes
	XlatedProgLen  uint32   `c:"xlated_prog_len"` // bytes
	JitedProgInsns Ptr      `c:"jited_prog_insns" bytes:"JitedProgLen"`
	XlatedInsns    Ptr      `c:"xlated_prog_insns" bytes:"XlatedProgLen"`
	LoadTime       uint64   `c:"load_time"` // ns since boot
	CreatedByUID   uint32   `c:"created_by_uid"`
	NrMapIDs       uint32   `c:"nr_map_ids"`
	MapIDs         Ptr      `c:"map_ids" bytes:"NrMapIDs*4"`
	Name           ObjName  `c:"name"`
}

// BTFInfo mirrors struct bpf_btf_info (linux/bpf.h).
type BTFInfo struct {
	_         structs.HostLayout
	BTF       Ptr    `c:"btf" bytes:"BTFSize"` // room for the blob, or NULL
	BTFSize   uint32 `c:"btf_size"`            // bytes; in: room, out: size of the blob
	ID        uint32 `c:"id"`
	Name      Ptr    `c:"name" bytes:"NameLen"` // room for the name, or NULL
	NameLen   uint32 `c:"name_len"`             // bytes
	KernelBTF uint32 `c:"kernel_btf"`           // 1: of the kernel or a module
}

// LinkInfo mirrors struct bpf_link_info (linux/bpf.h) up to prog_id.
type LinkInfo struct {
	_      structs.HostLayout
	Type   LinkType `c:"type"`
	ID     uint32   `c:"id"`
	ProgID uint32   `c:"prog_id"`
}

// ObjInfo asks the kernel about the object behind fd. into must be of the object's kind, which the
// kernel does not check: it fills in what the fd is. An fd that is not open is EBADFD here, not EBADF
// (bpf_obj_get_info_by_fd in kernel/bpf/syscall.c).
func ObjInfo[T MapInfo | ProgInfo | BTFInfo | LinkInfo](fd *FD, into *T) error {
	_, err := BPF(&ObjInfoAttr{BPFFD: fd.Uint32(), InfoLen: uint32(reflect.TypeFor[T]().Size()), Info: PtrTo(into)})
	return err
}

// BTFBlob reads back the BTF behind fd as it was loaded.
func BTFBlob(fd *FD) ([]byte, error) {
	var info BTFInfo
	if err := ObjInfo(fd, &info); err != nil {
		return nil, err
	}
	// The size is the kernel's own count of what it holds, so it may be allocated.
	blob := make([]byte, info.BTFSize)
	info = BTFInfo{BTF: Bytes(blob), BTFSize: uint32(len(blob))}
	if err := ObjInfo(fd, &info); err != nil {
		return nil, err
	}
	return blob, nil
}
