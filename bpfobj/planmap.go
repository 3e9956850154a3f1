package bpfobj

import (
	"encoding/binary"
	"math/bits"
	"path"
	"slices"
	"syscall"

	"kptr/sys"
)

// planMap adds the steps of one map: create it, or open it where it is pinned;
// see whether the kernel knows its user kptrs; give it its contents.
func (p *planner) planMap(i int) error {
	m := &p.spec.Maps[i]
	pm := &p.maps[i]
	pm.step = -1
	create := Step{Subject: mapSubject(m.Name), Yields: true, kind: stepMap, index: i}
	if m.structOps != nil {
		if m.Optional && !p.opts.AllPrograms && !slices.Contains(p.opts.Programs, m.Name) {
			return nil
		}
		return p.planStructOps(i, create)
	}
	if m.Inner != nil {
		inner := p.add(Step{Subject: mapSubject(m.Inner.Name), Attr: p.createAttr(m.Inner, m.Inner.Value != 0), Uses: p.useBTF(m.Inner), Yields: true, kind: stepInnerMap, index: i})
		create.Uses = append(create.Uses, Use{Field: "inner_map_fd", Step: inner})
	}
	if _, ok := p.opts.ValueTypes[m.Name]; ok && (m.isData() || m.Value == 0) {
		return p.fail(create, &FormatError{Section: ".BTF", Name: m.Name, What: "no value type to compare the Go type with"})
	}
	pm.value = m.Value
	if p.types != nil && !m.isData() && m.Value != 0 {
		value, kptrs, err := p.userTypes(m)
		if err != nil {
			return p.fail(create, err)
		}
		pm.value, pm.kptrs = value, kptrs
	}
	if len(pm.kptrs) > 0 {
		if detail, rule := checkUserMap(m); rule != nil {
			return p.fail(create, &RuleError{Map: m.Name, Struct: p.types.Type(pm.value).Name, Field: pm.kptrs[0].Path, Offset: pm.kptrs[0].Offset, Rule: rule, Detail: detail, Err: answer(rule)})
		}
	}
	attr := p.createAttr(m, pm.value != 0)
	pm.maxEntries = attr.MaxEntries
	attr.BTFValueTypeID = uint32(pm.value)
	if attr.BTFValueTypeID == 0 || !takesBTF(m.Type) {
		attr.BTFKeyTypeID, attr.BTFValueTypeID = 0, 0
	} else {
		create.Uses = append(create.Uses, Use{Field: "btf_fd", Step: p.btf})
	}
	create.Attr = attr
	if m.PinByName {
		if path := p.pinPath(m); sys.Exists(path) {
			create = Step{Subject: create.Subject, Attr: &sys.ObjGetAttr{Pathname: sys.CString(path)}, Yields: true, kind: stepReuse, index: i}
		}
	}
	pm.step = p.add(create)
	p.planRecognition(i)
	if create.kind == stepReuse {
		return nil
	}
	p.planContents(i)
	if m.PinByName {
		p.add(Step{Subject: create.Subject, Attr: &sys.ObjPinAttr{Pathname: sys.CString(p.pinPath(m))}, Uses: []Use{{Field: "bpf_fd", Step: pm.step}}, kind: stepPin, index: i})
	}
	return nil
}

func (p *Plan) pinPath(m *MapSpec) string { return path.Join(p.pinDir, m.Name) }

func (p *planner) useBTF(m *MapSpec) []Use {
	if m.Value == 0 || !takesBTF(m.Type) {
		return nil
	}
	return []Use{{Field: "btf_fd", Step: p.btf}}
}

func (p *planner) createAttr(m *MapSpec, typed bool) *sys.MapCreateAttr {
	attr := &sys.MapCreateAttr{
		MapType: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: p.maxEntries(m),
		MapFlags: m.Flags, NumaNode: m.NUMANode, MapName: sys.MakeObjName(m.Name), MapExtra: m.Extra,
	}
	if typed && takesBTF(m.Type) {
		attr.BTFKeyTypeID, attr.BTFValueTypeID = uint32(m.Key), uint32(m.Value)
	}
	return attr
}

