package sys

import (
	"reflect"
	"structs"
	"unsafe"
)

// Ptr is a pointer member of an attribute struct, __aligned_u64 in C. It holds a real pointer, so
// that what it points to is neither freed nor moved while the attributes are reachable, which
// [BPF] sees to until the kernel has answered. The zero Ptr is NULL.
type Ptr struct {
	_ structs.HostLayout
	p unsafe.Pointer
}

// Pointer members are 8 bytes in union bpf_attr: a 32-bit host would need padding by byte order.
var _ [8]byte = [unsafe.Sizeof(Ptr{})]byte{}

// Bytes points to the first byte of b; an empty b gives NULL.
func Bytes(b []byte) Ptr {
	if len(b) == 0 {
		return Ptr{}
	}
	return Ptr{p: unsafe.Pointer(unsafe.SliceData(b))}
}

// CString points to a NUL-terminated copy of s. The kernel reads it to the first NUL, so s should
// hold none; [ObjPin] and [ObjGet] refuse it for paths.
func CString(s string) Ptr {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return Bytes(b)
}

// PtrTo points to *p, for a key or value that is a Go struct of the C layout; nil gives NULL.
func PtrTo[T any](p *T) Ptr { return Ptr{p: unsafe.Pointer(p)} }

// Memory gives the bytes that a Go pointer, which is not nil, points to.
func Memory(ptr reflect.Value) []byte {
	return unsafe.Slice((*byte)(ptr.UnsafePointer()), ptr.Type().Elem().Size())
}

// view gives the n bytes behind p; the caller knows that so many are there.
func (p Ptr) view(n uint64) []byte {
	return unsafe.Slice((*byte)(p.p), n)
}

// cString gives the text up to the NUL; only for what CString made.
func (p Ptr) cString() string {
	n := uintptr(0)
	for *(*byte)(unsafe.Add(p.p, n)) != 0 {
		n++
	}
	return string(p.view(uint64(n)))
}
