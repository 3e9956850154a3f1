package bpfobj

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	p, err := s.Plan(k, opts)
	if err != nil {
		return nil, err
	}
	obj, err := p.Load()
	if !p.TagInDoubt(err) {
		return obj, err
	}
	if k.Tag, err = HonouredTag(); err != nil {
		return nil, err
	}
	if p, err = s.Plan(k, opts); err != nil {
		return nil, err
	}
	return p.Load()
}

// TagInDoubt tells whether a plan failed in a way that the kernel's not knowing the
// type tag would explain: a plain map, or a BTF that is refused, as Linux 6.12 does
// where a bpf_spin_lock stands beside a tag that it does not know
// (btf_parse_struct_metas, kernel/bpf/btf.c).
func (p *Plan) TagInDoubt(err error) bool {
	var at *StepError
	if !errors.As(err, &at) || !p.hasUserKptrs() {
		return false
	}
	return errors.Is(err, ErrPlainMap) || p.Steps[at.Step].kind == stepBTF && errors.Is(err, syscall.EINVAL)
}

func (p *Plan) hasUserKptrs() bool {
	for i := range p.maps {
		if len(p.maps[i].kptrs) > 0 {
			return true
		}
	}
	return false
}

// Load executes the plan. When a step fails, all that the steps before it made is
// undone, in reverse, and the error is a *StepError.
func (p *Plan) Load() (*Object, error) {
	l := newLoader(p)
	for i := range p.Steps {
		if err := l.run(i); err != nil {
			return nil, errors.Join(stepError(p, i, err), l.undo())
		}
	}
	return l.object(), nil
}

// Try executes each step that can be, undoes all, and returns an error for each
// step, nil where the kernel took it. A step whose file descriptors come from one
// that failed fails with it.
func (p *Plan) Try() []error {
	l := newLoader(p)
	errs := make([]error, len(p.Steps))
	for i := range p.Steps {
		if err := l.run(i); err != nil {
			errs[i] = stepError(p, i, err)
		}
	}
	if err := l.undo(); err != nil {
		errs[len(errs)-1] = errors.Join(errs[len(errs)-1], err)
	}
	return errs
}

// stepError says which step err is about; Plan has done so for its own.
func stepError(p *Plan, i int, err error) error {
	if err == p.Steps[i].Err {
		return err
	}
	return &StepError{Step: i, Subject: p.Steps[i].Subject, Err: err}
}

// A loader executes a plan.
type loader struct {
	plan *Plan
	fds  []*sys.FD // by step; nil where none was yielded
	pins []string  // made so far
}

func newLoader(p *Plan) *loader { return &loader{plan: p, fds: make([]*sys.FD, len(p.Steps))} }

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

func (l *loader) run(i int) error {
	step := &l.plan.Steps[i]
	if step.Err != nil {
		return step.Err
	}
	attr, err := l.bind(step)
	if err != nil {
		return err
	}
	if step.kind == stepProgram || step.kind == stepBTF {
		l.fds[i], err = loadWithLog(step.Subject, attr)
	} else if step.Yields {
		l.fds[i], err = sys.OpenFD(attr)
	} else {
		_, err = sys.BPF(attr)
	}
	if step.Expect != 0 {
		return l.expect(step, err)
	}
	if err != nil {
		return l.explain(step, err)
	}
	switch step.kind {
	case stepPin:
		l.pins = append(l.pins, l.plan.pinPath(&l.plan.spec.Maps[step.index]))
	case stepReuse:
		if err := l.checkReused(i, step); err != nil {
			// Nothing may be done to somebody else's map: later steps now lack it.
			err = errors.Join(err, l.fds[i].Close())
			l.fds[i] = nil
			return err
		}
	}
	return nil
}

// expect turns the outcome of a step that is made to be refused into success, and
// anything else into the error that it stands for.
func (l *loader) expect(step *Step, err error) error {
	if errors.Is(err, step.Expect) {
		return nil
	}
	// EOPNOTSUPP: the page size is such that the pointee at 0x10 would cross a page
	// (bpf_obj_pin_uptr, kernel/bpf/bpf_local_storage.c). The field is known.
	if errors.Is(err, syscall.EOPNOTSUPP) {
		return nil
	}
	if !errors.Is(err, syscall.EBADF) && err != nil {
		return l.explain(step, err)
	}
	pm := &l.plan.maps[step.index]
	u := &pm.kptrs[step.field]
	return &RuleError{
		Map: l.plan.spec.Maps[step.index].Name, Struct: l.plan.types.Type(pm.value).Name, Field: u.Path, Offset: u.Offset,
		Rule: ErrPlainMap, Detail: fmt.Sprintf("the field was loaded with the type tag %q", l.plan.tag), Err: err,
	}
}

