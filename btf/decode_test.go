package btf

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignoreOffsets = cmpopts.IgnoreUnexported(Type{}, Member{})

// decodeRows are types as Documentation/bpf/btf.rst, "3. BTF Type and String Encoding", lays them out. Each row is the whole type
// section; the last type is the one that is compared.
var decodeRows = []struct {
	name  string
	words []uint32
	want  Type
}{
	{"INT", wInt, Type{Kind: KindInt, Name: "int", Size: 4, Encoding: IntSigned, Bits: 32}},
	{"INT of some bits", []uint32{
		5, 1 << 24, 4, // name_off, info, size
		4<<24 | 3<<16 | 7, // BTF_INT_BOOL, offset, bits
	}, Type{Kind: KindInt, Name: "int", Size: 4, Encoding: IntBool, BitOffset: 3, Bits: 7}},
	{"PTR to void", wPtr(0), Type{Kind: KindPtr}},
	{"ARRAY", concat(wInt, []uint32{
		0, 3 << 24, 0, // name_off, info, size
		1, 1, 7, // type, index_type, nelems
	}), Type{Kind: KindArray, Type: 1, Index: 1, Count: 7}},
	{"STRUCT", concat(wInt, []uint32{
		1, 4<<24 | 2, 8,
		1, 1, 0, // name_off, type, offset in bits
		3, 1, 32,
	}), Type{Kind: KindStruct, Name: "a", Size: 8, Members: []Member{
		{Name: "a", Type: 1}, {Name: "b", Type: 1, BitOffset: 32}}}},
	{"STRUCT with kind_flag", concat(wInt, []uint32{
		1, 1<<31 | 4<<24 | 2, 8,
		1, 1, 3<<24 | 5, // BTF_MEMBER_BITFIELD_SIZE, BTF_MEMBER_BIT_OFFSET
		3, 1, 32,
	}), Type{Kind: KindStruct, Name: "a", Flag: true, Size: 8, Members: []Member{
		{Name: "a", Type: 1, BitSize: 3, BitOffset: 5}, {Name: "b", Type: 1, BitOffset: 32}}}},
	{"UNION", concat(wInt, []uint32{0, 5<<24 | 1, 4, 0, 1, 0}),
		Type{Kind: KindUnion, Size: 4, Members: []Member{{Type: 1}}}},
	{"ENUM", []uint32{
		1, 6<<24 | 1, 4,
		3, 0xffffffff, // name_off, val
	}, Type{Kind: KindEnum, Name: "a", Size: 4, Members: []Member{{Name: "b", Value: 0xffffffff}}}},
	{"ENUM, signed", []uint32{1, 1<<31 | 6<<24 | 1, 4, 3, 0xfffffffe},
		Type{Kind: KindEnum, Name: "a", Flag: true, Size: 4, Members: []Member{{Name: "b", Value: 0xfffffffffffffffe}}}},
	{"ENUM, only declared", []uint32{1, 6 << 24, 0}, Type{Kind: KindEnum, Name: "a"}},
	{"FWD of a struct", wFwd, Type{Kind: KindFwd, Name: "a"}},
	{"FWD of a union", []uint32{1, 1<<31 | 7<<24, 0}, Type{Kind: KindFwd, Name: "a", Flag: true}},
	{"TYPEDEF", wTypedef(0), Type{Kind: KindTypedef, Name: "a"}},
	{"VOLATILE", concat(wInt, []uint32{0, 9 << 24, 1}), Type{Kind: KindVolatile, Type: 1}},
	{"CONST", wConst(0), Type{Kind: KindConst}},
	{"RESTRICT", concat(wPtr(0), []uint32{0, 11 << 24, 1}), Type{Kind: KindRestrict, Type: 1}},
	{"FUNC", concat(wProto, []uint32{1, 12<<24 | 2, 1}), Type{Kind: KindFunc, Name: "a", Type: 1, Linkage: LinkageExtern}},
	{"FUNC_PROTO", concat(wInt, []uint32{
		0, 13<<24 | 2, 1, // name_off, info, return type
		3, 1, // name_off, type
		0, 0, // the dots
	}), Type{Kind: KindFuncProto, Type: 1, Members: []Member{{Name: "b", Type: 1}, {}}}},
	{"VAR", concat(wInt, []uint32{1, 14 << 24, 1, 1}), Type{Kind: KindVar, Name: "a", Type: 1, Linkage: LinkageGlobal}},
	{"DATASEC", concat(wInt, wVar(1), []uint32{
		1, 15<<24 | 2, 16,
		2, 4, 4, // type, offset, size
		2, 8, 8,
	}), Type{Kind: KindDataSec, Name: "a", Size: 16, Members: []Member{
		{Type: 2, Offset: 4, Size: 4}, {Type: 2, Offset: 8, Size: 8}}}},
	{"DATASEC before relocation", concat(wInt, wVar(1), []uint32{1, 15<<24 | 2, 0, 2, 0, 4, 2, 0, 4}),
		Type{Kind: KindDataSec, Name: "a", Members: []Member{{Type: 2, Size: 4}, {Type: 2, Size: 4}}}},
	{"FLOAT", []uint32{1, 16 << 24, 8}, Type{Kind: KindFloat, Name: "a", Size: 8}},
	{"DECL_TAG", concat(wInt, wVar(1), []uint32{
		9, 17 << 24, 2,
		0xffffffff, // component_idx
	}), Type{Kind: KindDeclTag, Name: "tag", Type: 2, Component: -1}},
	{"DECL_TAG of a member, an attribute", concat(wInt, []uint32{1, 4<<24 | 1, 4, 1, 1, 0}, []uint32{9, 1<<31 | 17<<24, 2, 0}),
		Type{Kind: KindDeclTag, Name: "tag", Flag: true, Type: 2}},
	{"DECL_TAG of a parameter", concat([]uint32{0, 13<<24 | 1, 0, 1, 4}, wFunc(1), []uint32{9, 17 << 24, 2, 0}, wPtr(0)),
		Type{Kind: KindPtr}},
	{"TYPE_TAG", []uint32{9, 18 << 24, 0}, Type{Kind: KindTypeTag, Name: "tag"}},
	{"TYPE_TAG, an attribute", []uint32{9, 1<<31 | 18<<24, 0}, Type{Kind: KindTypeTag, Name: "tag", Flag: true}},
	{"ENUM64", []uint32{
		1, 19<<24 | 1, 8,
		3, 0x89abcdef, 0x01234567, // name_off, val_lo32, val_hi32
	}, Type{Kind: KindEnum64, Name: "a", Size: 8, Members: []Member{{Name: "b", Value: 0x0123456789abcdef}}}},
}

