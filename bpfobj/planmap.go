package bpfobj

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"path"
	"slices"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// planMap adds the steps of one map: create it, or open it where it is pinned;
// see whether the kernel knows its user kptrs; give it its contents.
func (p *planner) planMap(i int) {
	m := &p.maps[i]
	m.create = p.createAttr(m.MapSpec)
	if m.structOps != nil {
		p.planStructOps(m)
		return
	}
	p.planTypes(m)
	if m.reused = m.PinByName && sys.Exists(p.pinPath(m)); m.reused {
		m.step = p.add(Step{Attr: &sys.ObjGetAttr{Pathname: sys.CString(p.pinPath(m))}, Yields: true, thing: m.thing, kept: true})
		p.planRecognition(m)
		return
	}
	uses := p.usesBTF(m.create, m.MapSpec, m.valueType)
	if m.Inner != nil {
		inner := p.createAttr(m.Inner)
		step := Step{Subject: fmt.Sprintf("map %q", m.Inner.Name), Attr: inner, Uses: p.usesBTF(inner, m.Inner, m.Inner.Value), Yields: true, thing: m.thing}
		uses = append(uses, Use{Field: "inner_map_fd", Step: p.add(step), to: &m.create.InnerMapFD})
	}
	m.step = p.add(Step{Attr: m.create, Uses: uses, Yields: true, thing: m.thing, kept: true})
	p.planRecognition(m)
	p.planContents(m)
	if m.PinByName {
		pin := &sys.ObjPinAttr{Pathname: sys.CString(p.pinPath(m))}
		p.add(Step{Attr: pin, Uses: []Use{{Field: "bpf_fd", Step: m.step, to: &pin.BPFFD}}, thing: m.thing})
	}
}

// planTypes finds the value type of a map and its user kptrs, building the type from
// Go where the object's own is of no use, and checks what user kptrs ask of the map.
func (p *planner) planTypes(m *plannedMap) {
	m.valueType = m.Value
	goType, ok := p.opts.ValueTypes[m.Name]
	if m.data || m.Value == 0 || p.types == nil {
		FormatError{Section: ".BTF", Name: m.Name}.want(!ok, "no value type to compare the Go type with")
		return
	}
	w, err := walkValue(p.types, m.Value, p.kernel.PageSize, m.Name)
	if err == nil && m.Type == sys.BPF_MAP_TYPE_TASK_STORAGE {
		err = w.unknown
	}
	if goType != nil && (err == nil || errors.Is(err, ErrPointeeDeclared)) {
		if err = p.types.CompareGo(m.Value, goType); untagged(err) {
			m.valueType = must(p.types.AddGo(goType, p.tag))
			w, err = walkValue(p.types, m.valueType, p.kernel.PageSize, m.Name)
		}
	}
	check(err)
	if m.kptrs = w.found; len(w.found) > 0 {
		checkUserMap(m.MapSpec, p.ruleAt(m, &w.found[0], nil))
	}
	p.asked += len(w.found) * int(m.ValueSize)
	want(FormatError{Section: ".maps", Offset: m.offset, Name: m.Name}, p.asked <= maxAsked, "asking for the user kptrs of all maps takes more than %d bytes", maxAsked)
}

// untagged tells whether the types differ in nothing but what the C compiler left
// out: the type tag, or the definition of the pointee.
func untagged(err error) bool {
	var layout *btf.LayoutError
	return errors.As(err, &layout) && !slices.ContainsFunc(layout.Differences, func(d btf.Difference) bool {
		return d.Kind != btf.DiffTag && d.Kind != btf.DiffForward
	})
}

// ruleAt begins an error about a user kptr of a map, nil meaning the map as a whole, with the kernel's answer if there is one.
func (p *Plan) ruleAt(m *plannedMap, u *UserKptr, answer error) RuleError {
	e := RuleError{Map: m.Name, Struct: p.types.Type(m.valueType).Name, Err: answer}
	if u != nil {
		e.Field, e.Offset = u.Path, u.Offset
	}
	return e
}

func (p *Plan) pinPath(m *plannedMap) string { return path.Join(p.pinDir, m.Name) }

