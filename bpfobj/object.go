package bpfobj

import (
	"errors"
	"fmt"
	"sync"
	"syscall"

	"kptr/sys"
)

// An Object is a BPF object in the kernel. Its methods may be called by several
// goroutines, but not during Close.
type Object struct {
	spec     *Spec
	maps     []Map
	programs []Program

	mu       sync.Mutex
	mappings map[string]*sys.Mapping // of sections of variables, by map name
	links    []*Link                 // made by Attach
	closed   bool
}

// Close detaches the programs that Attach attached, and gives up the object's
// maps, programs and variables. The kernel frees them when nobody else holds them;
// what is pinned in bpffs stays. Variables must not be used any more.
func (o *Object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	var errs []error
	for i := len(o.links) - 1; i >= 0; i-- {
		errs = append(errs, o.links[i].Close())
	}
	o.links = nil
	for i := range o.programs {
		errs = append(errs, o.programs[i].fd.Close())
	}
	for i := range o.maps {
		errs = append(errs, o.maps[i].fd.Close())
	}
	for _, m := range o.mappings {
		errs = append(errs, m.Close())
	}
	o.mappings = nil
	return errors.Join(errs...)
}

// Map gives a map by name; sections of variables have theirs, such as ".bss". If
// there is none, each method of the result that can fail says so.
func (o *Object) Map(name string) *Map {
	var have []string
	for _, m := range o.Maps() {
		if m.name == name {
			return m
		}
		have = append(have, m.name)
	}
	return &Map{name: name, err: &NotFoundError{Kind: "map", Name: name, Have: have}}
}

// Maps lists the loaded maps, in the order of the object file.
func (o *Object) Maps() []*Map {
	maps := make([]*Map, 0, len(o.maps))
	for i := range o.maps {
		if o.maps[i].fd != nil {
			maps = append(maps, &o.maps[i])
		}
	}
	return maps
}

// Program gives a loaded program by name. If there is none, each method of the
// result that can fail says so.
func (o *Object) Program(name string) *Program {
	have := make([]string, len(o.programs))
	for i := range o.programs {
		if o.programs[i].spec.Name == name {
			return &o.programs[i]
		}
		have[i] = o.programs[i].spec.Name
	}
	return &Program{spec: &ProgramSpec{Name: name}, err: &NotFoundError{Kind: "program", Name: name, Have: have}}
}

// Programs lists the loaded programs, in the order of the object file.
func (o *Object) Programs() []*Program {
	programs := make([]*Program, len(o.programs))
	for i := range o.programs {
		programs[i] = &o.programs[i]
	}
	return programs
}

// Attach attaches every loaded program that attaches, then the struct_ops maps; programs that run on demand (syscall) are
// left out. On an error none stays attached.
func (o *Object) Attach() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	made := len(o.links)
	var err error
	keep := func(link *Link, e error) {
		if err = e; err == nil {
			o.links = append(o.links, link)
		}
	}
	for i := 0; i < len(o.programs) && err == nil; i++ {
		if o.programs[i].spec.rule.attachable {
			keep(o.programs[i].Attach())
		}
	}
	for i := 0; i < len(o.maps) && err == nil; i++ {
		if m := &o.maps[i]; m.typ == sys.BPF_MAP_TYPE_STRUCT_OPS && m.fd != nil {
			keep(m.Attach())
		}
	}
	if err == nil {
		return nil
	}
	errs := []error{err}
	for _, l := range o.links[made:] {
		errs = append(errs, l.Close())
	}
	o.links = o.links[:made]
	return errors.Join(errs...)
}

// Variable gives a global variable by name, mapped into this process. If there is
// none, or it cannot be mapped, each method of the result that can fail says so.
func (o *Object) Variable(name string) *Variable {
	for i := range o.spec.Maps {
		m := &o.spec.Maps[i]
		v, ok := findVariable(o.spec.types, m, name)
		if !ok || !m.isData() {
			continue
		}
		section, err := o.section(i)
		if err != nil {
			return &Variable{name: name, err: fmt.Errorf("variable %q: section %q: %w", name, m.Name, err)}
		}
		v.bytes, v.readOnly = section[v.offset:v.offset+v.size], m.readOnly()
		return v
	}
	return &Variable{name: name, err: &NotFoundError{Kind: "variable", Name: name, Have: o.spec.variableNames()}}
}

// section maps the value of a section of variables, once.
func (o *Object) section(i int) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, ErrClosed
	}
	m := &o.spec.Maps[i]
	if mapping := o.mappings[m.Name]; mapping != nil {
		return mapping.Bytes(), nil
	}
	prot := syscall.PROT_READ | syscall.PROT_WRITE
	if m.readOnly() {
		prot = syscall.PROT_READ
	}
	mapping, err := sys.Mmap(o.maps[i].fd, 0, int(m.ValueSize), prot, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	if o.mappings == nil {
		o.mappings = make(map[string]*sys.Mapping, 1)
	}
	o.mappings[m.Name] = mapping
	return mapping.Bytes(), nil
}
