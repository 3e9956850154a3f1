package btf

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"kptr/internal/kerneltest"
)

func readTestdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// kernelBTF returns the running kernel's BTF.
func kernelBTF(t testing.TB) []byte {
	t.Helper()
	return kerneltest.NeedBTF(t)
}

func mustDecode(t testing.TB, b []byte) *Spec {
	t.Helper()
	s, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testOrder is what binary.LittleEndian and binary.BigEndian both are.
type testOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// orders are the byte orders that a test of the format runs in.
var orders = []testOrder{binary.LittleEndian, binary.BigEndian}

// words lays 32-bit words out in an order.
func words(order testOrder, list ...uint32) []byte {
	var b []byte
	for _, w := range list {
		b = order.AppendUint32(b, w)
	}
	return b
}

// blob is struct btf_header, with the lengths of what follows it, then types and strings. testStrings is the table
// of the hand-made tests: "a" is at 1, "b" at 3, "int" at 5, "tag" at 9.
func blob(order testOrder, types []uint32) []byte {
	return blobOf(order, words(order, types...), testStrings)
}

const testStrings = "\x00a\x00b\x00int\x00tag\x00"

func blobOf(order testOrder, types []byte, strings string) []byte {
	b := order.AppendUint16(nil, 0xeb9f) // magic
	b = append(b, 1, 0)                  // version, flags
	b = append(b, words(order, 24,       // hdr_len
		0, uint32(len(types)), // type_off, type_len
		uint32(len(types)), uint32(len(strings)))...) // str_off, str_len
	return append(append(b, types...), strings...)
}

// The words of types that many tests need, as Documentation/bpf/btf.rst lays them out.
var (
	wInt     = []uint32{5, 1 << 24, 4, 1<<24 | 32}                             // INT "int", 4 bytes, BTF_INT_SIGNED, 32 bits
	wProto   = []uint32{0, 13 << 24, 0}                                        // FUNC_PROTO, void (*)(void)
	wFunc    = func(id uint32) []uint32 { return []uint32{1, 12<<24 | 1, id} } // FUNC "a", BTF_FUNC_GLOBAL
	wPtr     = func(id uint32) []uint32 { return []uint32{0, 2 << 24, id} }
	wConst   = func(id uint32) []uint32 { return []uint32{0, 10 << 24, id} }
	wTypedef = func(id uint32) []uint32 { return []uint32{1, 8 << 24, id} }
	wVar     = func(id uint32) []uint32 { return []uint32{1, 14 << 24, id, 1} } // BTF_VAR_GLOBAL_ALLOCATED
	wFwd     = []uint32{1, 7 << 24, 0}
)

func concat(lists ...[]uint32) []uint32 {
	var all []uint32
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
