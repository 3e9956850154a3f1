package kptr_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// What the kernel finds of two fields.
const (
	neither = "neither"
	good    = "the good one"
	both    = "both"
)

// TestKernelFields: a user kptr as it should be, and 8 bytes after it a field that differs from it in one thing. Either the
// kernel has no use for that field alone, or it gives up both; it creates the map without a word in all cases
// (btf_parse_fields and btf_find_kptr, kernel/bpf/btf.c). The library refuses what the kernel may not find.
func TestKernelFields(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	needUserKptrs(t)
	type b = fieldTypes
	for _, row := range []struct {
		name  string
		field func(b) btf.ID
		finds string
		later string // what Linux 7.2 and later find, if it is something else
		rule  error  // of the library
	}{
		{"same again", func(b b) btf.ID { return b.kptr(b.data) }, both, "", nil},
		{"plain pointer", func(b b) btf.ID { return b.wrap(btf.KindPtr, b.data) }, good, "", nil},
		{"typedef of the pointee", func(b b) btf.ID { return b.kptr(b.named(btf.KindTypedef, "data_t", b.data)) }, both, "", nil},
		{"const pointee", func(b b) btf.ID { return b.kptr(b.wrap(btf.KindConst, b.data)) }, both, "", nil},
		{"volatile pointee", func(b b) btf.ID { return b.kptr(b.wrap(btf.KindVolatile, b.data)) }, both, "", nil},
		{"volatile field", func(b b) btf.ID { return b.wrap(btf.KindVolatile, b.kptr(b.data)) }, both, "", nil},
		{"array, 11 in all", func(b b) btf.ID { return b.array(b.kptr(b.data), 10) }, both, "", nil},
		{"struct in an array", func(b b) btf.ID { return b.array(b.structOf("s", 8, b.kptr(b.data), 0), 2) }, both, "", nil},

		{"const field", func(b b) btf.ID { return b.wrap(btf.KindConst, b.kptr(b.data)) }, good, "", bpfobj.ErrFieldConst},
		{"typedef of the pointer", func(b b) btf.ID { return b.named(btf.KindTypedef, "p", b.kptr(b.data)) }, good, "", bpfobj.ErrFieldConst},
		{"pointer to pointer", func(b b) btf.ID { return b.wrap(btf.KindPtr, b.kptr(b.data)) }, good, "", bpfobj.ErrPointeeKind},
		{"in a union", func(b b) btf.ID { return b.unionOf(8, b.kptr(b.data)) }, good, "", bpfobj.ErrFieldUnion},
		{"misaligned", func(b b) btf.ID { return b.structOf("s", 12, b.kptr(b.data), 4) }, good, "", bpfobj.ErrFieldAlign},

		{"unknown tag", func(b b) btf.ID { return b.wrap(btf.KindPtr, b.tagged("kptr_usr", b.data)) }, neither, good, bpfobj.ErrTagUnknown},
		{"tag of an address space", func(b b) btf.ID { return b.wrap(btf.KindPtr, b.tagged("user", b.data)) }, neither, good, bpfobj.ErrTagUnknown},
		{"second tag, unknown", func(b b) btf.ID { return b.kptr(b.tagged("kptr_usr", b.data)) }, neither, both, bpfobj.ErrTagTwice},
		{"second tag, the same", func(b b) btf.ID { return b.kptr(b.tagged(b.tag, b.data)) }, neither, both, bpfobj.ErrTagTwice},
		{"array, 12 in all", func(b b) btf.ID { return b.array(b.kptr(b.data), 11) }, neither, "", bpfobj.ErrFieldCount},
		{"int", func(b b) btf.ID { return b.kptr(b.integer) }, neither, "", bpfobj.ErrPointeeKind},
		{"void", func(b b) btf.ID { return b.kptr(0) }, neither, "", bpfobj.ErrPointeeKind},
		{"union", func(b b) btf.ID { return b.kptr(b.unionOf(4, b.integer)) }, neither, "", bpfobj.ErrPointeeKind},
		{"enum", func(b b) btf.ID { return b.kptr(b.enum()) }, neither, "", bpfobj.ErrPointeeKind},
		{"only declared", func(b b) btf.ID { return b.kptr(b.named(btf.KindFwd, "s", 0)) }, neither, "", bpfobj.ErrPointeeDeclared},
	} {
		t.Run(row.name, func(t *testing.T) {
			kerneltest.NoLeaks(t)
			types := newFieldTypes(t)
			value := types.value(t, row.field(types))
			want := row.finds
			if row.later != "" && kernelIs(t, "7.2") {
				want = row.later
			}
			if got := found(t, typedMap(t, types.Spec, value), int(types.Type(value).Size)); got != want {
				t.Errorf("the kernel finds %s, want %s", got, want)
			}
			if _, err := bpfobj.UserKptrs(types.Spec, value, os.Getpagesize()); !errors.Is(err, row.rule) {
				t.Errorf("the library says %v, want %v", err, row.rule)
			}
		})
	}
}

