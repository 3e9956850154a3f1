package bpfobj

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/elf"
	"kptr/internal/kerneltest"
)

// What mutants of test/hostile have shown.

// TestSlotKeys: the key of a slot has 4 bytes behind it, of which the kernel reads as many as the map's keys have.
func TestSlotKeys(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "mapinmap", order))
		im.editBTF(t, func(types *btf.Spec) {
			long := types.Add(btf.Type{Kind: btf.KindInt, Name: "long", Size: 8, Bits: 64})
			def := types.Type(find(types, btf.KindVar, "outer_array").Type)
			for _, m := range def.Members {
				if m.Name == "key" {
					types.Type(m.Type).Type = long
				}
			}
		})
		slot := im.section(".maps").relocs[0].Offset
		checkRefusal(t, im.write(), ErrFormat, FormatError{Section: ".maps", Offset: slot, Name: "inner_a"}, `map "outer_array", whose keys have 8 bytes, not 4`)
	})
}

// TestMapNames: a DATASEC may list a variable any number of times.
func TestMapNames(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "maps", order))
		im.editBTF(t, func(types *btf.Spec) {
			sec := find(types, btf.KindDataSec, ".maps")
			sec.Members[1].Type = sec.Members[0].Type
		})
		checkRefusal(t, im.write(), ErrFormat, FormatError{Section: ".maps", Name: "an_array"}, "second map of this name")
	})
}

// TestNestedTypes: a type that stands in others 2^20 times is looked at once.
func TestNestedTypes(t *testing.T) {
	for _, tag := range []string{"", "user", "unknown"} {
		types := btf.New(binary.LittleEndian)
		id := btf.ID(0)
		if tag != "" {
			id = types.Add(btf.Type{Kind: btf.KindTypeTag, Name: tag})
		}
		id = types.Add(btf.Type{Kind: btf.KindPtr, Type: id})
		for size := uint32(16); size <= 8<<20; size *= 2 {
			id = types.Add(btf.Type{Kind: btf.KindStruct, Size: size, Members: []btf.Member{{Name: "a", Type: id}, {Name: "b", Type: id, BitOffset: 4 * size}}})
		}
		const limit = 64 << 10
		if got := allocated(func() { UserKptrs(types, id, 4096) }); got > limit {
			t.Errorf("tag %q: %d bytes of heap, want at most %d", tag, got, limit)
		}
	}
}

// TestManyUserKptrs: what a plan allocates to ask for them is bounded.
func TestManyUserKptrs(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		spec := mustParse(t, readObject(t, "values", order))
		m := *spec.Map("values")
		m.ValueSize = maxStorageValue
		for i := range maxAsked / (4 * maxStorageValue) { // it has four, and so has the object's own
			m.Name = fmt.Sprint("large", i)
			spec.Maps = append(spec.Maps, m)
		}
		_, err := spec.Plan(recordedKernel(t, order), nil)
		var step *StepError
		if !errors.As(err, &step) || step.Subject != fmt.Sprintf("map %q", m.Name) || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "4194304 bytes") {
			t.Errorf("error %v, want one about map %q", err, m.Name)
		}
	})
}

