package btf

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// built makes with Add the types that the words of decodeRows say.
func built(order testOrder) *Spec {
	s := New(order)
	i := s.Add(Type{Kind: KindInt, Name: "int", Size: 4, Encoding: IntSigned, Bits: 32})
	s.Add(Type{Kind: KindStruct, Name: "a", Flag: true, Size: 8, Members: []Member{
		{Name: "b", Type: i, BitSize: 3, BitOffset: 5}, {Name: "int", Type: i, BitOffset: 32}}})
	s.Add(Type{Kind: KindEnum, Name: "b", Flag: true, Size: 4, Members: []Member{{Name: "a", Value: math.MaxUint64}}})
	s.Add(Type{Kind: KindFuncProto, Members: []Member{{Name: "a", Type: i}, {}}})
	s.Add(Type{Kind: KindTypeTag, Name: "tag", Type: 2})
	return s
}

func TestAddEncodes(t *testing.T) {
	for _, order := range orders {
		types := words(order,
			1, 1<<24, 4, 1<<24|32, // INT "int"
			5, 1<<31|4<<24|2, 8, 7, 1, 3<<24|5, 1, 1, 32, // STRUCT "a" { "b", "int" }
			7, 1<<31|6<<24|1, 4, 5, 0xffffffff, // ENUM "b" { "a" }
			0, 13<<24|2, 0, 5, 1, 0, 0, // FUNC_PROTO ("a", ...)
			9, 18<<24, 2) // TYPE_TAG "tag"
		want := blobOf(order, types, "\x00int\x00a\x00b\x00tag\x00")
		got, err := built(order).Encode()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: % x, %v\nwant % x", order, got, err, want)
		}
		if s := mustDecode(t, got); s.Type(2).Members[0].Name != "b" {
			t.Errorf("decoded %+v", s.Type(2))
		}
	}
}

func TestAddCopies(t *testing.T) {
	s := New(orders[0])
	members := []Member{{Name: "a", Type: 1}}
	id := s.Add(Type{Kind: KindStruct, Members: members})
	members[0].Name = "changed"
	if got := s.Type(id).Members[0].Name; got != "a" {
		t.Errorf("member %q", got)
	}
}

// A decoded Spec is built on as a new one is: that is how a loader adds what an object lacks.
func TestAddToDecoded(t *testing.T) {
	for _, order := range orders {
		s := mustDecode(t, blob(order, concat(wInt, []uint32{9, 18 << 24, 1})))
		if id := s.Add(Type{Kind: KindPtr, Type: 2}); id != 3 {
			t.Errorf("id %d, want 3", id)
		}
		s.Type(1).Name = "new"
		if n := s.Retag("tag", "uptr"); n != 1 {
			t.Errorf("%d tags, want 1", n)
		}
		if n := s.Retag("tag", "uptr"); n != 0 {
			t.Errorf("%d tags the second time, want 0", n)
		}
		got, err := s.Encode()
		want := blobOf(order, words(order, 13, 1<<24, 4, 1<<24|32, 17, 18<<24, 1, 0, 2<<24, 2), testStrings+"new\x00uptr\x00")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: % x, %v\nwant % x", order, got, err, want)
		}
	}
}

func TestRetagObject(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	if n := s.Retag("uptr", "kptr_user"); n != 2 { // bpftool shows types 92 and 94
		t.Errorf("%d tags, want 2", n)
	}
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s = mustDecode(t, b)
	for _, id := range []ID{92, 94} {
		if got := s.Type(id); got.Kind != KindTypeTag || got.Name != "kptr_user" {
			t.Errorf("type %d: %s %q", id, got.Kind, got.Name)
		}
	}
}

// What a table has whole is not added, and nothing is added twice; parts of names are not names.
func TestEncodeAddsNames(t *testing.T) {
	for _, order := range orders {
		s := mustDecode(t, blob(order, wInt))
		var types []uint32
		for _, row := range []struct {
			name string
			want uint32
		}{
			{"a", 1}, {"int", 5}, {"tag", 9}, // there
			{"in", 13}, {"nt", 16}, {"nt", 16}, {"y", 19}, {"in", 13},
		} {
			s.Add(Type{Kind: KindFwd, Name: row.name})
			types = append(types, row.want, 7<<24, 0)
		}
		got, err := s.Encode()
		want := blobOf(order, words(order, append(slices.Clone(wInt), types...)...), testStrings+"in\x00nt\x00y\x00")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: % x, %v\nwant % x", order, got, err, want)
		}
	}
}

func TestEncodeTakesNamesChangedInPlace(t *testing.T) {
	for _, order := range orders {
		s := mustDecode(t, blob(order, concat(wInt,
			[]uint32{1, 4<<24 | 1, 4, 3, 1, 0},       // STRUCT "a" { "b" }
			[]uint32{1, 6<<24 | 1, 4, 3, 7},          // ENUM "a" { "b" }
			[]uint32{0, 13<<24 | 2, 0, 3, 1, 3, 1}))) // FUNC_PROTO ("b", "b")
		s.Type(1).Name = "integer"
		s.Type(2).Name = ""
		s.Type(2).Members[0].Name = "a"
		s.Type(3).Members[0].Name = "x"
		s.Type(4).Members[1].Name = "integer"
		got, err := s.Encode()
		want := blobOf(order, words(order, 13, 1<<24, 4, 1<<24|32, 0, 4<<24|1, 4, 1, 1, 0, 1, 6<<24|1, 4, 21, 7, 0, 13<<24|2, 0, 3, 1, 13, 1),
			testStrings+"integer\x00x\x00")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: % x, %v\nwant % x", order, got, err, want)
		}
	}
}

