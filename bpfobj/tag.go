package bpfobj

import (
	"errors"
	"sync"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// honoured remembers the answer of a kernel that has user kptrs: it does not
// change while the kernel runs.
var honoured struct {
	sync.Mutex
	tag string
}

// HonouredTag asks the running kernel which type tag makes a pointer a user kptr.
// A kernel that honours a tag refuses it in a hash map with EOPNOTSUPP; another one
// takes the tag for a remark and creates the map (map_check_btf, kernel/bpf/
// syscall.c). It needs CAP_BPF.
//
// The error is a *sys.NotSupportedError if none is honoured.
func HonouredTag() (string, error) {
	honoured.Lock()
	defer honoured.Unlock()
	if honoured.tag != "" {
		return honoured.tag, nil
	}
	for _, tag := range []string{TagUptr, TagKptrUser} {
		ok, err := honours(tag)
		if err != nil {
			return "", err
		}
		if ok {
			honoured.tag = tag
			return tag, nil
		}
	}
	release, _ := sys.Release()
	return "", &sys.NotSupportedError{Feature: "user kptrs (this is Linux " + release + ")", Since: "6.13"}
}

func honours(tag string) (bool, error) {
	types := btf.New(nativeOrder())
	integer := types.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	block := types.Add(btf.Type{Kind: btf.KindStruct, Name: "kptr_tag_probe", Size: 4, Members: []btf.Member{{Name: "a", Type: integer}}})
	tagged := types.Add(btf.Type{Kind: btf.KindTypeTag, Name: tag, Type: block})
	ptr := types.Add(btf.Type{Kind: btf.KindPtr, Type: tagged})
	value := types.Add(btf.Type{Kind: btf.KindStruct, Name: "kptr_tag_value", Size: 8, Members: []btf.Member{{Name: "p", Type: ptr}}})
	b, err := types.Encode()
	if err != nil {
		return false, err
	}
	fd, err := sys.OpenFD(&sys.BTFLoadAttr{BTF: sys.Bytes(b), BTFSize: uint32(len(b))})
	if err != nil {
		return false, permission(err)
	}
	defer fd.Close()
	m, err := sys.OpenFD(&sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_HASH, KeySize: 4, ValueSize: 8, MaxEntries: 1, MapName: sys.MakeObjName("kptr_tag_probe"),
		BTFFD: fd.Uint32(), BTFKeyTypeID: uint32(integer), BTFValueTypeID: uint32(value),
	})
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return true, nil
	}
	if err != nil {
		return false, permission(err)
	}
	return false, m.Close()
}

func permission(err error) error {
	if errors.Is(err, syscall.EPERM) {
		return &PermissionError{Missing: missingCaps([]sys.Cap{sys.CAP_BPF}), Err: err}
	}
	return err
}