// TestSharedRecords: what a subprogram brings along counts too where many programs call it, and not its instructions alone.
func TestSharedRecords(t *testing.T) {
	const programs, relos = 1000, 4000
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := &image{order: order, sections: make([]imageSection, 1), symbols: make([]elf.Symbol, 1)}
		manyPrograms(im, programs, 1)
		types := btf.New(order)
		proto := types.Add(btf.Type{Kind: btf.KindFuncProto})
		function := types.Add(btf.Type{Kind: btf.KindFunc, Name: "shared", Type: proto, Linkage: btf.LinkageGlobal})
		text := types.Add(btf.Type{Kind: btf.KindStruct, Name: ".text"}) // the names of both sections are in the string table
		types.Add(btf.Type{Kind: btf.KindStruct, Name: "syscall"})
		blob, err := types.Encode()
		if err != nil {
			t.Fatal(err)
		}
		name := func(s string) uint32 {
			header := order.Uint32(blob[4:]) + order.Uint32(blob[16:]) // hdr_len and str_off of struct btf_header
			return uint32(bytes.Index(blob[header:], []byte("\x00"+s+"\x00"))) + 1
		}
		// Records as Documentation/bpf/btf.rst has them, "4.2 .BTF.ext section".
		funcs := []uint32{8, name(".text"), 1, 0, uint32(function), name("syscall"), programs}
		for i := range uint32(programs) {
			funcs = append(funcs, i*insnSize, uint32(function))
		}
		core := []uint32{16, name(".text"), relos}
		for range relos {
			core = append(core, 0, uint32(text), 0, 8) // BPF_CORE_TYPE_EXISTS
		}
		words := func(n []uint32) uint32 { return uint32(4 * len(n)) }
		ext := bytes.Clone(blob[:4]) // magic, version and flags are those of .BTF
		for _, w := range slices.Concat([]uint32{32, 0, words(funcs), words(funcs), 0, words(funcs), words(core)}, funcs, core) {
			ext = append(ext, 0, 0, 0, 0)
			order.PutUint32(ext[len(ext)-4:], w)
		}
		im.sections = append(im.sections, imageSection{name: ".BTF", typ: elf.SHT_PROGBITS, data: blob}, imageSection{name: ".BTF.ext", typ: elf.SHT_PROGBITS, data: ext})
		b := im.write()
		checkRefusal(t, b, ErrFormat, FormatError{Section: ".text", Name: "shared"}, "part of too many programs")
		if got, limit := allocated(func() { Parse(b) }), 200*uint64(len(b)); got > limit {
			t.Errorf("%d bytes of heap for a file of %d, want at most %d", got, len(b), limit)
		}
	})
}

// TestWideInt: an INT may have more bytes than bits, and lies in its struct if the bits do (btf_int_check_member, kernel/bpf/btf.c).
func TestWideInt(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "structops", order))
		im.editBTF(t, func(types *btf.Spec) { find(types, btf.KindInt, "unsigned int").Size = 1 << 31 })
		spec := mustParse(t, im.write())
		var flags uint32
		if err := spec.Variable("congestion.flags").Get(&flags); !errors.Is(err, ErrNotFound) {
			t.Errorf("the variable: %v, want %v", err, ErrNotFound)
		}
		m := spec.Map("congestion")
		typ := spec.types.Type(m.structOps.typ)
		fit := structOpsFit{
			planner: &planner{Plan: &Plan{spec: spec}, opts: &Options{}, programs: make([]plannedProgram, len(spec.Programs))}, m: m, typ: typ, kernel: spec.types, inner: typ,
			value: make([]byte, m.ValueSize),
		}
		err := fit.members()
		if !errors.Is(err, ErrOpType) || !strings.Contains(err.Error(), `member "flags": `) {
			t.Errorf("the plan: %v, want %v of member flags", err, ErrOpType)
		}
	})
}

// TestKernelTypesAreSmall: what an author takes from vmlinux.h is far from what Parse refuses.
func TestKernelTypesAreSmall(t *testing.T) {
	k, err := Running()
	kerneltest.Require(t, err)
	defer k.Close()
	types, err := btf.Decode(k.BTF)
	if err != nil {
		t.Fatal(err)
	}
	if id := madeOfTooMany(types, maxMade/50); id != 0 {
		t.Errorf("%s is made of more than %d types", types.Type(id).Name, maxMade/50)
	}
}

// TestDeadFunction: a weak function that another one has replaced keeps its instructions, lines and CO-RE relocations in an object of
// bpftool gen object, but no symbol of its own.
func TestDeadFunction(t *testing.T) {
	im := takeApart(t, readObject(t, "core_missing", binary.LittleEndian))
	im.symbol("value_missing").Type = 1 // STT_OBJECT
	s, err := Parse(im.write())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Programs) != 1 || s.Programs[0].CORERelocations() != 1 {
		t.Errorf("%d programs", len(s.Programs))
	}
}
