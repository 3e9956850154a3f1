package bpfobj

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"kptr/sys"
)

// A StepError says which step of a plan the kernel refused.
type StepError struct {
	Step    int    // index in Plan.Steps
	Subject string // as in the Step
	Err     error  // a *sys.Error, *PermissionError, *VerifierError, *RuleError, ...
}

func (e *StepError) Error() string {
	var rule *RuleError
	if errors.As(e.Err, &rule) {
		return e.Err.Error() // which names the map itself
	}
	return e.Subject + ": " + e.Err.Error()
}

func (e *StepError) Unwrap() error { return e.Err }

// Load parses an object, plans for the running kernel and executes the plan. Where
// the kernel does not know the type tag that the plan assumed, it is asked which
// one it honours, and the plan is made anew.
//
// A kernel without user kptrs gives a *sys.NotSupportedError.
func Load(b []byte, opts *Options) (*Object, error) {
	spec, err := Parse(b)
	if err != nil {
		return nil, err
	}
	return spec.Load(opts)
}

// Load plans for the running kernel and executes the plan, as the function [Load]
// does.
func (s *Spec) Load(opts *Options) (*Object, error) {
	k, err := Running()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	for {
		p, err := s.Plan(k, opts)
		if err != nil {
			return nil, err
		}
		obj, err := p.Load()
		if k.Tag != "" || !p.TagInDoubt(err) {
			return obj, err
		}
		if k.Tag, err = HonouredTag(); err != nil {
			return nil, err
		}
	}
}

// TagInDoubt tells whether a plan failed in a way that the kernel's not knowing the
// type tag would explain: a plain map, or a BTF that is refused, as Linux 6.12 does
// where a bpf_spin_lock stands beside a tag that it does not know
// (btf_parse_struct_metas, kernel/bpf/btf.c).
func (p *Plan) TagInDoubt(err error) bool {
	var at *StepError
	if !errors.As(err, &at) || lookup(p.maps, func(m *plannedMap) bool { return len(m.kptrs) > 0 }) == nil {
		return false
	}
	return errors.Is(err, ErrPlainMap) || p.Steps[at.Step].thing.kind == "BTF" && errors.Is(err, syscall.EINVAL)
}

// Load executes the plan. When a step fails, all that the steps before it made is
// undone, in reverse, and the error is a *StepError.
func (p *Plan) Load() (*Object, error) {
	l := loader{Plan: p, fds: make([]*sys.FD, len(p.Steps))}
	for i := range p.Steps {
		if err := l.run(i); err != nil {
			return nil, errors.Join(err, l.undo())
		}
	}
	return l.object(), nil
}

// Try executes each step that can be, undoes all, and returns an error for each
// step, nil where the kernel took it. A step whose file descriptors come from one
// that failed fails with it.
func (p *Plan) Try() []error {
	l := loader{Plan: p, fds: make([]*sys.FD, len(p.Steps))}
	errs := make([]error, len(p.Steps))
	for i := range p.Steps {
		errs[i] = l.run(i)
	}
	if err := l.undo(); err != nil {
		errs[len(errs)-1] = errors.Join(errs[len(errs)-1], err)
	}
	return errs
}

// A Result says what became of one thing that a plan loads.
type Result struct {
	Kind string // "BTF", "map" or "program"
	Name string // as in the object; empty for the BTF
	Err  error  // of the first step about it that the kernel refused; nil if it was loaded
}

// Results sums up what [Plan.Try] gave, one error for each step: a map is loaded
// when all steps about it have succeeded, those of its inner maps included. The
// order is that of the plan.
func (p *Plan) Results(errs []error) []Result {
	var results []Result
	at := make(map[thing]int)
	for i := range p.Steps {
		t := p.Steps[i].thing
		k, ok := at[t]
		if !ok {
			k = len(results)
			at[t] = k
			results = append(results, Result{Kind: t.kind, Name: t.name})
		}
		if results[k].Err == nil {
			results[k].Err = errs[i]
		}
	}
	return results
}

// A loader executes a plan.
type loader struct {
	*Plan
	fds  []*sys.FD // by step; nil where none was yielded
	pins []string  // made so far
}

// undo takes back what the steps so far have made.
func (l *loader) undo() error {
	var errs []error
	for i := len(l.pins) - 1; i >= 0; i-- {
		errs = append(errs, os.Remove(l.pins[i]))
	}
	for i := len(l.fds) - 1; i >= 0; i-- {
		errs = append(errs, l.fds[i].Close())
	}
	return errors.Join(errs...)
}