func TestDecode(t *testing.T) {
	for _, row := range decodeRows {
		for _, order := range orders {
			t.Run(row.name+"/"+order.String(), func(t *testing.T) {
				b := blob(order, row.words)
				s := mustDecode(t, b)
				if diff := cmp.Diff(row.want, *s.Type(ID(s.Len() - 1)), ignoreOffsets); diff != "" {
					t.Errorf("want -, got +\n%s", diff)
				}
				if got, err := s.Encode(); err != nil || !bytes.Equal(got, b) {
					t.Errorf("encoded again: % x, %v; want % x", got, err, b)
				}
			})
		}
	}
}

func TestDecodeLongHeader(t *testing.T) {
	for _, order := range orders {
		b := blob(order, wInt)
		order.PutUint32(b[4:], 40)
		b = append(b[:24:24], append(make([]byte, 16), b[24:]...)...)
		s := mustDecode(t, b)
		if got, err := s.Encode(); err != nil || !bytes.Equal(got, b) {
			t.Errorf("encoded again: % x, %v; want % x", got, err, b)
		}
		if got, err := s.Clone().Encode(); err != nil || !bytes.Equal(got, b) {
			t.Errorf("clone encoded: % x, %v; want % x", got, err, b)
		}
	}
}

// vlen of more than 16 bits is read, as Linux 7.x does, but not written.
func TestDecodeWideVlen(t *testing.T) {
	for _, order := range orders {
		list := []uint32{1, 6<<24 | 0x10001, 4}
		for range 0x10001 {
			list = append(list, 3, 0)
		}
		s := mustDecode(t, blob(order, list))
		if n := len(s.Type(1).Members); n != 0x10001 {
			t.Errorf("%d values", n)
		}
		checkRefusal(t, encodeError(s), ErrTooLarge, `.BTF: type 1 (ENUM "a") at 0x18: vlen 65537, want at most 65535`)
	}
}

