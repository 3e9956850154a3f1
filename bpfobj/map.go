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
	name       string
	fd         *sys.FD
	typ        sys.MapType
	flags      sys.MapFlags
	keySize    uint32
	valueSize  uint32
	maxEntries uint32
	types      *btf.Spec // nil if unknown
	value      btf.ID
	untyped    error // why types is nil, if the map has some
	kptrs      []UserKptr
	probed     bool  // the kernel was seen to know the user kptrs
	err        error // why there is no such map
}

// Name gives the map's name: as in the object or, for an opened map, as the kernel
// has it, which is cut to 15 bytes (BPF_OBJ_NAME_LEN).
func (m *Map) Name() string { return m.name }

// FD gives the map's file descriptor, which stays the map's. The error is that of
// the lookup by name that found none, or ErrClosed.
func (m *Map) FD() (*sys.FD, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.fd.Int() < 0 {
		return nil, fmt.Errorf("map %q: %w", m.name, ErrClosed)
	}
	return m.fd, nil
}

// Type gives the map type.
func (m *Map) Type() sys.MapType { return m.typ }

// Flags gives the map's flags (map_flags).
func (m *Map) Flags() sys.MapFlags { return m.flags }

// KeySize gives the size of a key in bytes.
func (m *Map) KeySize() int { return int(m.keySize) }

// ValueSize gives the size of a value in bytes; of a per-CPU map, that of one CPU.
func (m *Map) ValueSize() int { return int(m.valueSize) }

// MaxEntries gives the number of elements that the map was created with; of a ring
// buffer, its size in bytes.
func (m *Map) MaxEntries() int { return int(m.maxEntries) }

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
	if !isPerCPU(m.typ) {
		return int(m.valueSize), nil
	}
	cpus, err := sys.PossibleCPUs()
	return (int(m.valueSize) + 7) &^ 7 * cpus, err
}

// Lookup reads the value of a key into value, which has LookupSize bytes. Without
// such an element the error matches ENOENT.
func (m *Map) Lookup(key, value []byte) error {
	fd, err := m.check(key, value)
	if err != nil {
		return err
	}
	_, err = sys.BPF(&sys.MapLookupElemAttr{MapFD: fd, Key: sys.Bytes(key), Value: sys.Bytes(value), KeySize: uint32(len(key)), ValueSize: uint32(len(value))})
	return m.wrap(err)
}

// Update writes the value of a key. With BPF_NOEXIST an element that exists gives
// EEXIST, with BPF_EXIST one that does not gives ENOENT. A map with user kptrs is
// refused: package kptr updates those.
func (m *Map) Update(key, value []byte, flags sys.ElemFlags) error {
	if len(m.kptrs) > 0 {
		return fmt.Errorf("map %q: %w", m.name, errUserMap)
	}
	fd, err := m.check(key, value)
	if err != nil {
		return err
	}
	_, err = sys.BPF(&sys.MapUpdateElemAttr{MapFD: fd, Key: sys.Bytes(key), Value: sys.Bytes(value), Flags: flags, KeySize: uint32(len(key)), ValueSize: uint32(len(value))})
	return m.wrap(err)
}

var errUserMap = errors.New("value has user kptrs: share memory through package kptr")

// Delete removes an element. Without such an element the error matches ENOENT.
func (m *Map) Delete(key []byte) error {
	fd, err := m.check(key, nil)
	if err != nil {
		return err
	}
	_, err = sys.BPF(&sys.MapDeleteElemAttr{MapFD: fd, Key: sys.Bytes(key), KeySize: uint32(len(key))})
	return m.wrap(err)
}

// check compares the lengths with the map's sizes: the kernel reads and writes as
// many bytes as the map has, however short the slices are. A nil value is none.
func (m *Map) check(key, value []byte) (fd uint32, err error) {
	f, err := m.FD()
	if err != nil {
		return 0, err
	}
	if len(key) != int(m.keySize) {
		return 0, fmt.Errorf("map %q: key of %d bytes, the map's has %d", m.name, len(key), m.keySize)
	}
	if value == nil {
		return f.Uint32(), nil
	}
	size, err := m.LookupSize()
	if err == nil && len(value) != size {
		err = fmt.Errorf("map %q: value of %d bytes, the map's has %d", m.name, len(value), size)
	}
	return f.Uint32(), err
}

func (m *Map) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("map %q: %w", m.name, err)
}

// Pin gives the map a name in bpffs, which keeps it alive. The directory must be on
// a bpffs; an existing file gives EEXIST.
func (m *Map) Pin(path string) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	if err := sys.ObjPin(path, fd); err != nil {
		return fmt.Errorf("map %q: pin %s: %w", m.name, path, err)
	}
	return nil
}