// Where a name was in one table says nothing about another.
func TestAddTypeOfAnotherSpec(t *testing.T) {
	long := strings.Repeat("x", 26)
	from := mustDecode(t, blobOf(orders[0], words(orders[0],
		1, 7<<24, 0, 3, 7<<24, 0, 30, 7<<24, 0, // FWD "b", FWD long, FWD "tag"
		30, 4<<24, 0), // STRUCT "tag"
		"\x00b\x00"+long+"\x00tag\x00"))
	from.Type(4).Name = ""
	s := mustDecode(t, blob(orders[0], nil))
	for id := range ID(from.Len() - 1) {
		s.Add(*from.Type(id + 1))
	}
	got, err := s.Encode()
	want := blobOf(orders[0], words(orders[0], 3, 7<<24, 0, 13, 7<<24, 0, 9, 7<<24, 0, 0, 4<<24, 0), testStrings+long+"\x00")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("% x, %v\nwant % x", got, err, want)
	}
}

func TestString(t *testing.T) {
	s := mustDecode(t, blob(orders[0], wInt))
	for off, want := range map[uint32]string{0: "", 1: "a", 5: "int", 6: "nt", 12: ""} {
		if got, err := s.String(off); err != nil || got != want {
			t.Errorf("string at 0x%x: %q, %v, want %q", off, got, err, want)
		}
	}
	for _, off := range []uint32{13, math.MaxUint32} {
		_, err := s.String(off)
		checkRefusal(t, err, ErrMalformed, fmt.Sprintf(".BTF: string offset 0x%x past the end of the string table (0xd bytes)", off))
	}
}

// appendToAll appends a member to each type, which must not run into the next one's: they are still those of another Spec.
func appendToAll(t *testing.T, s, like *Spec) {
	t.Helper()
	for id := range ID(s.Len()) {
		typ := s.Type(id)
		if !slices.Equal(typ.Members, like.Type(id).Members) {
			t.Fatalf("type %d: %+v, want %+v", id, typ.Members, like.Type(id).Members)
		}
		typ.Members = append(typ.Members, Member{Name: "x"})
	}
}

func TestDecodeMembersGrowApart(t *testing.T) {
	b := readTestdata(t, "kinds-el.btf")
	appendToAll(t, mustDecode(t, b), mustDecode(t, b))
}

func TestCloneSharesNothing(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	before, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clone()
	if got, err := c.Encode(); err != nil || !bytes.Equal(got, before) {
		t.Errorf("clone encodes differently (%v)", err)
	}
	appendToAll(t, c, s)
	for id := range ID(c.Len()) {
		ct := c.Type(id)
		for i := range ct.Members {
			ct.Members[i] = Member{Name: "y", Value: 1, Type: 1, BitOffset: 1, Offset: 1, Size: 1, BitSize: 1}
		}
		ct.Size++
	}
	c.Add(Type{Kind: KindFwd, Name: "clone"})
	c.Type(1).Name = "changed"
	after, err := s.Encode()
	if err != nil || !bytes.Equal(after, before) {
		t.Errorf("changing the clone changed the original (%v)", err)
	}
}

