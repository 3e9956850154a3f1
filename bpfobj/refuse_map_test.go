package bpfobj

import (
	"encoding/binary"
	"testing"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// A definition builds the struct of a map definition, in the forms of bpf.h.
type definition struct {
	types   *btf.Spec
	integer btf.ID
	members []btf.Member
}

func (d *definition) add(name string, typ btf.ID) *definition {
	d.members = append(d.members, btf.Member{Name: name, Type: typ, BitOffset: uint32(64 * len(d.members))})
	return d
}

func (d *definition) pointer(to btf.ID) btf.ID {
	return d.types.Add(btf.Type{Kind: btf.KindPtr, Type: to})
}

func (d *definition) array(of btf.ID, n uint32) btf.ID {
	return d.types.Add(btf.Type{Kind: btf.KindArray, Type: of, Index: d.integer, Count: n})
}

// uint is __uint(name, n), typ is __type(name, t), ulong is __ulong(name, n).
func (d *definition) uint(name string, n uint32) *definition {
	return d.add(name, d.pointer(d.array(d.integer, n)))
}

func (d *definition) typ(name string, t btf.ID) *definition { return d.add(name, d.pointer(t)) }

func (d *definition) ulong(name string, n uint64) *definition {
	return d.add(name, d.types.Add(btf.Type{Kind: btf.KindEnum64, Size: 8, Members: []btf.Member{{Name: name + "_value", Value: n}}}))
}

// values is __array(values, t) with room for n.
func (d *definition) values(t btf.ID, n uint32) *definition {
	return d.add("values", d.array(d.pointer(t), n))
}

func (d *definition) done() btf.ID {
	return d.types.Add(btf.Type{Kind: btf.KindStruct, Size: uint32(8 * len(d.members)), Members: d.members})
}

// redefine gives the map "inner_a" of object mapinmap another definition.
func redefine(t *testing.T, im *image, define func(d *definition) btf.ID) {
	t.Helper()
	im.editBTF(t, func(types *btf.Spec) {
		integer, err := types.Find(btf.KindInt, "int")
		if err != nil {
			t.Fatal(err)
		}
		id := define(&definition{types: types, integer: integer})
		find(types, btf.KindVar, "inner_a").Type = id
		if size, err := types.Size(id); err == nil {
			find(types, btf.KindDataSec, ".maps").Members[0].Size = uint32(size)
		}
	})
}

// mapRefusals has an input for each way in which a map definition is refused.
var mapRefusals = []struct {
	name   string
	define func(d *definition) btf.ID
	what   string
}{
	{"no struct", func(d *definition) btf.ID { return d.integer }, "map definition is a INT, not a struct"},
	{"unknown member", func(d *definition) btf.ID { return d.uint("type", 2).uint("colour", 2).done() }, `unknown member "colour"`},
	{"a member twice", func(d *definition) btf.ID { return d.uint("type", 2).uint("max_entries", 2).uint("type", 1).done() }, `second member "type"`},
	{"no type", func(d *definition) btf.ID { return d.uint("max_entries", 2).done() }, "no map type"},
	{"programs as values", func(d *definition) btf.ID {
		return d.uint("type", 3).uint("max_entries", 1).values(d.types.Add(btf.Type{Kind: btf.KindFuncProto}), 1).done()
	}, "programs as initial values are not supported"},
	{"arena", func(d *definition) btf.ID { return d.uint("type", 33).uint("max_entries", 1).done() }, "BPF arenas are not supported"},
	{"values in a hash", func(d *definition) btf.ID {
		inner := (&definition{types: d.types, integer: d.integer}).uint("type", 2).typ("key", d.integer).typ("value", d.integer).done()
		return d.uint("type", 1).typ("key", d.integer).typ("value", d.integer).values(inner, 1).done()
	}, "__array(values, ...) in a map of type BPF_MAP_TYPE_HASH"},
	{"task storage with sizes", func(d *definition) btf.ID {
		return d.uint("type", 29).uint("key_size", 4).uint("value_size", 8).done()
	}, "BPF_MAP_TYPE_TASK_STORAGE with sizes alone"},
	{"number that is none", func(d *definition) btf.ID { return d.add("type", d.integer).done() }, `member "type" is a INT, not made by __uint`},
	{"number of two enumerators", func(d *definition) btf.ID {
		return d.add("max_entries", d.types.Add(btf.Type{Kind: btf.KindEnum, Size: 4, Members: []btf.Member{{Name: "one"}, {Name: "two"}}})).done()
	}, `member "max_entries" is a ENUM`},
	{"pointer to no array", func(d *definition) btf.ID { return d.typ("map_flags", d.integer).done() }, `member "map_flags" is a PTR`},
	{"type that is none", func(d *definition) btf.ID { return d.add("key", d.integer).done() }, `member "key" is a INT, not made by __type`},
	{"type without a size", func(d *definition) btf.ID { return d.typ("value", 0).done() }, `member "value": `},
	{"type of no bytes", func(d *definition) btf.ID {
		return d.typ("value", d.types.Add(btf.Type{Kind: btf.KindStruct, Name: "nothing"})).done()
	}, `member "value" has a type of 0 bytes`},
	{"key of two sizes", func(d *definition) btf.ID { return d.uint("key_size", 8).typ("key", d.integer).done() }, "key_size is 8, but the type given has 4 bytes"},
	{"value of two sizes", func(d *definition) btf.ID { return d.typ("value", d.integer).uint("value_size", 8).done() }, "value_size is 8, but the type given has 4 bytes"},
	{"unknown pinning", func(d *definition) btf.ID { return d.uint("pinning", 2).done() }, "pinning has the unknown value 2"},
	{"number beyond 32 bits", func(d *definition) btf.ID { return d.ulong("max_entries", 1<<32+1).done() }, `member "max_entries" is 4294967297`},
	{"maps of maps of maps", func(d *definition) btf.ID {
		for range 3 {
			inner := d.done()
			d = (&definition{types: d.types, integer: d.integer}).uint("type", 12).values(inner, 1)
		}
		return d.done()
	}, "nested more than 1 deep"},
	{"values that are no array", func(d *definition) btf.ID { return d.uint("type", 12).typ("values", d.integer).done() }, `member "values" is a PTR, not made by __array`},
	{"values that are no pointers", func(d *definition) btf.ID {
		return d.uint("type", 12).add("values", d.array(d.integer, 1)).done()
	}, `member "values" is an array of INT`},
	{"inner map that is no struct", func(d *definition) btf.ID { return d.uint("type", 12).values(d.integer, 1).done() }, "map definition is a INT"},
}

func TestParseRefusesMaps(t *testing.T) {
	for _, tt := range mapRefusals {
		t.Run(tt.name, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				im := takeApart(t, readObject(t, "mapinmap", order))
				im.section(".maps").relocs = nil
				redefine(t, im, tt.define)
				checkRefusalOfMap(t, im.write(), tt.what)
			})
		})
	}
	for _, tt := range []struct{ object, what string }{
		{"bad_mapattr", `unknown member "no_such_attribute"`},
		{"bad_sizes", "value_size is 16, but the type given has 8 bytes"},
		{"bad_untyped", "sizes alone"},
	} {
		t.Run(tt.object, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				checkRefusal(t, readObject(t, tt.object, order), ErrFormat, FormatError{Section: ".maps", Name: "datamap"}, tt.what)
			})
		})
	}
}

