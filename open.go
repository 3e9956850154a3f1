package kptr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/sys"
)

// A Map is a task-storage map whose values have the layout of V, with the memory that this process shares through it. Its
// methods may be called by several goroutines at once.
type Map[V any] struct {
	name      string
	backend   backend
	fields    []field
	bundles   []bundle
	arena     *arena
	unchecked error

	mu      sync.RWMutex // held for writing by Close alone
	closed  bool
	shares  registry[V]
	regions regions
	threads atomic.Pointer[func() error] // Close of the Threads; a program without one does not link it
}

// An Option changes how Open sets a Map up.
type Option uint8

// Dense packs the blocks of several tasks into one cache line, which saves memory where blocks are small and seldom written.
// Without it no cache line holds blocks of two tasks.
const Dense Option = 1

// Open takes a map of a loaded object, or one that was opened by bpfobj.OpenPinned, OpenFD or OpenID, whoever made it. The map
// may be closed afterwards, and the object that it is of.
//
// V is a Go struct that mirrors the C value type. Each user kptr of it is a pointer with the struct tag `btf:"kptr_user"`
// (see [btf.Spec.CompareGo] for all rules); what only BPF can use, such as a bpf_spin_lock or a __kptr, is an unsigned
// integer, which an update leaves zero. A layout that differs from the map's BTF gives a [*btf.LayoutError] with every
// difference, a map that cannot hold user kptrs a [*MapError]. Where the BTF may not be read, see [Map.Unchecked].
func Open[V any](m *bpfobj.Map, opts ...Option) (*Map[V], error) {
	own, err := m.FD()
	if err != nil {
		return nil, err
	}
	if m.Type() != sys.BPF_MAP_TYPE_TASK_STORAGE {
		return nil, &MapError{Map: m.Name(), Rule: ErrMapType, Detail: fmt.Sprintf("it is a %v", m.Type())}
	}
	types, id := m.ValueType()
	fields, err := check(m.Name(), types, id, m.ValueSize(), reflect.TypeFor[V]())
	if err != nil {
		return nil, err
	}
	fd, err := own.Dup()
	if err != nil {
		return nil, err
	}
	unchecked, err := ask(m, fd, fields, reflect.TypeFor[V]())
	if err != nil {
		fd.Close()
		return nil, err
	}
	opened := newMap[V](m.Name(), holder{fd}, fields, opts)
	opened.unchecked = unchecked
	return opened, nil
}

func newMap[V any](name string, b backend, fields []field, opts []Option) *Map[V] {
	unit := cacheLine()
	if slices.Contains(opts, Dense) {
		unit = blockAlign
	}
	page := os.Getpagesize()
	m := &Map[V]{name: name, backend: b, fields: fields}
	m.shares.byTid = make(map[int]*Shared[V])
	m.bundles = bundles(fields, uintptr(page), unit)
	m.arena = newArena(b, page, m.bundles)
	return m
}

// check compares a map's values, of size bytes and of a type that is not known if types is nil, with their Go type.
func check(name string, types *btf.Spec, value btf.ID, size int, t reflect.Type) (fields []field, err error) {
	refuse := func(path string, rule error, detail string) error {
		return &MapError{Map: name, Field: path, Rule: rule, Detail: detail}
	}
	if types != nil {
		err = types.CompareGo(value, t)
	} else {
		_, err = btf.New(binary.LittleEndian).AddGo(t, bpfobj.TagUptr)
	}
	if err != nil {
		return nil, fmt.Errorf("map %q: %w", name, err)
	}
	if uintptr(size) != t.Size() {
		return nil, refuse("", ErrMapSize, fmt.Sprintf("the value has %d bytes, Go type %v has %d", size, t, t.Size()))
	}
	if fields, err = userKptrs(t); err != nil {
		return nil, fmt.Errorf("map %q: %w", name, err)
	}
	switch {
	case len(fields) == 0:
		return nil, refuse("", ErrNoKptr, fmt.Sprintf("Go type %v has none: there is nothing to share", t))
	case len(fields) > maxKptrs:
		return nil, refuse("", ErrPointee, fmt.Sprintf("Go type %v has more than %d user kptrs (BTF_FIELDS_MAX)", t, maxKptrs))
	}
	for _, f := range fields {
		if f.size == 0 || f.size > uintptr(os.Getpagesize()) {
			return nil, refuse(f.path, ErrPointee, fmt.Sprintf("it has %d bytes, want 1 to %d, a page", f.size, os.Getpagesize()))
		}
	}
	return fields, nil
}

// Unchecked tells what Open could not check, in a [*MapError] that matches [ErrUnchecked]; nil if all of V was compared with
// the map's BTF, and the kernel was seen to know its user kptrs. Without CAP_SYS_ADMIN the BTF may not be read: then the map's
// type, the value's size and, by asking the kernel, which fields are user kptrs and the sizes of their pointees are checked,
// and a slip in the names, order or signedness of fields goes unnoticed. Through a file descriptor that is read-only the
// kernel cannot be asked either.
func (m *Map[V]) Unchecked() error { return m.unchecked }

// Name gives the map's name.
func (m *Map[V]) Name() string { return m.name }

// Close closes every share of the map, as [Shared.Close] does, and unmaps the arena: blocks must not be touched any more. A
// second Close does nothing and gives nil.
func (m *Map[V]) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.mu.Unlock()
	var errs []error
	if all := m.threads.Load(); all != nil {
		errs = append(errs, (*all)())
	}
	for _, s := range m.shares.all() {
		errs = append(errs, s.Close())
	}
	errs = append(errs, m.arena.close(), m.backend.close())
	return errors.Join(errs...)
}

// enter keeps Close out until leave; it refuses a map that is closed.
func (m *Map[V]) enter() error {
	m.mu.RLock()
	if m.closed {
		m.mu.RUnlock()
		return fmt.Errorf("map %q: %w", m.name, ErrClosed)
	}
	return nil
}

func (m *Map[V]) leave() { m.mu.RUnlock() }
