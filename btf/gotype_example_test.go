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
	fmt.Println(spec.C(id))
	// Output:
	// struct user_data;
	//
	// struct value_type {
	// 	struct user_data __attribute__((btf_type_tag("uptr"))) *udata;
	// };
	//
	// struct user_data {
	// 	int a;
	// 	int b;
	// 	int result;
	// };
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
