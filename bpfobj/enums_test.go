package bpfobj

import (
	"errors"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
)

// TestSetEnums: the values are those of include/uapi/linux/bpf.h.
func TestSetEnums(t *testing.T) {
	kerneltest.NeedLinux(t, "6.12", "enumerators of 64 bits in the kernel's own BTF")
	kerneltest.NoLeaks(t)
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	s := mustParse(t, readObject(t, "enums", nativeOrder()))
	if err := s.SetEnums(k, "__BPF_"); err != nil {
		t.Fatal(err)
	}
	obj, err := s.Load(nil)
	kerneltest.Require(t, err)
	defer obj.Close()
	call(t, obj, "copy_constants", 5)
	equal(t, obj, "task_storage", uint64(29))
	equal(t, obj, "no_such", uint32(0))
	equal(t, obj, "netns", int32(-1))
	equal(t, obj, "index_mask", uint64(0xffffffff))
}

func TestSetEnumsRefuses(t *testing.T) {
	s := mustParse(t, readObject(t, "enums", nativeOrder()))
	types := btf.New(nativeOrder())
	types.Add(btf.Type{Kind: btf.KindEnum64, Name: "e", Size: 8, Members: []btf.Member{{Name: "BPF_MAP_TYPE_NO_SUCH", Value: 1 << 32}}})
	blob, err := types.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetEnums(&Kernel{ByteOrder: nativeOrder(), BTF: blob}, "__BPF_"); !errors.Is(err, ErrEnumSize) {
		t.Errorf("33 bits in 32: %v", err)
	}
	if err := s.SetEnums(&Kernel{ByteOrder: nativeOrder()}, "__BPF_"); err == nil {
		t.Error("a kernel without BTF was taken")
	}
	if err := s.SetEnums(&Kernel{ByteOrder: nativeOrder(), BTF: blob[:8]}, "__BPF_"); !errors.Is(err, btf.ErrTruncated) {
		t.Errorf("half a BTF: %v", err)
	}
}
