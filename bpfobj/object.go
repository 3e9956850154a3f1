package bpfobj

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"syscall"

	"kptr/sys"
)

// A handle is a map or program of the kernel, or why there is none.
type handle struct {
	thing thing // index is that of an Object's map or program
	fd    *sys.FD
	err   error // of the lookup by name that found none
}

// Name gives the name: as in the object or, of an opened map, as the kernel has it, which is cut to 15 bytes (BPF_OBJ_NAME_LEN).
func (h *handle) Name() string { return h.thing.name }

// FD gives the file descriptor, which stays the map's or program's. The error is that of
// the lookup by name that found none, or ErrClosed.
func (h *handle) FD() (*sys.FD, error) {
	if h.err != nil {
		return nil, h.err
	}
	if h.fd.Int() < 0 {
		return nil, h.wrap(ErrClosed)
	}
	return h.fd, nil
}

// wrap says what an error is about.
func (h *handle) wrap(err error) error {
	if err == nil {
		return err
	}
	return fmt.Errorf("%v: %w", h.thing, err)
}

// An Object is a BPF object in the kernel. Its methods may be called by several
// goroutines, but not during Close.
type Object struct {
	spec     *Spec
	maps     []*Map
	programs []*Program

	mu     sync.Mutex // of what follows, and of the maps' mappings
	links  []*Link    // made by Attach
	closed bool
}

// Close detaches the programs that Attach attached, and gives up the object's
// maps, programs and variables. The kernel frees them when nobody else holds them;
// what is pinned in bpffs stays. Variables must not be used any more.
func (o *Object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	err := o.detach(0)
	for _, p := range o.programs {
		err = errors.Join(err, p.fd.Close())
	}
	for _, m := range o.maps {
		err = errors.Join(err, m.fd.Close(), m.mapping.Close())
	}
	return err
}

// detach closes the links but for the first so many.
func (o *Object) detach(keep int) (err error) {
	for i := len(o.links) - 1; i >= keep; i-- {
		err = errors.Join(err, o.links[i].Close())
	}
	o.links = o.links[:keep]
	return err
}

// Map gives a map by name; sections of variables have theirs, such as ".bss". If
// there is none, each method of the result that can fail says so.
func (o *Object) Map(name string) *Map {
	if i := slices.IndexFunc(o.maps, func(m *Map) bool { return m.thing.name == name }); i >= 0 {
		return o.maps[i]
	}
	return &Map{handle: handle{thing: thing{name: name}, err: &NotFoundError{Kind: "map", Name: name, Have: namesOf(o.maps, (*Map).Name)}}}
}

// Maps lists the loaded maps, in the order of the object file.
func (o *Object) Maps() []*Map { return slices.Clone(o.maps) }

// Program gives a loaded program by name. If there is none, each method of the
// result that can fail says so.
func (o *Object) Program(name string) *Program {
	if i := slices.IndexFunc(o.programs, func(p *Program) bool { return p.thing.name == name }); i >= 0 {
		return o.programs[i]
	}
	return &Program{handle: handle{thing: thing{name: name}, err: &NotFoundError{Kind: "program", Name: name, Have: namesOf(o.programs, (*Program).Name)}}}
}

// Programs lists the loaded programs, in the order of the object file.
func (o *Object) Programs() []*Program { return slices.Clone(o.programs) }

// Attach attaches every loaded program that attaches, then the struct_ops maps; programs that run on demand (syscall) are
// left out. On an error none stays attached.
func (o *Object) Attach() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	var attach []func() (*Link, error)
	for _, p := range o.programs {
		if p.spec.attaches() {
			attach = append(attach, p.Attach)
		}
	}
	for _, m := range o.maps {
		if m.Type() == sys.BPF_MAP_TYPE_STRUCT_OPS {
			attach = append(attach, m.Attach)
		}
	}
	before := len(o.links)
	for _, f := range attach {
		link, err := f()
		if err != nil {
			return errors.Join(err, o.detach(before))
		}
		o.links = append(o.links, link)
	}
	return nil
}

// section maps the value of a section of variables, once.
func (o *Object) section(m *MapSpec) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, ErrClosed
	}
	if !m.data {
		return nil, fmt.Errorf("%w: a member of a struct_ops is set before loading", ErrNotFound)
	}
	loaded := o.Map(m.Name)
	if loaded.mapping == nil {
		prot := syscall.PROT_READ
		if !m.readOnly() {
			prot |= syscall.PROT_WRITE
		}
		mapping, err := sys.Mmap(loaded.fd, 0, int(m.ValueSize), prot, syscall.MAP_SHARED)
		if err != nil {
			return nil, err
		}
		loaded.mapping = mapping
	}
	return loaded.mapping.Bytes(), nil
}