// usesBTF gives a map its types, if it may have some, and the use of the BTF they are in. That of the value alone does not do,
// but for sections of variables: map_check_btf (kernel/bpf/syscall.c).
func (p *planner) usesBTF(attr *sys.MapCreateAttr, m *MapSpec, value btf.ID) []Use {
	if value == 0 || !m.is(typed) || m.Key == 0 && !m.data && !m.is(noKey) {
		return nil
	}
	attr.BTFKeyTypeID, attr.BTFValueTypeID = uint32(m.Key), uint32(value)
	return []Use{{Field: "btf_fd", Step: p.btf, to: &attr.BTFFD}}
}

func (p *planner) createAttr(m *MapSpec) *sys.MapCreateAttr {
	at := FormatError{Section: ".maps", Offset: m.offset, Name: m.Name}
	want(at, m.ValueSize != 0 || m.is(noValue), "map of type %v without a value type: __type(value, ...) is missing, or MapSpec.ValueSize", m.Type)
	at.want(m.Inner != nil || !m.is(ofMaps), "map of maps without __array(values, ...), or MapSpec.Inner")
	want(at, m.KeySize != 0 || m.is(noKey), "map of type %v without a key type: __type(key, ...) is missing, or MapSpec.KeySize", m.Type)
	entries := m.MaxEntries
	if m.Type == sys.BPF_MAP_TYPE_PERF_EVENT_ARRAY && entries == 0 {
		entries = p.kernel.cpus()
	}
	if m.is(ring) && 0 < entries && entries <= 1<<31 { // the kernel refuses others
		entries = max(1<<bits.Len32(entries-1), uint32(p.kernel.PageSize))
	}
	return &sys.MapCreateAttr{
		MapType: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: entries,
		MapFlags: m.Flags, NumaNode: m.NUMANode, MapName: sys.MakeObjName(m.Name), MapExtra: m.Extra,
	}
}

// update adds a step that sets an element of a map. The step may be changed until the next is added.
func (p *planner) update(m *plannedMap, key uint32, value []byte) *Step {
	k := make([]byte, 4)
	p.kernel.ByteOrder.PutUint32(k, key)
	attr := &sys.MapUpdateElemAttr{Key: sys.Bytes(k), Value: sys.Bytes(value), KeySize: 4, ValueSize: uint32(len(value))}
	step := p.add(Step{Attr: attr, Uses: []Use{{Field: "map_fd", Step: m.step, to: &attr.MapFD}}, thing: m.thing})
	return &p.Steps[step]
}

// badUserAddress lies below vm.mmap_min_addr's default and is no address of a
// process.
const badUserAddress = 0x10

// maxAsked bounds what a plan allocates to ask for user kptrs, in bytes: a value for each. Five of the largest maps take less.
const maxAsked = 4 << 20

// planRecognition asks of each user kptr whether the kernel knows it: a map whose
// value type it could not parse is created all the same, and is plain.
func (p *planner) planRecognition(m *plannedMap) {
	for f, u := range m.kptrs {
		value := make([]byte, m.ValueSize)
		p.kernel.ByteOrder.PutUint64(value[u.Offset:], badUserAddress)
		step := p.update(m, ^uint32(0), value)
		step.Subject += " field " + u.Path
		step.Expect, step.field = syscall.EFAULT, f
	}
}

// planContents fills a section of variables, if it is not all zero, and freezes it
// if it is .rodata, so that the verifier takes its values for constants.
func (p *planner) planContents(m *plannedMap) {
	if !m.data {
		return
	}
	if !allZero(m.Contents) {
		p.update(m, 0, bytes.Clone(m.Contents))
	}
	if m.readOnly() {
		freeze := &sys.MapFreezeAttr{}
		p.add(Step{Attr: freeze, Uses: []Use{{Field: "map_fd", Step: m.step, to: &freeze.MapFD}}, thing: m.thing})
	}
}

func allZero(b []byte) bool { return bytes.Count(b, []byte{0}) == len(b) }

// planSlots puts maps into the map of maps that names them. One that was pinned
// already keeps what it has.
func (p *planner) planSlots(outer *plannedMap) {
	for _, slot := range outer.slots {
		inner := p.maps[slot.inner].step
		if outer.reused || outer.step < 0 || inner < 0 { // no step: with Options.KeepGoing; that one's step has the error
			continue
		}
		value := make([]byte, 4)
		step := p.update(outer, slot.index, value)
		step.Subject += fmt.Sprintf(" slot %d (%v)", slot.index, p.maps[slot.inner].thing)
		step.Uses = append(step.Uses, Use{Field: "value", Step: inner, in: value})
	}
}