// maxEntries adapts the size that depends on the machine: a ring buffer is a power
// of two of pages (ringbuf_map_alloc, kernel/bpf/ringbuf.c).
func (p *planner) maxEntries(m *MapSpec) uint32 {
	ring := m.Type == sys.BPF_MAP_TYPE_RINGBUF || m.Type == sys.BPF_MAP_TYPE_USER_RINGBUF
	if ring && 0 < m.MaxEntries && m.MaxEntries <= 1<<31 { // the kernel refuses others
		return max(1<<bits.Len32(m.MaxEntries-1), uint32(p.kernel.PageSize))
	}
	return m.MaxEntries
}

// badUserAddress lies below vm.mmap_min_addr's default and is no address of a
// process.
const badUserAddress = 0x10

// planRecognition asks of each user kptr whether the kernel knows it: a map whose
// value type it could not parse is created all the same, and is plain.
func (p *planner) planRecognition(i int) {
	m, pm := &p.spec.Maps[i], &p.maps[i]
	key := p.bytes32(^uint32(0))
	for f, u := range pm.kptrs {
		value := make([]byte, m.ValueSize)
		p.kernel.ByteOrder.PutUint64(value[u.Offset:], badUserAddress)
		p.add(Step{
			Subject: mapSubject(m.Name) + " field " + u.Path,
			Attr:    &sys.MapUpdateElemAttr{Key: sys.Bytes(key), Value: sys.Bytes(value), KeySize: uint32(len(key)), ValueSize: uint32(len(value))},
			Uses:    []Use{{Field: "map_fd", Step: pm.step}}, Expect: syscall.EFAULT, kind: stepRecognise, index: i, field: f,
		})
	}
}

// planContents fills a section of variables, if it is not all zero, and freezes it
// if it is .rodata, so that the verifier takes its values for constants.
func (p *planner) planContents(i int) {
	m, pm := &p.spec.Maps[i], &p.maps[i]
	if !m.isData() {
		return
	}
	use := []Use{{Field: "map_fd", Step: pm.step}}
	if !allZero(m.Contents) {
		key := p.bytes32(0)
		value := append([]byte(nil), m.Contents...)
		p.add(Step{
			Subject: mapSubject(m.Name),
			Attr:    &sys.MapUpdateElemAttr{Key: sys.Bytes(key), Value: sys.Bytes(value), KeySize: uint32(len(key)), ValueSize: uint32(len(value))},
			Uses:    use, kind: stepContents, index: i,
		})
	}
	if m.readOnly() {
		p.add(Step{Subject: mapSubject(m.Name), Attr: &sys.MapFreezeAttr{}, Uses: use, kind: stepFreeze, index: i})
	}
}

func allZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}

// planSlots puts maps into the map of maps that names them. One that was pinned
// already keeps what it has.
func (p *planner) planSlots(i int) {
	m, pm := &p.spec.Maps[i], &p.maps[i]
	if pm.step >= 0 && p.Steps[pm.step].kind == stepReuse {
		return
	}
	for _, slot := range m.slots {
		inner := p.maps[slot.inner].step
		if pm.step < 0 || inner < 0 { // with Options.KeepGoing; that one's step has the error
			continue
		}
		key, value := p.bytes32(slot.index), p.bytes32(0)
		p.add(Step{
			Subject: mapSubject(m.Name),
			Attr:    &sys.MapUpdateElemAttr{Key: sys.Bytes(key), Value: sys.Bytes(value), KeySize: 4, ValueSize: 4},
			Uses:    []Use{{Field: "map_fd", Step: pm.step}, {Field: "value", Step: inner}}, kind: stepSlot, index: i, value: value,
		})
	}
}

func (p *planner) bytes32(v uint32) []byte {
	return binary.ByteOrder(p.kernel.ByteOrder).(binary.AppendByteOrder).AppendUint32(make([]byte, 0, 4), v)
}