// found asks the kernel about the first 8 bytes of a value and about the rest, by addresses that are nobody's: see recognised.
func found(t *testing.T, fd *sys.FD, size int) string {
	t.Helper()
	finds := func(from, to int) bool {
		value := make([]byte, size)
		for i := from; i < to; i++ {
			value[i] = 1 // the address is 0x0101010101010101, in either byte order and at any offset
		}
		err := updateFD(fd, -1, value, sys.BPF_ANY)
		if !errors.Is(err, syscall.EFAULT) && !errors.Is(err, syscall.EBADF) {
			t.Errorf("addresses from %d to %d: %v", from, to, err)
		}
		return errors.Is(err, syscall.EFAULT)
	}
	switch first, second := finds(0, 8), finds(8, size); {
	case first && second:
		return both
	case first:
		return good
	case second:
		return "the other one"
	}
	return neither
}

// fieldTypes builds value types that no compiler gives in one object.
type fieldTypes struct {
	*btf.Spec
	tag           string // the one that the kernel honours
	integer, data btf.ID // int, struct data { int a; }
}

func newFieldTypes(t *testing.T) fieldTypes {
	t.Helper()
	tag, err := bpfobj.HonouredTag()
	must(t, err)
	b := fieldTypes{Spec: btf.New(hostOrder()), tag: tag}
	b.integer = b.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	b.data = b.structOf("data", 4, b.integer, 0)
	return b
}

func (b fieldTypes) named(kind btf.Kind, name string, t btf.ID) btf.ID {
	return b.Add(btf.Type{Kind: kind, Name: name, Type: t})
}

func (b fieldTypes) wrap(kind btf.Kind, t btf.ID) btf.ID { return b.named(kind, "", t) }

func (b fieldTypes) tagged(tag string, t btf.ID) btf.ID { return b.named(btf.KindTypeTag, tag, t) }

func (b fieldTypes) kptr(pointee btf.ID) btf.ID { return b.wrap(btf.KindPtr, b.tagged(b.tag, pointee)) }

func (b fieldTypes) array(t btf.ID, count uint32) btf.ID {
	return b.Add(btf.Type{Kind: btf.KindArray, Type: t, Index: b.integer, Count: count})
}

func (b fieldTypes) structOf(name string, size uint32, member btf.ID, at uint32) btf.ID {
	members := []btf.Member{{Name: "m", Type: member, BitOffset: 8 * at}}
	return b.Add(btf.Type{Kind: btf.KindStruct, Name: name, Size: size, Members: members})
}

func (b fieldTypes) unionOf(size uint32, member btf.ID) btf.ID {
	return b.Add(btf.Type{Kind: btf.KindUnion, Name: "either", Size: size, Members: []btf.Member{{Name: "m", Type: member}}})
}

func (b fieldTypes) enum() btf.ID {
	return b.Add(btf.Type{Kind: btf.KindEnum, Name: "colour", Size: 4, Members: []btf.Member{{Name: "RED"}}})
}

// value is a struct of a user kptr and another field.
func (b fieldTypes) value(t *testing.T, field btf.ID) btf.ID {
	t.Helper()
	size, err := b.Size(field)
	must(t, err)
	return b.Add(btf.Type{Kind: btf.KindStruct, Name: "value", Size: 8 + uint32(size), Members: []btf.Member{
		{Name: "good", Type: b.kptr(b.data)}, {Name: "field", Type: field, BitOffset: 64},
	}})
}
