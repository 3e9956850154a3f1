package bpfobj

import (
	"errors"
	"reflect"
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
		err := askFor(tag)
		if errors.Is(err, syscall.EOPNOTSUPP) {
			honoured.tag = tag
			return tag, nil
		}
		if err != nil {
			return "", permission(err, sys.CAP_BPF)
		}
	}
	release, _ := sys.Release()
	return "", &sys.NotSupportedError{Feature: "user kptrs (this is Linux " + release + ")", Since: "6.13"}
}

type (
	probeBlock struct {
		_ struct{} `btf:"name=kptr_tag_probe"`
		A int32
	}
	probeValue struct {
		_ struct{}    `btf:"name=kptr_tag_value"`
		P *probeBlock `btf:"kptr_user"`
	}
)

// askFor makes a hash map whose value has a pointer with the tag.
func askFor(tag string) error {
	return catch(func() {
		types := btf.New(nativeOrder())
		key := must(types.AddGo(reflect.TypeFor[int32](), tag))
		value := must(types.AddGo(reflect.TypeFor[probeValue](), tag))
		b := must(types.Encode())
		fd := must(sys.OpenFD(&sys.BTFLoadAttr{BTF: sys.Bytes(b), BTFSize: uint32(len(b))}))
		defer fd.Close()
		m := must(sys.OpenFD(&sys.MapCreateAttr{
			MapType: sys.BPF_MAP_TYPE_HASH, KeySize: 4, ValueSize: 8, MaxEntries: 1, MapName: sys.MakeObjName("kptr_tag_probe"),
			BTFFD: fd.Uint32(), BTFKeyTypeID: uint32(key), BTFValueTypeID: uint32(value),
		}))
		check(m.Close())
	})
}

// permission explains an error that lack of one of these capabilities gives. It leaves others as they are.
func permission(err error, need ...sys.Cap) error {
	if !denied(err) {
		return err
	}
	return &PermissionError{Missing: missingCaps(need), Err: err}
}

// denied tells a refusal for want of permission from one by the verifier, which may say EACCES too.
func denied(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) && !errors.Is(err, ErrVerifier)
}

func missingCaps(need []sys.Cap) (missing []string) {
	have, err := sys.Capabilities()
	for _, c := range need {
		if err == nil && !have.Allows(c) {
			missing = append(missing, c.String())
		}
	}
	return missing
}
