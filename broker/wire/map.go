package wire

import "bytes"

// A Map is what follows the reply to [Hello]: struct kptr_map.
type Map struct {
	Version   uint32
	PageSize  uint32 // bytes
	ValueSize uint32 // bytes
	ValueType uint32 // id in the BTF
	BTFSize   uint32 // bytes; 0: none
	MaxPages  uint32 // that one memory may have
	Name      string // at most 31 bytes
	Kptrs     []Kptr // at most MaxKptrs
}

// A Kptr is a user kptr of the value.
type Kptr struct {
	Offset uint32 // in the value, in bytes
	Size   uint32 // of the pointee, in bytes
}

// Append adds the struct.
func (m *Map) Append(b []byte) []byte {
	b = put(b, m.Version, m.PageSize, m.ValueSize, uint32(len(m.Kptrs)), m.ValueType, m.BTFSize, m.MaxPages, 0)
	var name [32]byte
	copy(name[:31], m.Name)
	b = append(b, name[:]...)
	for i := range MaxKptrs {
		var k Kptr
		if i < len(m.Kptrs) {
			k = m.Kptrs[i]
		}
		b = put(b, k.Offset, k.Size)
	}
	return b
}

// ParseMap reads it; false if it has another size or more user kptrs than there can be.
func ParseMap(b []byte) (m Map, ok bool) {
	if len(b) != MapSize {
		return m, false
	}
	var kptrs uint32
	words(b, &m.Version, &m.PageSize, &m.ValueSize, &kptrs, &m.ValueType, &m.BTFSize, &m.MaxPages)
	name, _, _ := bytes.Cut(b[32:64], []byte{0})
	m.Name = string(name)
	if kptrs > MaxKptrs {
		return m, false
	}
	m.Kptrs = make([]Kptr, kptrs)
	for i := range m.Kptrs {
		words(b[64+8*i:], &m.Kptrs[i].Offset, &m.Kptrs[i].Size)
	}
	return m, true
}
