package hostile

import (
	"encoding/binary"
	"errors"
	"strings"

	"kptr/bpfobj"
	"kptr/btf"
)

// noSuch is part of the names that the corpus asks for because no kernel has them.
const noSuch = "no_such"

// Kernel makes up a kernel that has what the objects ask for: the same one on every host.
func Kernel(order binary.ByteOrder, objects []Object) (*bpfobj.Kernel, error) {
	types := btf.New(order)
	k := &bpfobj.Kernel{Release: "6.18.0", ByteOrder: order, PageSize: 4096, Tag: bpfobj.TagUptr}
	var err error
	if k.BTF, err = types.Encode(); err != nil {
		return nil, err
	}
	for _, o := range objects {
		spec, err := bpfobj.Parse(o.Bytes)
		if err != nil {
			continue
		}
		for provide(types, spec, k) {
			if k.BTF, err = types.Encode(); err != nil {
				return nil, err
			}
		}
	}
	return k, nil
}

// provide adds a name that Plan has not found, and tells whether there was one.
func provide(types *btf.Spec, spec *bpfobj.Spec, k *bpfobj.Kernel) bool {
	var lacks *bpfobj.NotFoundError
	if _, err := spec.Plan(k, &bpfobj.Options{AllPrograms: true}); !errors.As(err, &lacks) || strings.Contains(lacks.Name, noSuch) {
		return false
	}
	switch lacks.Kind {
	case "kernel FUNC":
		types.Add(btf.Type{Kind: btf.KindFunc, Name: lacks.Name, Type: types.Add(btf.Type{Kind: btf.KindFuncProto})})
	case "kernel TYPEDEF":
		types.Add(btf.Type{Kind: btf.KindTypedef, Name: lacks.Name, Type: types.Add(btf.Type{Kind: btf.KindPtr})})
	case "struct_ops type of the kernel":
		addOps(types, spec.Types(), lacks.Name)
	default:
		return false
	}
	return true
}

// addOps adds a struct of operations as an object has it, and the value type around it (bpf_struct_ops_desc_init,
// kernel/bpf/bpf_struct_ops.c).
func addOps(types, from *btf.Spec, name string) {
	id, err := from.Find(btf.KindStruct, name)
	if err != nil {
		return
	}
	ops := *from.Type(id)
	ops.Members = append([]btf.Member(nil), ops.Members...)
	for i := range ops.Members {
		m := &ops.Members[i]
		size, err := from.Size(m.Type)
		switch {
		case err != nil:
			return
		case from.Type(from.Resolve(m.Type)).Kind == btf.KindPtr:
			m.Type = types.Add(btf.Type{Kind: btf.KindPtr})
		default:
			char := types.Add(btf.Type{Kind: btf.KindInt, Name: "char", Size: 1, Bits: 8})
			m.Type = types.Add(btf.Type{Kind: btf.KindArray, Type: char, Index: char, Count: uint32(size)})
		}
	}
	const cacheLine = 64
	types.Add(btf.Type{Kind: btf.KindStruct, Name: "bpf_struct_ops_" + name, Size: cacheLine + ops.Size,
		Members: []btf.Member{{Name: "data", Type: types.Add(ops), BitOffset: 8 * cacheLine}}})
}
