package bpfobj

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// Options change what a plan does; nil means none of it.
type Options struct {
	// ValueTypes gives, by map name, the Go struct that mirrors the map's value
	// type. It is compared with the object's BTF; where that is of no use for a user
	// kptr (no type tag, as clang 14 compiles it, or a pointee that is only declared)
	// the value type's BTF is built from the Go type.
	ValueTypes map[string]reflect.Type

	// Programs names programs, and struct_ops variables, to load although their section name starts with '?'.
	Programs []string
	// AllPrograms loads all of those.
	AllPrograms bool

	// DropOps names members of struct_ops structs that the kernel may lack although the object has a program for them: then
	// the program is not loaded.
	DropOps []string

	// PinDir is the bpffs directory for maps with LIBBPF_PIN_BY_NAME; empty means
	// /sys/fs/bpf.
	PinDir string

	// KeepGoing has Plan make a plan even where it knows that a step will not do:
	// the step then has its Err set. [Plan.Try] reports each; [Plan.Load] stops there.
	KeepGoing bool
}

// A Plan is the list of bpf(2) commands that load an object, for one kernel.
// Nothing in it has run. It can be executed any number of times.
type Plan struct {
	Steps []Step

	spec   *Spec
	types  *btf.Spec // as given to BPF_BTF_LOAD
	tag    string
	maps   []plannedMap
	pinDir string
}

// A plannedMap is what Load and Map need to know of a map.
type plannedMap struct {
	step       int // that creates or opens it; -1: none
	value      btf.ID
	kptrs      []UserKptr
	maxEntries uint32 // as adapted to the machine
	ops        *structOpsFit
}

// A Step is one bpf(2) command.
type Step struct {
	Subject string   // what it is about: `map "datamap"`
	Attr    sys.Attr // file descriptors of earlier steps are 0: see Uses
	Uses    []Use
	Yields  bool // a file descriptor

	// Expect is the refusal that the step is made for, 0 if it is to succeed. EFAULT:
	// the update hands the kernel the address 0x10 in a user kptr, under the key -1,
	// which is no pidfd. A map that knows the field looks at the address first, and
	// says EFAULT; a plain map says EBADF (bpf_task_storage..., kernel/bpf/
	// bpf_local_storage.c), and nothing has been stored in either case.
	Expect syscall.Errno

	Err error // known before it runs; only with Options.KeepGoing

	kind  stepKind
	index int    // of the map or program in the Spec
	field int    // of the user kptr, for stepRecognise
	value []byte // behind Attr, where Uses go into it
}

// A Use puts the file descriptor that a step yields into a field of a later one.
type Use struct {
	Field string // C name in union bpf_attr; "fd_array[0]", "value" and "value[8]" (at byte 8) mean memory that it points to
	Step  int    // index in Plan.Steps

	offset int // in the memory, in bytes
}

type stepKind uint8

const (
	stepBTF stepKind = iota
	stepInnerMap
	stepMap
	stepRecognise
	stepContents
	stepFreeze
	stepSlot
	stepOps
	stepReuse
	stepPin
	stepProgram
)

// Plan lists the steps that load the object on a kernel. The same Spec, facts and
// options give the same plan; the one thing outside of them that is looked at is
// whether a map to be pinned by name is there already.
//
// The error, wrapped in a *StepError where it is about a map or program, is a *RuleError where a user kptr breaks a rule, a *btf.LayoutError
// where a Go type does not match, a *NotFoundError where the kernel lacks what a
// program asks for, and matches [ErrByteOrder] for an object of the other one.
func (s *Spec) Plan(k *Kernel, opts *Options) (*Plan, error) {
	if opts == nil {
		opts = &Options{}
	}
	if s.ByteOrder != k.ByteOrder {
		return nil, fmt.Errorf("%w: the object is %v, the kernel %v: compile with -target bpf on the host, or choose bpfel or bpfeb", ErrByteOrder, s.ByteOrder, k.ByteOrder)
	}
	p := planner{Plan: &Plan{spec: s, tag: k.tag(), pinDir: opts.PinDir}, kernel: k, opts: opts}
	if p.pinDir == "" {
		p.pinDir = "/sys/fs/bpf"
	}
	if err := p.plan(); err != nil {
		return nil, err
	}
	return p.Plan, nil
}

// A planner makes a plan.
type planner struct {
	*Plan
	kernel *Kernel
	opts   *Options
	btf    int                 // step that loads the BTF
	ops    map[int]attachPoint // by struct_ops program
}