// bind gives the step's attributes with file descriptors in them. The plan's own
// stay as they are.
func (l *loader) bind(step *Step) (sys.Attr, error) {
	for _, u := range step.Uses {
		if l.fds[u.Step] == nil {
			return nil, fmt.Errorf("%w: %s", ErrDepends, l.plan.Steps[u.Step].Subject)
		}
	}
	switch a := step.Attr.(type) {
	case *sys.MapCreateAttr:
		c := *a
		c.BTFFD, c.InnerMapFD = l.fd(step, "btf_fd"), l.fd(step, "inner_map_fd")
		return &c, nil
	case *sys.MapUpdateElemAttr:
		c := *a
		c.MapFD = l.fd(step, "map_fd")
		if step.kind == stepSlot || step.kind == stepOps {
			c.Value = sys.Bytes(l.valueWithFDs(step))
		}
		return &c, nil
	case *sys.MapFreezeAttr:
		return &sys.MapFreezeAttr{MapFD: l.fd(step, "map_fd")}, nil
	case *sys.ObjPinAttr:
		c := *a
		c.BPFFD = l.fd(step, "bpf_fd")
		return &c, nil
	case *sys.ProgLoadAttr:
		c := *a
		c.ProgBTFFD, c.FDArray = l.fd(step, "prog_btf_fd"), l.fdArray(step)
		return &c, nil
	}
	return step.Attr, nil
}

// fd gives the file descriptor that a step's field uses, 0 if it uses none.
func (l *loader) fd(step *Step, field string) uint32 {
	for _, u := range step.Uses {
		if u.Field == field {
			return l.fds[u.Step].Uint32()
		}
	}
	return 0
}

// valueWithFDs gives a copy of a step's value with the file descriptors in it: ints of a map of maps, and u64s of struct_ops.
func (l *loader) valueWithFDs(step *Step) []byte {
	value, order := bytes.Clone(step.value), l.plan.spec.ByteOrder
	for _, u := range step.Uses {
		switch {
		case u.Field == "map_fd":
		case step.kind == stepSlot:
			order.PutUint32(value, l.fds[u.Step].Uint32())
		default:
			order.PutUint64(value[u.offset:], uint64(l.fds[u.Step].Uint32()))
		}
	}
	return value
}

func (l *loader) fdArray(step *Step) sys.Ptr {
	var fds []int32
	for _, u := range step.Uses {
		if strings.HasPrefix(u.Field, "fd_array[") {
			fds = append(fds, int32(l.fds[u.Step].Int()))
		}
	}
	return sys.Int32s(fds)
}

// checkReused compares a map found under its pin with its definition.
func (l *loader) checkReused(i int, step *Step) error {
	m := &l.plan.spec.Maps[step.index]
	var info sys.MapInfo
	if err := sys.ObjInfo(l.fds[i], &info); err != nil {
		return err
	}
	for _, c := range []struct {
		what      string
		have, def uint64
	}{
		{"type", uint64(info.Type), uint64(m.Type)},
		{"key_size", uint64(info.KeySize), uint64(m.KeySize)},
		{"value_size", uint64(info.ValueSize), uint64(m.ValueSize)},
		{"max_entries", uint64(info.MaxEntries), uint64(l.plan.maps[step.index].maxEntries)},
		{"map_flags", uint64(info.MapFlags), uint64(m.Flags)},
	} {
		if c.have != c.def {
			return fmt.Errorf("%w: pinned at %s with %s %s, the object says %s: remove the pin or change the object",
				ErrMismatch, l.plan.pinPath(m), c.what, strconv.FormatUint(c.have, 10), strconv.FormatUint(c.def, 10))
		}
	}
	return nil
}

// object hands the file descriptors of maps and programs over, and closes the
// others: a map or program keeps its BTF.
func (l *loader) object() *Object {
	p := l.plan
	obj := &Object{spec: p.spec, maps: make([]Map, len(p.maps)), programs: make([]Program, 0, len(p.spec.Programs))}
	for i := range p.Steps {
		step := &p.Steps[i]
		switch step.kind {
		case stepMap, stepReuse:
			m, pm := &p.spec.Maps[step.index], &p.maps[step.index]
			obj.maps[step.index] = Map{
				name: m.Name, fd: l.fds[i], typ: m.Type, flags: m.Flags, keySize: m.KeySize, valueSize: m.ValueSize, maxEntries: pm.maxEntries,
				types: p.types, value: pm.value, kptrs: pm.kptrs, probed: step.kind == stepMap,
			}
		case stepProgram:
			obj.programs = append(obj.programs, Program{spec: &p.spec.Programs[step.index], fd: l.fds[i]})
		default:
			l.fds[i].Close()
		}
	}
	return obj
}
