package btf

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// TestExtract takes structs out of the running kernel's BTF: they have the layout that Decode of all of it gives.
func TestExtract(t *testing.T) {
	blob := kernelBTF(t)
	all, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"task_struct", "list_head", "tcp_congestion_ops", "bpf_struct_ops_tcp_congestion_ops"} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "bpf_struct_ops_") {
				kerneltest.NeedJIT(t) // struct_ops are of CONFIG_BPF_JIT too (kernel/bpf/Makefile)
			}
			id, err := all.Find(KindStruct, name)
			if err != nil {
				t.Fatal(err)
			}
			some, ids, err := Extract(blob, []ID{id, 0, ID(all.Len())})
			if err != nil {
				t.Fatal(err)
			}
			if ids[1] != 0 || ids[2] != 0 {
				t.Errorf("ids %v, want void for 0 and for what is not there", ids)
			}
			if some.Len() > all.Len()/20 {
				t.Errorf("%d types of %d", some.Len(), all.Len())
			}
			got, want := some.Type(ids[0]), all.Type(id)
			if got.Name != name || got.Size != want.Size || len(got.Members) != len(want.Members) {
				t.Fatalf("%v %q of %d bytes with %d members", got.Kind, got.Name, got.Size, len(got.Members))
			}
			for i, m := range want.Members {
				g := got.Members[i]
				if g.Name != m.Name || g.BitOffset != m.BitOffset || g.BitSize != m.BitSize {
					t.Errorf("member %d is %+v, want %+v", i, g, m)
				}
				size, err := all.Size(m.Type)
				if gotSize, gotErr := some.Size(g.Type); gotSize != size || (gotErr == nil) != (err == nil) {
					t.Errorf("member %q has %d bytes, %v, want %d, %v", m.Name, gotSize, gotErr, size, err)
				}
			}
		})
	}
}

func TestExtractRefuses(t *testing.T) {
	s := New(binary.LittleEndian)
	s.Add(Type{Kind: KindStruct, Name: "s", Size: 4, Members: []Member{{Name: "m", Type: s.Add(Type{Kind: KindInt, Name: "int", Size: 4, Bits: 32})}}})
	good, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"no BTF": []byte("BTF"), "cut": good[:30]} {
		if _, _, err := Extract(b, []ID{1}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, row := range []struct {
		name  string
		words []uint32
		text  string
	}{
		// Each of the CONSTs refers to the one after it, as deep as Decode refuses it.
		{"nested 200 deep", chain(200, +1), ".BTF: type 129 at 0x618: nested more than 128 types deep"},
		{"ring", concat(wConst(2), wConst(1)), ".BTF: type 1 (CONST) at 0x18: contains itself"},
		{"two bad members", concat([]uint32{1, 4<<24 | 2, 8, 1, 2, 0, 3, 3, 32}, []uint32{5, 1 << 24, 4, 0x120}, []uint32{5, 1 << 24, 4, 0x220}),
			".BTF: type 2 at 0x3c: int data 0x120 has unused bits set"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, _, err := Extract(blob(orders[0], row.words), []ID{1})
			checkRefusal(t, err, ErrMalformed, row.text)
		})
	}
	bad := append([]byte(nil), good...)
	bad[24+4+3] = 0x7f // the first type is of kind 127
	if _, _, err := Extract(bad, []ID{1}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown kind: %v", err)
	}
}

// What is copied, and that nothing is copied twice: of the structs, each holds the one before it twice.
func TestExtractHandMade(t *testing.T) {
	for _, order := range orders {
		list := concat(wInt, wPtr(3), []uint32{1, 4<<24 | 2, 16, 1, 1, 0, 3, 2, 64}) // struct a { int a; struct a *b; }
		for id := uint32(3); id < 20; id++ {
			list = concat(list, []uint32{1, 5<<24 | 2, 16, 0, id, 0, 0, id, 0})
		}
		s, ids, err := Extract(blob(order, list), []ID{20, 1})
		if err != nil {
			t.Fatal(err)
		}
		if s.Len() != 21 || s.ByteOrder() != order {
			t.Errorf("%s: %d types, %s", order, s.Len(), s.ByteOrder())
		}
		id, err := s.Find(KindStruct, "a")
		if err != nil {
			t.Fatal(err)
		}
		members := s.Type(id).Members
		if a := members[0].Type; a != ids[1] || s.Type(a).Name != "int" {
			t.Errorf("%s: member a is %+v", order, s.Type(a))
		}
		if b := s.Type(members[1].Type); b.Kind != KindPtr || b.Type != 0 {
			t.Errorf("%s: member b is %+v, want a pointer to void", order, b)
		}
		deepest := concat(chain(maxDepth-1, +1)[:3*(maxDepth-2)], wConst(maxDepth), wInt)
		if s, _, err := Extract(blob(order, deepest), []ID{1}); err != nil || s.Len() != maxDepth+1 {
			t.Errorf("%s: nested %d deep: %v", order, maxDepth, err)
		}
	}
}