func TestValidateRefusesBuilt(t *testing.T) {
	long := strings.Repeat("x", 4097)
	integer := Type{Kind: KindInt, Name: "int", Size: 4, Bits: 32}
	for _, row := range []struct {
		name  string
		types []Type
		err   error
		text  string
	}{
		{name: "void", types: []Type{{}}, err: ErrMalformed, text: ".BTF: type 1 at 0x18: unknown kind 0"},
		{name: "kind 20", types: []Type{{Kind: 20}}, err: ErrMalformed, text: ".BTF: type 1 (kind 20) at 0x18: unknown kind 20"},
		{name: "signed value of 33 bits", types: []Type{{Kind: KindEnum, Flag: true, Size: 4, Members: []Member{{Name: "a", Value: 1 << 31}}}},
			err: ErrMalformed, text: `.BTF: type 1 (ENUM) at 0x18: enumerator 0 "a": 2147483648 does not fit 32 bits`},
		{name: "value of 33 bits", types: []Type{{Kind: KindEnum, Size: 8, Members: []Member{{Name: "a", Value: 1 << 32}}}},
			err: ErrMalformed, text: `.BTF: type 1 (ENUM) at 0x18: enumerator 0 "a": 4294967296 does not fit 32 bits`},
		{name: "bit field without kind_flag", types: []Type{integer, {Kind: KindStruct, Size: 4, Members: []Member{{Name: "a", Type: 1, BitSize: 3}}}},
			err: ErrMalformed, text: `.BTF: type 2 (STRUCT) at 0x28: member 0 "a": bit field of 3 bits without kind_flag`},
		{name: "offset of 25 bits", types: []Type{integer, {Kind: KindStruct, Flag: true, Size: 1 << 30, Members: []Member{{Name: "a", Type: 1, BitOffset: 1 << 24}}}},
			err: ErrMalformed, text: `.BTF: type 2 (STRUCT) at 0x28: member 0 "a": bit offset 16777216 does not fit 24 bits, as kind_flag wants`},
		{name: "bit field at 25 bits", types: []Type{integer, {Kind: KindStruct, Flag: true, Size: 1 << 30, Members: []Member{{Name: "a", Type: 1, BitSize: 1, BitOffset: 1 << 24}}}},
			err: ErrMalformed, text: `.BTF: type 2 (STRUCT) at 0x28: member 0 "a": bit offset 16777216 does not fit 24 bits, as kind_flag wants`},
		{name: "name of a PTR", types: []Type{{Kind: KindPtr, Name: "x"}},
			err: ErrMalformed, text: `.BTF: type 1 (PTR "x") at 0x18: name "x", want none`},
		{name: "named dots", types: []Type{{Kind: KindFuncProto, Members: []Member{{Name: "a"}}}},
			err: ErrMalformed, text: `.BTF: type 1 (FUNC_PROTO) at 0x18: parameter 0 "a": void, which only the last and nameless one may be`},
		{name: "name with NUL", types: []Type{{Kind: KindFwd, Name: "x\x00y"}},
			err: ErrMalformed, text: `.BTF: type 1 (FWD "x\x00y") at 0x18: name "x\x00y" with a control character`},
		{name: "decl tag with NUL", types: []Type{{Kind: KindStruct}, {Kind: KindDeclTag, Name: "\t\x00", Type: 1, Component: -1}},
			err: ErrMalformed, text: `.BTF: type 2 (DECL_TAG "\t\x00") at 0x24: name "\t\x00" with a control character`},
		{name: "members of an INT", types: []Type{{Kind: KindInt, Name: "int", Size: 4, Bits: 32, Members: []Member{{}}}},
			err: ErrMalformed, text: `.BTF: type 1 (INT "int") at 0x18: 1 members, want none`},
		{name: "name of 4097 bytes", types: []Type{{Kind: KindEnum, Size: 4, Members: []Member{{Name: long}}}},
			err: ErrMalformed, text: `.BTF: type 1 (ENUM) at 0x18: enumerator 0 "` + long + `": name of more than 4096 bytes`},
		{name: "strings of 16 MiB", types: slices.Collect(func(yield func(Type) bool) { // 4096 bytes each with their NUL, and "x", behind the empty one
			for i := range 4096 {
				yield(Type{Kind: KindFwd, Name: fmt.Sprintf("%-4095d", i)})
			}
			yield(Type{Kind: KindFwd, Name: "x"})
		}), err: ErrTooLarge, text: ".BTF: string table of 0x1000003 bytes, want at most 0x1000000"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := New(orders[0])
			for _, typ := range row.types {
				s.Add(typ)
			}
			checkRefusal(t, encodeError(s), row.err, row.text)
		})
	}
}

func TestValidateAcceptsBuilt(t *testing.T) {
	if err := encodeError(built(orders[0])); err != nil {
		t.Error(err)
	}
	if b, err := New(orders[1]).Encode(); err != nil || !slices.Equal(b, blobOf(orders[1], nil, "\x00")) {
		t.Errorf("% x, %v", b, err)
	}
}

func TestFind(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	for _, row := range []struct {
		kind Kind
		name string
		want ID // as bpftool prints it
	}{
		{KindStruct, "value_type", 9}, {KindVar, "datamap", 53}, {KindDataSec, ".maps", 89}, {KindFunc, "on_enter", 60}, {KindTypeTag, "uptr", 92},
	} {
		if got, err := s.Find(row.kind, row.name); err != nil || got != row.want {
			t.Errorf("%s %q: %d, %v, want %d", row.kind, row.name, got, err, row.want)
		}
	}
	_, err := s.Find(KindUnion, "value_type")
	checkRefusal(t, err, ErrNotFound, `.BTF: (UNION "value_type"): no such type`)
}

// The table is searched once for a name, however many types have it now.
func TestEncodeTakesLinearTime(t *testing.T) {
	var list []uint32
	for range 1 << 17 {
		list = append(list, 9, 18<<24, 0) // TYPE_TAG "tag"
	}
	table := testStrings + strings.Repeat("x", maxStrings-6-len(testStrings)) + "\x00"
	s := mustDecode(t, blobOf(orders[0], words(orders[0], list...), table))
	if n := s.Retag("tag", "uptr"); n != 1<<17 {
		t.Errorf("%d tags", n)
	}
	got, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	s = mustDecode(t, got)
	if name := s.Type(1 << 17).Name; name != "uptr" || len(s.strs) != maxStrings {
		t.Errorf("%q in a table of %d bytes", name, len(s.strs))
	}
}
