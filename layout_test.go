package kptr

import (
	"errors"
	"reflect"
	"testing"

	"kptr/btf"
)

type (
	layoutBlock struct{ A, B uint32 }
	layoutWide  struct {
		_ uint64
		A [3]uint16
	}
	layoutNested struct {
		Plain uint32
		Block *layoutWide `btf:"kptr_user"`
	}
	layoutValue struct {
		Lock  uint32
		Block *layoutBlock `btf:"kptr_user"`
		In    [2]layoutNested
		Slots [2]*layoutBlock `btf:"kptr_user"`
		Plain [1 << 20]uint32
	}
	layoutChain struct{ In [2]layoutNested }
	layoutBad   struct {
		Block *layoutChain `btf:"kptr_user"`
	}
)

func TestUserKptrs(t *testing.T) {
	got, err := userKptrs(reflect.TypeFor[layoutValue]())
	if err != nil {
		t.Fatal(err)
	}
	block := reflect.TypeFor[*layoutBlock]()
	want := []field{
		{"Block", 8, 8, 4, block},
		{"In[0].Block", 24, 16, 8, reflect.TypeFor[*layoutWide]()},
		{"In[1].Block", 40, 16, 8, reflect.TypeFor[*layoutWide]()},
		{"Slots[0]", 48, 8, 4, block},
		{"Slots[1]", 56, 8, 4, block},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestUserKptrsChained: a pointer in a pointee is one that neither BPF nor the collector follows.
func TestUserKptrsChained(t *testing.T) {
	_, err := userKptrs(reflect.TypeFor[layoutBad]())
	var bad *btf.TypeError
	if !errors.As(err, &bad) || bad.Field != "Block.In[].Block" {
		t.Errorf("got %v", err)
	}
}
