package sys

import "unsafe"

// upTo gives the attributes from their first byte to the end of their last field, which is not that of the Go struct: that may be
// padded, or followed by fields that are not the kernel's.
func upTo[F any](a unsafe.Pointer, last *F) (unsafe.Pointer, uintptr) {
	return a, uintptr(unsafe.Pointer(last)) - uintptr(a) + unsafe.Sizeof(*last)
}

func (a *MapCreateAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.MapExtra) }
func (a *MapUpdateElemAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.Flags) }
func (a *MapLookupElemAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.Flags) }
func (a *MapDeleteElemAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.Key) }
func (a *MapFreezeAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.MapFD) }
func (a *ProgLoadAttr) raw() (unsafe.Pointer, uintptr) {
	return upTo(unsafe.Pointer(a), &a.CoreReloRecSize)
}
func (a *TestRunAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.CPU) }
func (a *BTFLoadAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.BTFLogLevel) }
func (a *RawTracepointOpenAttr) raw() (unsafe.Pointer, uintptr) {
	return upTo(unsafe.Pointer(a), &a.ProgFD)
}
func (a *LinkCreateAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.Flags) }
func (a *IterCreateAttr) raw() (unsafe.Pointer, uintptr) { return upTo(unsafe.Pointer(a), &a.Flags) }
func (a *ObjPinAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.FileFlags) }
func (a *ObjGetAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.FileFlags) }
func (a *FDByIDAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.OpenFlags) }
func (a *NextIDAttr) raw() (unsafe.Pointer, uintptr)     { return upTo(unsafe.Pointer(a), &a.NextID) }
func (a *ObjInfoAttr) raw() (unsafe.Pointer, uintptr)    { return upTo(unsafe.Pointer(a), &a.Info) }