func (p *planner) plan() error {
	s := p.spec
	for _, name := range p.opts.Programs {
		if m := s.Map(name); s.Program(name) == nil && (m == nil || !m.Optional) {
			return &NotFoundError{Kind: "program", Name: name, Have: s.programNames()}
		}
	}
	missing := ""
	for name := range p.opts.ValueTypes {
		if s.Map(name) == nil && (missing == "" || name < missing) { // the same one each time
			missing = name
		}
	}
	if missing != "" {
		return &NotFoundError{Kind: "map", Name: missing, Have: s.mapNames()}
	}
	p.maps = make([]plannedMap, len(s.Maps))
	p.Steps = make([]Step, 0, 2+3*len(s.Maps)+len(s.Programs))
	if s.types != nil {
		p.types = s.types.Clone()
		for _, tag := range []string{TagUptr, TagKptrUser} {
			p.types.Retag(tag, p.tag)
		}
		internExterns(p.types)
		s.hideFunctions(p.types)
		p.add(Step{Subject: "BTF", Attr: &sys.BTFLoadAttr{}, Yields: true, kind: stepBTF})
	}
	for i := range s.Maps {
		if err := p.planMap(i); err != nil {
			return err
		}
	}
	for i := range s.Maps {
		p.planSlots(i)
	}
	if s.types != nil {
		b, err := p.types.Encode() // after planMap, which may add types
		if err != nil {
			return err
		}
		p.Steps[p.btf].Attr = &sys.BTFLoadAttr{BTF: sys.Bytes(b), BTFSize: uint32(len(b))}
	}
	programs, err := p.planPrograms()
	if err == nil {
		p.planOps(programs)
	}
	return err
}

func (p *planner) add(step Step) int {
	p.Steps = append(p.Steps, step)
	return len(p.Steps) - 1
}

// fail ends planning with err, or with KeepGoing notes it at a step that will
// then fail with it.
func (p *planner) fail(step Step, err error) error {
	err = &StepError{Step: len(p.Steps), Subject: step.Subject, Err: err}
	if !p.opts.KeepGoing {
		return err
	}
	step.Err = err
	p.add(step)
	return nil
}

func mapSubject(name string) string     { return fmt.Sprintf("map %q", name) }
func programSubject(name string) string { return fmt.Sprintf("program %q", name) }

func (s *Spec) mapNames() []string {
	names := make([]string, len(s.Maps))
	for i := range s.Maps {
		names[i] = s.Maps[i].Name
	}
	return names
}

func (s *Spec) programNames() []string {
	names := make([]string, len(s.Programs))
	for i := range s.Programs {
		names[i] = s.Programs[i].Name
	}
	return names
}

// wants tells whether the plan loads a program.
func (p *planner) wants(i int) bool {
	prog := &p.spec.Programs[i]
	if prog.rule.target == targetStructOps {
		_, ok := p.ops[i] // a map that is loaded has it
		return ok
	}
	return !prog.Optional || p.opts.AllPrograms || slices.Contains(p.opts.Programs, prog.Name)
}

// Tag gives the type tag that the plan's BTF has on user kptrs.
func (p *Plan) Tag() string { return p.tag }

// userTypes finds the user kptrs of a map's value type, building the type from
// Go where the object's own is of no use.
func (p *planner) userTypes(m *MapSpec) (btf.ID, []UserKptr, error) {
	w, err := walkValue(p.types, m.Value, p.kernel.PageSize)
	kptrs := w.found
	if err == nil && m.Type == sys.BPF_MAP_TYPE_TASK_STORAGE {
		err = w.unknown
	}
	goType := p.opts.ValueTypes[m.Name]
	if goType == nil {
		return m.Value, kptrs, nameMap(err, m.Name)
	}
	if err != nil && !errors.Is(err, ErrPointeeDeclared) {
		return 0, nil, nameMap(err, m.Name)
	}
	cmp := p.types.CompareGo(m.Value, goType)
	if cmp == nil {
		return m.Value, kptrs, nil
	}
	var layout *btf.LayoutError
	if !errors.As(cmp, &layout) || !untagged(layout) {
		return 0, nil, cmp
	}
	value, err := p.types.AddGo(goType, p.tag)
	if err != nil {
		return 0, nil, err
	}
	kptrs, err = UserKptrs(p.types, value, p.kernel.PageSize)
	return value, kptrs, nameMap(err, m.Name)
}

// nameMap puts the map's name into a rule error.
func nameMap(err error, name string) error {
	var rule *RuleError
	if errors.As(err, &rule) {
		rule.Map = name
	}
	return err
}

// untagged tells whether the types differ in nothing but what the C compiler left
// out: the type tag, or the definition of the pointee.
func untagged(e *btf.LayoutError) bool {
	return !slices.ContainsFunc(e.Differences, func(d btf.Difference) bool {
		return d.Kind != btf.DiffTag && d.Kind != btf.DiffForward
	})
}
