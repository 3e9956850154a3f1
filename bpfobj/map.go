package bpfobj

import (
	"errors"
	"fmt"

	"kptr/btf"
	"kptr/sys"
)

// A Map is a BPF map in the kernel: one of a loaded [Object], or one that was
// opened by its bpffs path, file descriptor or id.
type Map struct {
	handle
	info    sys.MapInfo // type, sizes, max_entries and flags are set
	types   *btf.Spec   // nil if unknown
	value   btf.ID
	untyped error // why types is nil, if the map has some
	kptrs   []UserKptr
	probed  bool         // the kernel was seen to know the user kptrs
	mapping *sys.Mapping // of a section of variables that one was asked for of; see Object.mu
}

// Type gives the map type.
func (m *Map) Type() sys.MapType { return m.info.Type }

// Flags gives the map's flags (map_flags).
func (m *Map) Flags() sys.MapFlags { return m.info.MapFlags }

// KeySize gives the size of a key in bytes.
func (m *Map) KeySize() int { return int(m.info.KeySize) }

// ValueSize gives the size of a value in bytes; of a per-CPU map, that of one CPU.
func (m *Map) ValueSize() int { return int(m.info.ValueSize) }

// MaxEntries gives the number of elements that the map was created with; of a ring
// buffer, its size in bytes.
func (m *Map) MaxEntries() int { return int(m.info.MaxEntries) }

// ValueType gives the value type and the BTF it is in; nil and 0 if they are not
// known.
func (m *Map) ValueType() (*btf.Spec, btf.ID) { return m.types, m.value }

// Untyped tells why ValueType does not know the value type of an opened map that
// has one: a *PermissionError, since reading BTF back needs CAP_SYS_ADMIN. It is nil
// of any other map, also of one without BTF.
func (m *Map) Untyped() error { return m.untyped }

// UserKptrs lists the user kptrs of the value type.
func (m *Map) UserKptrs() []UserKptr { return m.kptrs }

// Probed tells whether the kernel was seen to have recognised the user kptrs of the
// value type, as Load does of the maps it makes. Of an opened map it is not known.
func (m *Map) Probed() bool { return m.probed }

// Close gives up the map's file descriptor. The map of an Object is closed with it.
func (m *Map) Close() error { return m.fd.Close() }

// LookupSize is the number of bytes that Lookup and Update exchange: the value
// size, and for a per-CPU map that size rounded up to 8, for each possible CPU
// (bpf_map_value_size, kernel/bpf/syscall.c).
func (m *Map) LookupSize() (int, error) {
	if traits(m.Type())&perCPU == 0 {
		return m.ValueSize(), nil
	}
	cpus, err := sys.PossibleCPUs()
	return (m.ValueSize() + 7) &^ 7 * cpus, err
}

// Lookup reads the value of a key into value, which has LookupSize bytes. Without
// such an element the error matches ENOENT.
func (m *Map) Lookup(key, value []byte) error {
	return m.issue(key, value, func(e sys.MapElem) sys.Attr { return (*sys.MapLookupElemAttr)(&e) })
}

// Update writes the value of a key. With BPF_NOEXIST an element that exists gives
// EEXIST, with BPF_EXIST one that does not gives ENOENT. A map with user kptrs is
// refused: package kptr updates those.
func (m *Map) Update(key, value []byte, flags sys.ElemFlags) error {
	if len(m.kptrs) > 0 {
		return m.wrap(errUserMap)
	}
	return m.issue(key, value, func(e sys.MapElem) sys.Attr {
		e.Flags = flags
		return (*sys.MapUpdateElemAttr)(&e)
	})
}

var errUserMap = errors.New("value has user kptrs: share memory through package kptr")

// Delete removes an element. Without such an element the error matches ENOENT.
func (m *Map) Delete(key []byte) error {
	return m.issue(key, nil, func(e sys.MapElem) sys.Attr {
		return &sys.MapDeleteElemAttr{MapFD: e.MapFD, Key: e.Key, KeySize: e.KeySize}
	})
}

// issue has a command run on an element. It compares the lengths with the map's sizes: the kernel reads and writes as
// many bytes as the map has, however short the slices are. A nil value is none.
func (m *Map) issue(key, value []byte, attr func(sys.MapElem) sys.Attr) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	size, err := m.LookupSize()
	switch {
	case len(key) != m.KeySize():
		err = fmt.Errorf("key of %d bytes, the map's has %d", len(key), m.KeySize())
	case err == nil && value != nil && len(value) != size:
		err = fmt.Errorf("value of %d bytes, the map's has %d", len(value), size)
	}
	if err == nil {
		e := sys.MapElem{MapFD: fd.Uint32(), Key: sys.Bytes(key), Value: sys.Bytes(value), KeySize: uint32(len(key)), ValueSize: uint32(len(value))}
		_, err = sys.BPF(attr(e))
	}
	return m.wrap(err)
}

// Pin gives the map a name in bpffs, which keeps it alive. The directory must be on
// a bpffs; an existing file gives EEXIST.
func (m *Map) Pin(path string) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	if err := sys.ObjPin(path, fd); err != nil {
		return m.wrap(fmt.Errorf("pin %s: %w", path, err))
	}
	return nil
}
