package sys

import "unsafe"

// Each length is the end of the last field, not the size of the Go struct, which may be padded or
// followed by fields that are not the kernel's.

func (a *MapCreateAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.MapExtra) + unsafe.Sizeof(a.MapExtra)
}

func (a *MapUpdateElemAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Flags) + unsafe.Sizeof(a.Flags)
}

func (a *MapLookupElemAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Flags) + unsafe.Sizeof(a.Flags)
}

func (a *MapDeleteElemAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Key) + unsafe.Sizeof(a.Key)
}

func (a *MapFreezeAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.MapFD) + unsafe.Sizeof(a.MapFD)
}

func (a *ProgLoadAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.CoreReloRecSize) + unsafe.Sizeof(a.CoreReloRecSize)
}

func (a *TestRunAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.CPU) + unsafe.Sizeof(a.CPU)
}

func (a *BTFLoadAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.BTFLogLevel) + unsafe.Sizeof(a.BTFLogLevel)
}

func (a *RawTracepointOpenAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.ProgFD) + unsafe.Sizeof(a.ProgFD)
}

func (a *LinkCreateAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Flags) + unsafe.Sizeof(a.Flags)
}

func (a *IterCreateAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Flags) + unsafe.Sizeof(a.Flags)
}

func (a *ObjPinAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.FileFlags) + unsafe.Sizeof(a.FileFlags)
}

func (a *ObjGetAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.FileFlags) + unsafe.Sizeof(a.FileFlags)
}

func (a *FDByIDAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.OpenFlags) + unsafe.Sizeof(a.OpenFlags)
}

func (a *NextIDAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.NextID) + unsafe.Sizeof(a.NextID)
}

func (a *ObjInfoAttr) raw() (unsafe.Pointer, uintptr) {
	return unsafe.Pointer(a), unsafe.Offsetof(a.Info) + unsafe.Sizeof(a.Info)
}

func (i *MapInfo) room() (Ptr, uint32)  { return PtrTo(i), uint32(unsafe.Sizeof(*i)) }
func (i *ProgInfo) room() (Ptr, uint32) { return PtrTo(i), uint32(unsafe.Sizeof(*i)) }
func (i *BTFInfo) room() (Ptr, uint32)  { return PtrTo(i), uint32(unsafe.Sizeof(*i)) }
func (i *LinkInfo) room() (Ptr, uint32) { return PtrTo(i), uint32(unsafe.Sizeof(*i)) }
