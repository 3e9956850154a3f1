package btf

import (
	"math"
	"testing"
)

// Sizes as the C compiler has them; ids as bpftool prints them for testdata/kinds.c.
func TestSize(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	for _, row := range []struct {
		name string
		id   ID
		want uint64
	}{
		{"int", 2, 4}, {"int[29]", 3, 116}, {"pointer", 7, 8}, {"struct value_type", 9, 224}, {"int[3][5]", 19, 60},
		{"typedef u32", 21, 4}, {"_Bool", 24, 1}, {"double", 26, 8}, {"union", 29, 8}, {"enum mode", 23, 4}, {"enum64", 34, 8},
		{"const volatile u8", 38, 1}, {"restrict pointer", 36, 8}, {"__int128", 48, 16}, {"int[]", 51, 0},
		{"variable datamap", 53, 32}, {"tagged struct", 94, 12}, {"DATASEC before relocation", 84, 0}, {"enum only declared", 17, 0},
	} {
		if got, err := s.Size(row.id); err != nil || got != row.want {
			t.Errorf("%s: %d, %v, want %d", row.name, got, err, row.want)
		}
	}
	for _, row := range []struct {
		name string
		id   ID
		text string
	}{
		{"void", 0, ".BTF: void has no size"},
		{"FWD", 13, `.BTF: type 13 (FWD "later") at 0x1dc: no size in bytes`},
		{"FUNC_PROTO", 47, ""}, {"FUNC", 55, ""}, {"DECL_TAG", 20, ""},
		{"out of range", 95, ".BTF: type id 95 out of range (95 types)"},
		{"far out of range", math.MaxUint32, ".BTF: type id 4294967295 out of range (95 types)"},
	} {
		_, err := s.Size(row.id)
		if row.text == "" && err != nil {
			row.text = err.Error()
		}
		t.Run(row.name, func(t *testing.T) { checkRefusal(t, err, ErrNoSize, row.text) })
	}
}

// Sizes of arrays are bounded as the kernel bounds them, also in a Spec that was never validated.
func TestSizeOfBuilt(t *testing.T) {
	s := New(orders[0])
	i := s.Add(Type{Kind: KindInt, Name: "int", Size: 4, Bits: 32})
	largest := s.Add(Type{Kind: KindArray, Type: i, Index: i, Count: 1<<30 - 1})
	larger := s.Add(Type{Kind: KindArray, Type: i, Index: i, Count: 1 << 30})
	square := s.Add(Type{Kind: KindArray, Type: ID(s.Len()) + 1, Index: i, Count: 1 << 20})
	s.Add(Type{Kind: KindArray, Type: i, Index: i, Count: 1 << 20})
	nested := s.Add(Type{Kind: KindArray, Type: largest, Index: i, Count: 2})
	none := s.Add(Type{Kind: KindArray, Type: larger, Index: i, Count: 0})
	a := s.Add(Type{Kind: KindConst, Type: ID(s.Len()) + 1})
	b := s.Add(Type{Kind: KindTypedef, Name: "ring", Type: a})
	ring := s.Add(Type{Kind: KindArray, Type: ID(s.Len()), Index: i, Count: 1})
	s.Add(Type{Kind: 20})
	proto := s.Add(Type{Kind: KindFuncProto})
	if got, err := s.Size(largest); err != nil || got != 4<<30-4 {
		t.Errorf("largest: %d, %v", got, err)
	}
	for _, id := range []ID{larger, nested, square, a, b, ring, proto} {
		if got, err := s.Size(id); err == nil {
			t.Errorf("type %d: %d, want an error", id, got)
		}
	}
	if got, err := s.Size(none); err != nil || got != 0 {
		t.Errorf("array of no elements: %d, %v", got, err)
	}
	if got := s.Resolve(a); got != 0 {
		t.Errorf("ring resolved to %d", got)
	}
}

func TestResolve(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	for id, want := range map[ID]ID{0: 0, 2: 2, 21: 22, 38: 41, 36: 37, 49: 31, 94: 82, 92: 82, 53: 53, 1000: 1000} {
		if got := s.Resolve(id); got != want {
			t.Errorf("%d: %d, want %d", id, got, want)
		}
	}
}