func checkRefusalOfMap(t *testing.T, b []byte, what string) {
	t.Helper()
	where := FormatError{Section: ".maps", Name: "inner_a"}
	if what == "map definition is a INT" || what == "nested more than 1 deep" {
		where.Name = "inner_a.inner"
	}
	checkRefusal(t, b, ErrFormat, where, what)
}

func TestParseRefusesMapSection(t *testing.T) {
	slots := func(im *image) *imageSection { return im.section(".maps") }
	for _, tt := range []struct {
		name   string
		break_ func(im *image)
		where  FormatError
		what   string
	}{
		{"no BTF", func(im *image) { im.remove(".BTF"); im.remove(".BTF.ext") }, FormatError{}, "no section .BTF"},
		{"no DATASEC", func(im *image) {
			im.editBTF(t, func(types *btf.Spec) {
				id, _ := types.Find(btf.KindDataSec, ".maps")
				types.Type(id).Name = ".ksyms"
			})
		}, FormatError{}, "not described in BTF"},
		{"slot of a hash", func(im *image) { slots(im).relocs[0].Offset = 0 }, FormatError{Name: "inner_a"}, "does not fill a slot of a map of maps"},
		{"32-bit slot", func(im *image) { slots(im).relocs[0].Type = elf.R_BPF_64_ABS32 }, FormatError{Name: "inner_a"}, "relocation R_BPF_64_ABS32 does not fill a slot"},
		{"slot before the values", func(im *image) {
			slots(im).relocs[0].Offset -= 8
		}, FormatError{Name: "inner_a"}, `not stand at a slot of map "outer_array"`},
		{"slot between two", func(im *image) { slots(im).relocs[0].Offset += 4 }, FormatError{Name: "inner_a"}, `not stand at a slot of map "outer_array"`},
		{"slot past max_entries", func(im *image) {
			im.editBTF(t, func(types *btf.Spec) { maxEntriesOf(types, "outer_array").Count = 2 })
		}, FormatError{Name: "inner_b"}, `slot 2 of map "outer_array", which has 2`},
		{"slot with no map", func(im *image) {
			slots(im).relocs[0].Symbol = im.symbolIndex("read_inner")
		}, FormatError{Name: "read_inner"}, "not against a map"},
		{"slot with half a map", func(im *image) {
			r := slots(im).relocs[0]
			im.order.PutUint64(slots(im).data[r.Offset:], 8)
		}, FormatError{Name: "inner_a"}, "not against a map"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				im := takeApart(t, readObject(t, "mapinmap", order))
				tt.break_(im)
				tt.where.Section = ".maps"
				checkRefusal(t, im.write(), ErrFormat, tt.where, tt.what)
			})
		})
	}
}

