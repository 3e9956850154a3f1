package sys

import "golang.org/x/sys/unix"

// BPF_OBJ_NAME_LEN is the size in bytes of an object's name, its NUL included: linux/bpf.h.
const BPF_OBJ_NAME_LEN = 16

// ObjName is the name of a map or program as the kernel stores it: NUL-terminated, for people to
// read; the kernel attaches no meaning to it.
type ObjName [BPF_OBJ_NAME_LEN]byte

// MakeObjName turns a name of any length into one that the kernel takes: at most 15 bytes, and
// "_" for each byte that bpf_obj_name_cpy (kernel/bpf/syscall.c) refuses.
func MakeObjName(s string) ObjName {
	var n ObjName
	for i := range min(len(s), len(n)-1) {
		n[i] = s[i]
		if !objNameByte(s[i]) {
			n[i] = '_'
		}
	}
	return n
}

func objNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.'
}

// String gives the name without its NULs.
func (n ObjName) String() string { return unix.ByteSliceToString(n[:]) }
