package sys

import (
	"strings"
	"structs"

	"golang.org/x/sys/unix"
)

// ObjPinAttr gives an object a name in bpffs: the anonymous struct of union bpf_attr
// (linux/bpf.h) "used by BPF_OBJ_* commands".
type ObjPinAttr struct {
	_         structs.HostLayout
	Pathname  Ptr      `c:"pathname" text:"nul"`
	BPFFD     uint32   `c:"bpf_fd"`
	FileFlags MapFlags `c:"file_flags"`
}

// Cmd is BPF_OBJ_PIN.
func (*ObjPinAttr) Cmd() Cmd { return BPF_OBJ_PIN }

// ObjGetAttr opens an object by its name in bpffs: the struct of [ObjPinAttr], where BPFFD stays 0
// and FileFlags are BPF_F_RDONLY, BPF_F_WRONLY or 0. Opens an fd.
type ObjGetAttr ObjPinAttr

// Cmd is BPF_OBJ_GET.
func (*ObjGetAttr) Cmd() Cmd { return BPF_OBJ_GET }

// ObjPin pins fd to path, which must not exist, in a mounted bpffs. A path that holds a NUL is
// refused with EINVAL, since the kernel would pin to the part before it.
func ObjPin(path string, fd *FD) error {
	if strings.IndexByte(path, 0) >= 0 {
		return &Error{Cmd: BPF_OBJ_PIN, Errno: unix.EINVAL}
	}
	_, err := BPF(&ObjPinAttr{Pathname: CString(path), BPFFD: fd.Uint32()})
	return err
}

// ObjGet opens what is pinned to path; flags are BPF_F_RDONLY, BPF_F_WRONLY or 0 for both ways.
// A path that holds a NUL is refused with EINVAL.
func ObjGet(path string, flags MapFlags) (*FD, error) {
	if strings.IndexByte(path, 0) >= 0 {
		return nil, &Error{Cmd: BPF_OBJ_GET, Errno: unix.EINVAL}
	}
	return OpenFD(&ObjGetAttr{Pathname: CString(path), FileFlags: flags})
}