// maxEntriesOf gives the array whose length is the max_entries of a map.
func maxEntriesOf(types *btf.Spec, name string) *btf.Type {
	def := types.Type(find(types, btf.KindVar, name).Type)
	for _, m := range def.Members {
		if m.Name == "max_entries" {
			return types.Type(types.Type(m.Type).Type)
		}
	}
	panic("no max_entries")
}

// TestDefinitionForms: what the C sources of testdata do not use.
func TestDefinitionForms(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "mapinmap", order))
		im.section(".maps").relocs = nil
		redefine(t, im, func(d *definition) btf.ID {
			return d.uint("type", 2).uint("max_entries", 7).uint("numa_node", 1).uint("map_flags", uint32(sys.BPF_F_MMAPABLE)).ulong("map_extra", 1<<40+3).typ("key", d.integer).typ("value", d.integer).done()
		})
		m := mustParse(t, im.write()).Map("inner_a")
		if m.Type != array || m.MaxEntries != 7 || m.NUMANode != 1 || m.Extra != 1<<40+3 || m.Flags != sys.BPF_F_NUMA_NODE|sys.BPF_F_MMAPABLE {
			t.Errorf("%+v", *m)
		}
	})
}

// TestInnerSlots: slots are filled in by the symbol and what stands in the section,
// as clang writes it for static maps.
func TestInnerSlots(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "mapinmap", order))
		spec := mustParse(t, im.write())
		want := []innerSlot{{index: 0, inner: 0}, {index: 2, inner: 1}}
		if got := spec.Map("outer_array").slots; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("slots %v, want %v", got, want)
		}
		s := im.section(".maps")
		r := &s.relocs[1]
		im.order.PutUint64(s.data[r.Offset:], im.symbol("inner_b").Value)
		r.Symbol = im.symbolIndex("inner_a") // at 0, like the section
		spec = mustParse(t, im.write())
		if got := spec.Map("outer_array").slots; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("slots %v by addend, want %v", got, want)
		}
	})
}