// The type ends a byte or a few too early.
func TestDecodeOddLength(t *testing.T) {
	for _, order := range orders {
		for n, text := range map[int]string{
			15: ".BTF: type 1 at 0x18: INT with vlen 0 runs past the end of the types (0x3 bytes left, 0x4 needed)",
			13: ".BTF: type 1 at 0x18: INT with vlen 0 runs past the end of the types (0x1 bytes left, 0x4 needed)",
			11: ".BTF: type 1 at 0x18: 0xb bytes left, too few for struct btf_type (0xc bytes)",
			1:  ".BTF: type 1 at 0x18: 0x1 bytes left, too few for struct btf_type (0xc bytes)",
		} {
			b := blobOf(order, words(order, wInt...)[:n], testStrings)
			_, err := Decode(b)
			checkRefusal(t, err, ErrTruncated, text)
			_, err = Scan(b, []Name{{KindInt, "a"}})
			checkRefusal(t, err, ErrTruncated, text)
			_, _, err = Extract(b, []ID{1})
			checkRefusal(t, err, ErrTruncated, text)
		}
	}
}

// Reading a name costs no more than its bound, however many types share it.
func TestDecodeLongNames(t *testing.T) {
	for _, order := range orders {
		types := words(order, wFwd...)
		b := blobOf(order, types, "\x00"+strings.Repeat("x", 4096)+"\x00")
		if name := mustDecode(t, b).Type(1).Name; len(name) != 4096 {
			t.Errorf("name of %d bytes", len(name))
		}
		_, err := Decode(blobOf(order, types, "\x00"+strings.Repeat("x", 4097)+"\x00"))
		checkRefusal(t, err, ErrMalformed, ".BTF: type 1 (FWD) at 0x18: name of more than 4096 bytes")
	}
}

// A name that would reach a terminal through an error: with ESC, a newline, or U+009B, which is ESC [ to some.
func TestDecodeControlCharacters(t *testing.T) {
	for _, order := range orders {
		for _, name := range []string{"\x1b[2J", "two\nlines", "\u009b2J", "\x7f"} {
			_, err := Decode(blobOf(order, words(order, wFwd...), "\x00"+name+"\x00"))
			checkRefusal(t, err, ErrMalformed, fmt.Sprintf(".BTF: type 1 (FWD %q) at 0x18: name %q with a control character", name, name))
		}
		mustDecode(t, blobOf(order, words(order, wFwd...), "\x00größe\x00"))
		// A decl tag is what its author wrote: btf_decl_tag_check_meta (kernel/bpf/btf.c) wants it not empty.
		structs := []uint32{8, 4 << 24, 0, 1, 17 << 24, 1, math.MaxUint32} // empty, and tagged
		if tag := mustDecode(t, blobOf(order, words(order, structs...), "\x00\tpushq\x00a\x00")).Type(2).Name; tag != "\tpushq" {
			t.Errorf("decl tag %q", tag)
		}
	}
}

func encodeError(s *Spec) error {
	_, err := s.Encode()
	return err
}

// The kernel's bound for a nested type is above what a chain may be here; one below it must pass, in linear time.
func TestDecodeDeepest(t *testing.T) {
	var list []uint32
	for id := range uint32(maxDepth) {
		list = append(list, wConst(id)...)
	}
	list = list[:len(list)-3]
	s := mustDecode(t, blob(orders[0], list))
	if got := s.Resolve(ID(s.Len() - 1)); got != 0 {
		t.Errorf("resolved to %d", got)
	}
}

// Two arrays of pointers that name their type twice would take 2^n steps if each were visited on its own.
func TestDecodeDoublingTakesLinearTime(t *testing.T) {
	list := wInt
	for id := uint32(1); id < 60; id++ {
		list = concat(list, []uint32{1, 5<<24 | 2, 4, 0, id, 0, 0, id, 0})
	}
	mustDecode(t, blob(orders[0], list))
}

func TestDecodeCopies(t *testing.T) {
	b := blob(orders[0], wInt)
	s := mustDecode(t, b)
	clear(b)
	if name := s.Type(1).Name; name != strings.Clone("int") {
		t.Errorf("name %q changed with the input", name)
	}
}
