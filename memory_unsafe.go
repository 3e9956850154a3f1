package kptr

// This file is the package's only one that uses unsafe; gc_unsafe.go imports it for a go:linkname. A value of type V goes to the kernel as bytes, and its user kptrs are
// set and read by their offset in it, which Open compared with the map's BTF; blocks lie in mapped memory, which Go has no
// typed way to reach. Nothing here is given a Go-heap address to keep.

import "unsafe"

// bytesOf gives the memory of *v.
func bytesOf[V any](v *V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// addrAt reads the pointer at an offset of *v as a number.
func addrAt[V any](v *V, offset uintptr) uintptr {
	return uintptr(*(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(v), offset)))
}

// setAt sets the pointer at an offset of *v to the first byte of block, to nil for an empty block.
func setAt[V any](v *V, offset uintptr, block []byte) {
	*(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(v), offset)) = unsafe.Pointer(unsafe.SliceData(block))
}

// addrOf gives the address of the first byte.
func addrOf(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// typed gives the T at the start of b, which is aligned for it and at least as large.
func typed[T any](b []byte) *T { return (*T)(unsafe.Pointer(unsafe.SliceData(b))) }