// A blob of next to nothing, and one that claims much: the vlen of a FUNC, 24 bits, is its linkage.
func TestExtractMemory(t *testing.T) {
	for _, order := range orders {
		for _, list := range [][]uint32{nil, wPtr(0)} {
			s, ids, err := Extract(blob(order, list), []ID{1})
			if err != nil || s.Len() != 1+len(list)/3 || ids[0] != ID(len(list)/3) {
				t.Errorf("%s: %d words: ids %v, %v", order, len(list), ids, err)
			}
		}
		b := blob(order, concat(wProto, []uint32{1, 12<<24 | 0xffffff, 1}))
		var err error
		if n := allocated(func() { _, _, err = Extract(b, []ID{2}) }); n > maxBase {
			t.Errorf("%s: took %d bytes", order, n)
		}
		checkRefusal(t, err, ErrMalformed, `.BTF: type 1 (FUNC "a") at 0x18: linkage 16777215, want 0, 1 or 2`)
	}
}

// TestEnumerators compares with Decode.
func TestEnumerators(t *testing.T) {
	blob := kernelBTF(t)
	all, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]Enumerator)
	var names []string
	for id := range all.Len() {
		t := all.Type(ID(id))
		if !enums.has(t.Kind) {
			continue
		}
		for _, v := range t.Members {
			if _, ok := want[v.Name]; ok {
				continue
			}
			want[v.Name] = Enumerator{true, v.Value}
			if len(want)%100 == 0 {
				names = append(names, v.Name)
			}
		}
	}
	names = append(names, "NO_SUCH_ENUMERATOR", "task_struct", "")
	got, err := Enumerators(blob, names)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if got[i] != want[name] {
			t.Errorf("%q is %+v, want %+v", name, got[i], want[name])
		}
	}
	if _, err := Enumerators([]byte("no BTF"), nil); err == nil {
		t.Error("no BTF: taken")
	}
}

func TestEnumeratorsHandMade(t *testing.T) {
	for _, order := range orders {
		list := concat(wInt, // whose name is that of an enumerator
			[]uint32{5, 4<<24 | 1, 4, 5, 1, 0},                        // and a STRUCT, with such a member
			[]uint32{0, 6<<24 | 2, 4, 1, 0xfffffffe, 0, 6},            // ENUM { a = 0xfffffffe, "" = 6 }
			[]uint32{12, 1<<31 | 6<<24 | 2, 4, 3, 0xfffffffe, 1, 5},   // signed, its name the last NUL: { b = -2, a = 5 }
			[]uint32{99, 19<<24 | 1, 8, 9, 0x89abcdef, 0x01234567},    // ENUM64, its name out of the table: { tag = 0x0123456789abcdef }
			[]uint32{1, 6<<24 | 3, 4, 99, 7, math.MaxUint32, 8, 2, 9}) // enumerators without names
		want := map[string]Enumerator{"a": {true, 0xfffffffe}, "b": {true, 1<<64 - 2}, "tag": {true, 0x0123456789abcdef}}
		names := []string{"a", "", "b", "tag", "a", "int", "ta", "tags", "a\x00b", "ag"}
		got, err := Enumerators(blob(order, list), names)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			if got[i] != want[name] {
				t.Errorf("%s: %q is %+v, want %+v", order, name, got[i], want[name])
			}
		}
		got, err = Enumerators(blob(order, concat(list, []uint32{0, 127 << 24, 0})), names)
		if got != nil {
			t.Error("enumerators beside the error")
		}
		checkRefusal(t, err, ErrUnsupported, ".BTF: type 7 at 0xb4: info 0x7f000000: unknown kind 127")
	}
}

// Telling that a name is not wanted costs no more than the longest that is, however many enumerators share it.
func TestEnumeratorsTakeLinearTime(t *testing.T) {
	const n = 1 << 20
	list := []uint32{0, 6<<24 | n, 4}
	for range n {
		list = append(list, 1, 0)
	}
	b := blobOf(orders[0], words(orders[0], list...), "\x00"+strings.Repeat("x", maxStrings-2)+"\x00")
	got, err := Enumerators(b, []string{"x", "xxx"})
	if err != nil || got[0].Found || got[1].Found {
		t.Errorf("%v, %v", got, err)
	}
}
