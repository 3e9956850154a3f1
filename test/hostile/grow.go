package hostile

import (
	"bytes"
	"encoding/binary"
)

// grow adds something to the object.
func (m *mutator) grow() {
	if len(m.sections) == 0 {
		return
	}
	pick(m, []func(){m.repeatRecord, m.repeatSection, m.nestTypes, m.chainTypes, m.repeatVariables})()
	m.object = analyse(m.b)
}

// replace gives a section other contents, at the end of the file.
func (m *mutator) replace(s *section, data []byte) {
	m.b = append(m.b, make([]byte, -len(m.b)&7)...)
	m.put(s.header, sectionHeader.field("sh_offset"), uint64(len(m.b)))
	m.put(s.header, sectionHeader.field("sh_size"), uint64(len(data)))
	m.b = append(m.b, data...)
}

// repeatRecord appends a record of a table to it, several times.
func (m *mutator) repeatRecord() {
	s := pick(m, []*shape{symbol, relocation, instruction})
	if len(m.records[s]) == 0 {
		return
	}
	at, n := pick(m, m.records[s]), 1+m.IntN(64)
	m.did("%s repeated %d times", s.name, n)
	for i := range m.sections {
		if in := &m.sections[i]; in.typ != shtNobits && in.off <= at && at < in.end() {
			m.replace(in, append(bytes.Clone(m.b[in.off:in.end()]), bytes.Repeat(m.b[at:][:s.size], n)...))
			return
		}
	}
}

// repeatSection adds a section header that is one of the others.
func (m *mutator) repeatSection() {
	s := pick(m, m.sections)
	m.did("section %q twice", s.name)
	first := m.sections[0].header
	headers := bytes.Clone(m.b[first:][:len(m.sections)*sectionHeader.size])
	headers = append(headers, m.b[s.header:][:sectionHeader.size]...)
	m.b = append(m.b, make([]byte, -len(m.b)&7)...)
	m.put(0, elfHeader.field("e_shoff"), uint64(len(m.b)))
	m.put(0, elfHeader.field("e_shnum"), uint64(len(m.sections)+1))
	m.b = append(m.b, headers...)
}

func (m *mutator) words(words ...uint32) []byte {
	var b []byte
	for _, w := range words {
		b = m.order.(binary.AppendByteOrder).AppendUint32(b, w)
	}
	return b
}

// addTypes appends types and one string to .BTF.
func (m *mutator) addTypes(types []byte, name string) {
	s := m.named(".BTF")
	head := m.b[s.off:]
	start := int(m.get(s.off, btfHeader.field("hdr_len")))
	strs := start + int(m.get(s.off, btfHeader.field("str_off")))
	b := append(bytes.Clone(head[:strs]), types...)
	b = append(append(append(b, head[strs:s.size]...), name...), 0)
	m.replace(s, b)
	at := len(m.b) - len(b)
	for name, by := range map[string]int{"type_len": len(types), "str_off": len(types), "str_len": len(name) + 1} {
		f := btfHeader.field(name)
		m.put(at, f, m.get(at, f)+uint64(by))
	}
}

// newName is the offset of the string that addTypes adds.
func (m *mutator) newName() uint32 {
	return uint32(m.get(m.named(".BTF").off, btfHeader.field("str_len")))
}

// pointMap has the type of some map's key or value be another one. It is to be called before addTypes, which moves the types.
func (m *mutator) pointMap(id uint32) bool {
	if len(m.records[mapType]) == 0 {
		return false
	}
	m.put(pick(m, m.records[mapType]), mapType.fields[0], uint64(id))
	return true
}

// nestTypes puts structs and arrays into each other, so that there are many more ways to the innermost type than types.
func (m *mutator) nestTypes() {
	next := uint32(len(m.types)) // id
	tag := pick(m, []string{"uptr", "kptr_user", "kptr", "user", "bpf_spin_lock"})
	var types []byte
	var size uint64
	switch m.IntN(4) {
	case 0: // an empty struct
		types = m.words(0, kindStruct<<24, 0)
	case 1: // a special one
		types, size = m.words(m.newNameIf(), kindStruct<<24, 4), 4
	case 2: // a pointer to void
		types, size = m.words(0, kindPtr<<24, 0), 8
	default: // one with a tag
		types, size = append(m.words(m.newNameIf(), kindTypeTag<<24, 0), m.words(0, kindPtr<<24, next)...), 8
		next++
	}
	depth := 2 + m.IntN(40)
	arrays := m.IntN(3) == 0
	for ; depth > 0 && size < 1<<26; depth-- { // beyond, the offset of a member has no 32 bits
		n := uint32(1 + m.IntN(3))
		if arrays && depth%2 == 0 {
			n *= 4
			types = append(types, m.words(0, kindArray<<24, 0, next, 1, n)...)
		} else {
			types = append(types, m.words(0, kindStruct<<24|n, uint32(size)*n)...)
			for i := range n {
				types = append(types, m.words(0, next, uint32(size)*8*i)...)
			}
		}
		size *= uint64(n)
		next++
	}
	if size == 0 { // which no map takes
		types = append(types, m.words(0, kindPtr<<24, 0, 0, kindStruct<<24|2, 8, 0, next, 0, 0, next+1, 0)...)
		next, size = next+2, 8
	}
	m.did("types nested, the last is %d with %d bytes, around %q", next, size, tag)
	if m.pointMap(next) {
		m.addTypes(types, tag)
	}
}

func (m *mutator) newNameIf() uint32 {
	if m.named(".BTF") == nil {
		return 0
	}
	return m.newName()
}

// chainTypes puts a long chain of modifiers before a type.
func (m *mutator) chainTypes() {
	n := uint32(1) << m.IntN(12)
	next := uint32(len(m.types))
	kind := pick(m, []uint32{kindConst, kindPtr, kindTypeTag})
	name := uint32(0)
	if kind == kindTypeTag {
		name = m.newNameIf()
	}
	types := m.words(name, kind<<24, uint32(m.IntN(len(m.types)+1))) // or itself
	for i := range n {
		types = append(types, m.words(name, kind<<24, next+i)...)
	}
	m.did("chain of %d types of kind %d", n+1, kind)
	if m.pointMap(next + n) {
		m.addTypes(types, "uptr")
	}
}

// repeatVariables has DATASEC .maps list its variables many times. The one that there was becomes one of externs.
func (m *mutator) repeatVariables() {
	btf := m.named(".BTF")
	if btf == nil {
		return
	}
	names := btf.off + int(m.get(btf.off, btfHeader.field("hdr_len"))+m.get(btf.off, btfHeader.field("str_off")))
	old := m.datasec(names, ".maps")
	if old == 0 {
		return
	}
	_, vlen := m.kind(old)
	n := 1 << m.IntN(11)
	m.did("the variables of .maps %d times", n)
	entries := m.b[old+12:][:12*vlen]
	types := append(m.words(m.word(old), kindDatasec<<24|uint32(n*vlen), 0), bytes.Repeat(entries, n)...)
	m.order.PutUint32(m.b[old:], m.newName())
	m.addTypes(types, ".ksyms")
}