// run executes a step. The error is a *StepError, that of Plan if it has one.
func (l *loader) run(i int) error {
	step := &l.Steps[i]
	if step.Err != nil {
		return step.Err
	}
	err := l.issue(step, &l.fds[i])
	switch step.Attr.(type) {
	case *sys.ObjPinAttr:
		if err == nil {
			l.pins = append(l.pins, l.pinPath(&l.maps[step.thing.index]))
		}
	case *sys.ObjGetAttr:
		if err == nil {
			err = l.checkReused(&l.maps[step.thing.index], l.fds[i])
		}
		if err != nil {
			// Nothing may be done to somebody else's map: later steps now lack it.
			err = errors.Join(err, l.fds[i].Close())
			l.fds[i] = nil
		}
	}
	if err != nil {
		return &StepError{Step: i, Subject: step.Subject, Err: err}
	}
	return nil
}

// issue has the kernel execute a step's command, with the file descriptors of earlier steps in it.
func (l *loader) issue(step *Step, fd **sys.FD) (err error) {
	for _, u := range step.Uses {
		if l.fds[u.Step] == nil {
			return fmt.Errorf("%w: %s", ErrDepends, l.Steps[u.Step].Subject)
		}
	}
	for _, u := range step.Uses {
		u.put(l.fds[u.Step].Uint32())
	}
	if step.Yields {
		*fd, err = openWithLog(step.Subject, step.Attr)
	} else {
		_, err = sys.BPF(step.Attr)
	}
	for _, u := range step.Uses {
		u.put(0)
	}
	switch {
	case step.Expect != 0:
		return l.expect(step, err)
	case err != nil:
		return l.explain(step, err)
	}
	return nil
}

// put writes a file descriptor to where it is used.
func (u Use) put(fd uint32) {
	if u.to != nil {
		*u.to = fd
	}
	putUint(nativeOrder(), u.in, uint64(fd))
}

// expect turns the outcome of a step that is made to be refused into success, and
// anything else into the error that it stands for.
func (l *loader) expect(step *Step, err error) error {
	switch {
	case errors.Is(err, step.Expect):
		return nil
	case errors.Is(err, syscall.EOPNOTSUPP):
		// The page size is such that the pointee at 0x10 would cross a page
		// (bpf_obj_pin_uptr, kernel/bpf/bpf_local_storage.c). The field is known.
		return nil
	case err != nil && !errors.Is(err, syscall.EBADF):
		return l.explain(step, err)
	}
	m := &l.maps[step.thing.index]
	return l.ruleAt(m, &m.kptrs[step.field], err).breaks(ErrPlainMap, "the field was loaded with the type tag %q", l.tag)
}

// checkReused compares a map found under its pin with its definition.
func (l *loader) checkReused(m *plannedMap, fd *sys.FD) error {
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		return err
	}
	for _, c := range []struct {
		what      string
		have, def uint32
	}{
		{"type", uint32(info.Type), uint32(m.create.MapType)},
		{"key_size", info.KeySize, m.create.KeySize},
		{"value_size", info.ValueSize, m.create.ValueSize},
		{"max_entries", info.MaxEntries, m.create.MaxEntries},
		{"map_flags", uint32(info.MapFlags), uint32(m.create.MapFlags)},
	} {
		if c.have != c.def {
			return fmt.Errorf("%w: pinned at %s with %s %d, the object says %d: remove the pin or change the object",
				ErrMismatch, l.pinPath(m), c.what, c.have, c.def)
		}
	}
	return nil
}

// object hands the file descriptors of maps and programs over, and closes the
// others: a map or program keeps its BTF.
func (l *loader) object() *Object {
	obj := &Object{spec: l.spec}
	for i := range l.Steps {
		step := &l.Steps[i]
		h := handle{thing: step.thing, fd: l.fds[i]}
		switch {
		case !step.kept:
			h.fd.Close()
		case step.thing.kind == "program":
			obj.programs = append(obj.programs, &Program{handle: h, spec: &l.spec.Programs[step.thing.index]})
		default:
			m := &l.maps[step.thing.index]
			def := m.create
			info := sys.MapInfo{Type: def.MapType, KeySize: def.KeySize, ValueSize: def.ValueSize, MaxEntries: def.MaxEntries, MapFlags: def.MapFlags}
			obj.maps = append(obj.maps, &Map{handle: h, info: info, types: l.types, value: m.valueType, kptrs: m.kptrs, probed: !m.reused})
		}
	}
	return obj
}
