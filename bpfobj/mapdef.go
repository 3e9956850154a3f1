package bpfobj

import (
	"fmt"
	"math"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// libbpfPinByName is LIBBPF_PIN_BY_NAME, the value that the pinning attribute of
// a map definition has; 0 is LIBBPF_PIN_NONE.
const libbpfPinByName = 1

// maxMapNesting is how deep maps of maps may go: bpf_map_meta_alloc (kernel/bpf/
// map_in_map.c) refuses a map of maps of maps.
const maxMapNesting = 1

// parseMaps reads the map definitions: the variables of DATASEC .maps, each a
// struct whose members say by their types what the map is.
func (s *Spec) parseMaps() error {
	sec := s.file.Section(".maps")
	if sec == nil {
		return nil
	}
	if s.types == nil {
		return &FormatError{Section: sec.Name, What: "the object has maps but no section .BTF to describe them"}
	}
	id, err := s.types.Find(btf.KindDataSec, sec.Name)
	if err != nil {
		return &FormatError{Section: sec.Name, What: "not described in BTF", Err: err}
	}
	vars := s.types.Type(id).Vars
	s.Maps = make([]MapSpec, 0, len(vars)+4) // and the usual sections of variables
	for _, v := range vars {
		d := mapDef{spec: s, name: s.types.Type(v.Type).Name, offset: uint64(v.Offset)}
		m, err := d.parse(s.types.Type(v.Type).Type, 0)
		if err != nil {
			return err
		}
		m.section, m.offset = sec.Index, uint64(v.Offset)
		s.Maps = append(s.Maps, m)
	}
	return s.parseInnerSlots(sec)
}

// A mapDef reads one definition.
type mapDef struct {
	spec   *Spec
	name   string
	offset uint64 // of the variable in .maps
}

func (d *mapDef) refuse(format string, args ...any) error {
	return &FormatError{Section: ".maps", Offset: d.offset, Name: d.name, What: fmt.Sprintf(format, args...)}
}

func (d *mapDef) parse(def btf.ID, depth int) (MapSpec, error) {
	m := MapSpec{Name: d.name}
	t := d.spec.types.Type(d.spec.types.Resolve(def))
	if t.Kind != btf.KindStruct {
		return m, d.refuse("map definition is a %v, not a struct", t.Kind)
	}
	for i := range t.Members {
		if err := d.member(&m, &t.Members[i], depth); err != nil {
			return m, err
		}
	}
	return m, d.complete(&m)
}

// complete checks what no single member can tell.
func (d *mapDef) complete(m *MapSpec) error {
	if m.Type == 0 {
		return d.refuse(`no map type: __uint(type, BPF_MAP_TYPE_...) is missing`)
	}
	if m.Type == sys.BPF_MAP_TYPE_ARENA {
		return d.refuse("BPF arenas are not supported: share memory by a user kptr, or use an array with BPF_F_MMAPABLE")
	}
	if ofMaps(m.Type) {
		if m.Inner == nil {
			return d.refuse(`map of maps without __array(values, ...)`)
		}
		m.KeySize, m.ValueSize = orDefault(m.KeySize, 4), 4
		return nil
	}
	if m.Inner != nil {
		return d.refuse("__array(values, ...) in a map of type %v", m.Type)
	}
	if m.ValueSize == 0 && hasValue(m.Type) {
		return d.refuse("map of type %v without a value type: __type(value, ...) is missing", m.Type)
	}
	if m.Type == sys.BPF_MAP_TYPE_PERF_EVENT_ARRAY && m.MaxEntries == 0 {
		return d.refuse("map of type %v without max_entries: say how many CPUs", m.Type)
	}
	if m.KeySize == 0 && hasKey(m.Type) {
		return d.refuse("map of type %v without a key type: __type(key, ...) is missing", m.Type)
	}
	if isStorage(m.Type) && (m.Key == 0 || m.Value == 0) {
		return d.refuse("map of type %v with sizes alone: it needs __type(key, int) and __type(value, ...)", m.Type)
	}
	return nil
}

func orDefault(v, def uint32) uint32 {
	if v == 0 {
		return def
	}
	return v
}

func (d *mapDef) member(m *MapSpec, mem *btf.Member, depth int) error {
	var err error
	var n uint32
	switch mem.Name {
	case "key", "value":
		return d.typeMember(m, mem)
	case "values":
		return d.innerMember(m, mem, depth)
	case "type":
		n, err = d.number32(mem)
		m.Type = sys.MapType(n)
	case "key_size":
		n, err = d.number32(mem)
		m.KeySize, err = d.agree(mem.Name, m.KeySize, n, err)
	case "value_size":
		n, err = d.number32(mem)
		m.ValueSize, err = d.agree(mem.Name, m.ValueSize, n, err)
	case "max_entries":
		n, err = d.number32(mem)
		m.MaxEntries = n
	case "map_flags":
		n, err = d.number32(mem)
		m.Flags |= sys.MapFlags(n) // numa_node may have come first
	case "numa_node":
		n, err = d.number32(mem)
		m.NUMANode = n
		m.Flags |= sys.BPF_F_NUMA_NODE
	case "map_extra":
		m.Extra, err = d.number(mem)
	case "pinning":
		n, err = d.number32(mem)
		if err == nil && n > libbpfPinByName {
			err = d.refuse("pinning has the unknown value %d", n)
		}
		m.PinByName = n == libbpfPinByName
	default:
		err = d.refuse("unknown member %q", mem.Name)
	}
	return err
}

// agree refuses a size that is given twice, in two ways.
func (d *mapDef) agree(member string, old, now uint32, err error) (uint32, error) {
	if err == nil && old != 0 && old != now {
		err = d.refuse("%s is %d, but the type given has %d bytes", member, now, old)
	}
	return now, err
}

// number reads a member of __uint(name, n), int (*name)[n], or of __ulong(name,
// n), an enum with that one value.
func (d *mapDef) number(mem *btf.Member) (uint64, error) {
	types := d.spec.types
	t := types.Type(types.Resolve(mem.Type))
	switch {
	case t.Kind == btf.KindPtr:
		if a := types.Type(types.Resolve(t.Type)); a.Kind == btf.KindArray {
			return uint64(a.Count), nil
		}
	case (t.Kind == btf.KindEnum || t.Kind == btf.KindEnum64) && len(t.Values) == 1:
		return t.Values[0].Value, nil
	}
	return 0, d.refuse("member %q is a %v, not made by __uint or __ulong", mem.Name, t.Kind)
}

// number32 reads a member that goes to one of the 32-bit fields of union bpf_attr.
func (d *mapDef) number32(mem *btf.Member) (uint32, error) {
	n, err := d.number(mem)
	if err == nil && n > math.MaxUint32 {
		err = d.refuse("member %q is %d, which does not fit in 32 bits", mem.Name, n)
	}
	return uint32(n), err
}

// typeMember reads a member of __type(name, T), T *name.
func (d *mapDef) typeMember(m *MapSpec, mem *btf.Member) error {
	types := d.spec.types
	t := types.Type(types.Resolve(mem.Type))
	if t.Kind != btf.KindPtr {
		return d.refuse("member %q is a %v, not made by __type", mem.Name, t.Kind)
	}
	size, err := types.Size(t.Type)
	if err != nil {
		return &FormatError{Section: ".maps", Offset: d.offset, Name: d.name, What: "member \"" + mem.Name + "\"", Err: err}
	}
	if size == 0 || size > 1<<32-1 {
		return d.refuse("member %q has a type of %d bytes", mem.Name, size)
	}
	// The kernel compares sizes by id, and follows typedefs itself, so the id
	// stays the one the author wrote.
	if mem.Name == "key" {
		m.Key = t.Type
		m.KeySize, err = d.agree("key_size", uint32(size), orDefault(m.KeySize, uint32(size)), nil)
	} else {
		m.Value = t.Type
		m.ValueSize, err = d.agree("value_size", uint32(size), orDefault(m.ValueSize, uint32(size)), nil)
	}
	return err
}

// innerMember reads __array(values, T), T *values[], of a map of maps.
func (d *mapDef) innerMember(m *MapSpec, mem *btf.Member, depth int) error {
	types := d.spec.types
	a := types.Type(types.Resolve(mem.Type))
	if depth >= maxMapNesting {
		return d.refuse("maps of maps nested more than %d deep", maxMapNesting)
	}
	if a.Kind != btf.KindArray {
		return d.refuse("member %q is a %v, not made by __array", mem.Name, a.Kind)
	}
	p := types.Type(types.Resolve(a.Type))
	if p.Kind != btf.KindPtr {
		return d.refuse("member %q is an array of %v, not of pointers", mem.Name, p.Kind)
	}
	if types.Type(types.Resolve(p.Type)).Kind == btf.KindFuncProto {
		return d.refuse("programs as initial values are not supported: put them into the map after loading")
	}
	inner := mapDef{spec: d.spec, name: d.name + ".inner", offset: d.offset}
	im, err := inner.parse(p.Type, depth+1)
	m.Inner, m.valuesAt = &im, uint64(mem.BitOffset/8)
	return err
}

// parseInnerSlots reads the relocations in .maps: each fills one slot of the
// "values" of a map of maps with the address of another map.
func (s *Spec) parseInnerSlots(sec *elf.Section) error {
	for _, r := range sec.Relocs {
		sym := &s.file.Symbols[r.Symbol]
		refuse := func(what string) error {
			return &FormatError{Section: sec.Name, Offset: r.Offset, Name: sym.Name, What: what}
		}
		outer := s.mapBefore(r.Offset)
		if r.Type != elf.R_BPF_64_ABS64 || outer == nil || outer.Inner == nil {
			return refuse("relocation " + r.Type.String() + " does not fill a slot of a map of maps")
		}
		start := outer.offset + outer.valuesAt
		if r.Offset < start || (r.Offset-start)%8 != 0 {
			return refuse(fmt.Sprintf("relocation does not stand at a slot of map %q, whose values begin at %#x", outer.Name, start))
		}
		inner := -1
		if int(sym.Section) == sec.Index {
			inner = s.mapStarting(sym.Value + s.ByteOrder.Uint64(sec.Data[r.Offset:]))
		}
		if inner < 0 {
			return refuse("relocation in the values of a map of maps is not against a map")
		}
		slot := (r.Offset - start) / 8
		if slot >= uint64(outer.MaxEntries) {
			return refuse(fmt.Sprintf("relocation fills slot %d of map %q, which has %d", slot, outer.Name, outer.MaxEntries))
		}
		outer.slots = append(outer.slots, innerSlot{index: uint32(slot), inner: inner})
	}
	return nil
}

// mapBefore finds the map in whose definition an offset of .maps lies.
func (s *Spec) mapBefore(off uint64) *MapSpec {
	var found *MapSpec
	for i := range s.Maps {
		m := &s.Maps[i]
		if m.offset <= off && (found == nil || m.offset > found.offset) {
			found = m
		}
	}
	return found
}

// mapStarting finds the map whose definition starts at an offset of .maps; -1 if
// none does.
func (s *Spec) mapStarting(off uint64) int {
	for i := range s.Maps {
		if m := &s.Maps[i]; !m.isData() && m.offset == off {
			return i
		}
	}
	return -1
}
