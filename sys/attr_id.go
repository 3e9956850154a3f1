package sys

import "structs"

// ObjKind is one of the kinds of objects that the kernel numbers, each from 1.
type ObjKind uint8

// The kinds of objects with ids.
const (
	ObjMap ObjKind = iota
	ObjProg
	ObjBTF
	ObjLink
)

var objKindNames = [...]string{ObjMap: "map", ObjProg: "prog", ObjBTF: "btf", ObjLink: "link"}

// String gives "map", "prog", "btf" or "link".
func (k ObjKind) String() string { return enumName("object kind", "", objKindNames[:], uint32(k)) }

// badCmd stands for the command of a kind that does not exist; the kernel answers EINVAL.
const badCmd = ^Cmd(0)

var (
	fdByIDCmds = [...]Cmd{
		ObjMap: BPF_MAP_GET_FD_BY_ID, ObjProg: BPF_PROG_GET_FD_BY_ID,
		ObjBTF: BPF_BTF_GET_FD_BY_ID, ObjLink: BPF_LINK_GET_FD_BY_ID,
	}
	nextIDCmds = [...]Cmd{
		ObjMap: BPF_MAP_GET_NEXT_ID, ObjProg: BPF_PROG_GET_NEXT_ID,
		ObjBTF: BPF_BTF_GET_NEXT_ID, ObjLink: BPF_LINK_GET_NEXT_ID,
	}
)

// FDByIDAttr opens an object by its id: the anonymous struct of union bpf_attr (linux/bpf.h) "used
// by BPF_*_GET_*_ID". Opens an fd.
type FDByIDAttr struct {
	_         structs.HostLayout
	ID        uint32   `c:"start_id"`   // in C united with map_id, prog_id, btf_id and link_id
	NextID    uint32   `c:"next_id"`    // stays 0
	OpenFlags MapFlags `c:"open_flags"` // of maps alone

	Kind ObjKind // chooses the command
}

// Cmd is one of BPF_*_GET_FD_BY_ID.
func (a *FDByIDAttr) Cmd() Cmd { return cmdOf(fdByIDCmds[:], a.Kind) }

// NextIDAttr finds the next object: the struct of [FDByIDAttr]. The kernel writes NextID.
type NextIDAttr struct {
	_       structs.HostLayout
	StartID uint32 `c:"start_id"`
	NextID  uint32 `c:"next_id"` // output

	Kind ObjKind // chooses the command
}

// Cmd is one of BPF_*_GET_NEXT_ID.
func (a *NextIDAttr) Cmd() Cmd { return cmdOf(nextIDCmds[:], a.Kind) }

func cmdOf(cmds []Cmd, k ObjKind) Cmd {
	if int(k) < len(cmds) {
		return cmds[k]
	}
	return badCmd
}

// FDByID opens an object by its id. It takes CAP_SYS_ADMIN; ENOENT says that there is none.
func FDByID(k ObjKind, id uint32) (*FD, error) {
	return OpenFD(&FDByIDAttr{ID: id, Kind: k})
}

// NextID gives the lowest id above start, ENOENT after the last. It takes CAP_SYS_ADMIN.
func NextID(k ObjKind, start uint32) (uint32, error) {
	a := NextIDAttr{StartID: start, Kind: k}
	if _, err := BPF(&a); err != nil {
		return 0, err
	}
	return a.NextID, nil
}
