package bpfobj

import (
	"cmp"
	"math"
	"sort"

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
func (s *Spec) parseMaps() {
	sec := s.file.Section(".maps")
	if sec == nil {
		return
	}
	vars := s.declared(sec)
	s.Maps = make([]MapSpec, 0, len(vars)+4) // and the usual sections of variables
	for _, v := range vars {
		d := mapDef{s, FormatError{Section: sec.Name, Offset: uint64(v.Offset), Name: s.types.Type(v.Type).Name}}
		d.want(s.Map(d.Name) == nil, "second map of this name")
		m := d.parse(s.types.Type(v.Type).Type, 0)
		m.section = sec.Index
		s.Maps = append(s.Maps, m)
	}
	s.defined = len(s.Maps)
	for _, r := range sec.Relocs {
		s.parseInnerSlot(sec, r)
	}
}

// A mapDef reads one definition, the variable at its place.
type mapDef struct {
	*Spec
	FormatError
}

// resolve gives a type behind typedefs and qualifiers.
func (d mapDef) resolve(id btf.ID) *btf.Type { return d.types.Type(d.types.Resolve(id)) }

func (d mapDef) parse(def btf.ID, depth int) MapSpec {
	m := MapSpec{Name: d.Name, offset: d.Offset}
	t, at := d.resolve(def), d.FormatError
	want(at, t.Kind == btf.KindStruct, "map definition is a %v, not a struct", t.Kind)
	for i := range t.Members {
		mem := &t.Members[i]
		d.member(&m, mem, depth)
		want(at, memberNamed(t, mem.Name) == i, "second member %q", mem.Name) // C has none, and each map of the type would look at all of them
	}
	// What can still be set in the MapSpec Plan checks.
	at.want(m.Type != 0, "no map type: __uint(type, BPF_MAP_TYPE_...) is missing")
	at.want(m.Type != sys.BPF_MAP_TYPE_ARENA, "BPF arenas are not supported: share memory by a user kptr, or use an array with BPF_F_MMAPABLE")
	if m.is(ofMaps) {
		m.KeySize, m.ValueSize = cmp.Or(m.KeySize, 4), 4
		return m
	}
	want(at, m.Inner == nil, "__array(values, ...) in a map of type %v", m.Type)
	want(at, m.Key != 0 && m.Value != 0 || !m.is(localStore), "map of type %v with sizes alone: it needs __type(key, int) and __type(value, ...)", m.Type)
	return m
}

func (d mapDef) member(m *MapSpec, mem *btf.Member, depth int) {
	switch mem.Name {
	case "key":
		m.Key = d.typeMember(mem, &m.KeySize)
	case "value":
		m.Value = d.typeMember(mem, &m.ValueSize)
	case "values":
		d.innerMember(m, mem, depth)
	case "type":
		m.Type = sys.MapType(d.number(mem, math.MaxUint32))
	case "key_size":
		d.size(mem.Name, &m.KeySize, uint32(d.number(mem, math.MaxUint32)), m.KeySize)
	case "value_size":
		d.size(mem.Name, &m.ValueSize, uint32(d.number(mem, math.MaxUint32)), m.ValueSize)
	case "max_entries":
		m.MaxEntries = uint32(d.number(mem, math.MaxUint32))
	case "map_flags":
		m.Flags |= sys.MapFlags(d.number(mem, math.MaxUint32)) // numa_node may have come first
	case "numa_node":
		m.NUMANode = uint32(d.number(mem, math.MaxUint32))
		m.Flags |= sys.BPF_F_NUMA_NODE
	case "map_extra":
		m.Extra = d.number(mem, math.MaxUint64)
	case "pinning":
		n := d.number(mem, math.MaxUint32)
		want(d.FormatError, n <= libbpfPinByName, "pinning has the unknown value %d", n)
		m.PinByName = n == libbpfPinByName
	default:
		d.refuse("unknown member %q", mem.Name)
	}
}

// size sets a size that is given as a number; that of the type, if one is given too, has to be the same.
func (d mapDef) size(name string, field *uint32, number, typ uint32) {
	if typ != 0 && typ != number {
		d.refuse("%s is %d, but the type given has %d bytes", name, number, typ)
	}
	*field = number
}

// number reads a member of __uint(name, n), int (*name)[n], or of __ulong(name,
// n), an enum with that one value. It goes to a field of union bpf_attr that holds up to max.
func (d mapDef) number(mem *btf.Member, max uint64) (n uint64) {
	switch t := d.resolve(mem.Type); {
	case t.Kind == btf.KindPtr && d.resolve(t.Type).Kind == btf.KindArray:
		n = uint64(d.resolve(t.Type).Count)
	case (t.Kind == btf.KindEnum || t.Kind == btf.KindEnum64) && len(t.Members) == 1:
		n = t.Members[0].Value
	default:
		d.refuse("member %q is a %v, not made by __uint or __ulong", mem.Name, t.Kind)
	}
	if n > max {
		d.refuse("member %q is %d, which does not fit in 32 bits", mem.Name, n)
	}
	return n
}

// typeMember reads a member of __type(name, T), T *name, and sets the size. The kernel compares sizes by id, and follows
// typedefs itself, so the id stays the one the author wrote.
func (d mapDef) typeMember(mem *btf.Member, field *uint32) btf.ID {
	t := d.resolve(mem.Type)
	want(d.FormatError, t.Kind == btf.KindPtr, "member %q is a %s, not made by __type", mem.Name, t.Kind.String())
	size, err := d.types.Size(t.Type)
	switch {
	case err != nil:
		d.refuse("member %q: %w", mem.Name, err)
	case size == 0 || size > math.MaxUint32:
		d.refuse("member %q has a type of %d bytes", mem.Name, size)
	}
	d.size(mem.Name+"_size", field, cmp.Or(*field, uint32(size)), uint32(size))
	return t.Type
}

// innerMember reads __array(values, T), T *values[], of a map of maps.
func (d mapDef) innerMember(m *MapSpec, mem *btf.Member, depth int) {
	a, at := d.resolve(mem.Type), d.FormatError
	p := d.resolve(a.Type)
	want(at, depth < maxMapNesting, "maps of maps nested more than %d deep", maxMapNesting)
	want(at, a.Kind == btf.KindArray, `member "values" is a %v, not made by __array`, a.Kind)
	want(at, p.Kind == btf.KindPtr, `member "values" is an array of %v, not of pointers`, p.Kind)
	at.want(d.resolve(p.Type).Kind != btf.KindFuncProto, "programs as initial values are not supported: put them into the map after loading")
	at.Name += ".inner"
	inner := mapDef{d.Spec, at}.parse(p.Type, depth+1)
	m.Inner, m.valuesAt = &inner, uint64(mem.BitOffset/8)
}

// parseInnerSlot reads a relocation in .maps: it fills one slot of the
// "values" of a map of maps with the address of another map.
func (s *Spec) parseInnerSlot(sec *elf.Section, r elf.Reloc) {
	sym := &s.file.Symbols[r.Symbol]
	at := FormatError{Section: sec.Name, Offset: r.Offset, Name: sym.Name}
	i := s.mapAt(sec.Index, r.Offset)
	want(at, r.Type == elf.R_BPF_64_ABS64 && i >= 0 && s.Maps[i].Inner != nil, "relocation %v does not fill a slot of a map of maps", r.Type)
	outer := &s.Maps[i]
	start := outer.offset + outer.valuesAt
	want(at, r.Offset >= start && (r.Offset-start)%8 == 0, "relocation does not stand at a slot of map %q", outer.Name)
	target := sym.Value + s.ByteOrder.Uint64(sec.Data[r.Offset:])
	inner := s.mapAt(int(sym.Section), target)
	isMap := int(sym.Section) == sec.Index && inner >= 0 && s.Maps[inner].offset == target
	at.want(isMap, "relocation in the values of a map of maps is not against a map")
	if outer.KeySize != 4 {
		at.refuse("relocation fills a slot of map %q, whose keys have %d bytes, not 4", outer.Name, outer.KeySize)
	}
	slot := (r.Offset - start) / 8
	if slot >= uint64(outer.MaxEntries) {
		at.refuse("relocation fills slot %d of map %q, which has %d", slot, outer.Name, outer.MaxEntries)
	}
	outer.slots = append(outer.slots, innerSlot{index: uint32(slot), inner: inner})
}

// mapAt finds the last map that begins at or before an offset of .maps or a section of variables; -1 if none does. Both
// lists are sorted.
func (s *Spec) mapAt(section int, off uint64) int {
	first, maps := 0, s.Maps[:s.defined]
	if s.defined == 0 || maps[0].section != section {
		first, maps = s.defined, s.Maps[s.defined:]
	}
	i := sort.Search(len(maps), func(i int) bool {
		return maps[i].section > section || maps[i].section == section && maps[i].offset > off
	}) - 1
	if i < 0 || maps[i].section != section {
		return -1
	}
	return first + i
}
