package btf_test

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"kptr/btf"
)

// Hint mirrors struct user_data of a BPF program.
type Hint struct {
	_            struct{} `btf:"name=user_data"`
	A, B, Result int32
}

// Value mirrors struct value_type, the value of a task-storage map.
type Value struct {
	_     struct{} `btf:"name=value_type"`
	Udata *Hint    `btf:"kptr_user"`
}

func ExampleSpec_AddGo() {
	spec := btf.New(binary.LittleEndian)
	id, err := spec.AddGo(reflect.TypeFor[Value](), "uptr")
	if err != nil {
		fmt.Println(err)
		return
	}
	member := spec.Type(id).Members[0]
	tag := spec.Type(spec.Type(member.Type).Type)
	pointee := spec.Type(tag.Type)
	fmt.Println(member.Name, tag.Kind, tag.Name, pointee.Name, pointee.Size)
	for _, m := range pointee.Members {
		fmt.Println(m.Name, spec.Type(m.Type).Name, m.BitOffset/8)
	}
	// Output:
	// udata TYPE_TAG uptr user_data 12
	// a int 0
	// b int 4
	// result int 8
}

func ExampleSpec_CompareGo() {
	spec := btf.New(binary.LittleEndian)
	id, err := spec.AddGo(reflect.TypeFor[Value](), "uptr")
	if err != nil {
		fmt.Println(err)
		return
	}
	type wrong struct {
		Udata *struct {
			A uint32
			B int64
		} `btf:"kptr_user"`
	}
	if err := spec.CompareGo(id, reflect.TypeFor[wrong]()); err != nil {
		for _, d := range err.(*btf.LayoutError).Differences {
			fmt.Println(d)
		}
	}
	// Output:
	// udata: size 12 (struct user_data) in C, 16 (struct { A uint32; B int64 }) in Go
	// udata.a: signed (int) in C, unsigned (uint32) in Go
	// udata.b: offset 4 in C, 8 in Go
	// udata.b: size 4 (int) in C, 8 (int64) in Go
	// udata.result: no such field in Go; C has int at offset 8
}
