package bpfobj

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
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
// Nothing in it has run. It can be executed any number of times, one after the other.
type Plan struct {
	Steps []Step

	spec   *Spec
	types  *btf.Spec // as given to BPF_BTF_LOAD
	tag    string
	maps   []plannedMap
	pinDir string
}

// A plannedMap is a map with what Plan has found out about it.
type plannedMap struct {
	*MapSpec
	thing     thing
	step      int    // that creates or opens it; -1: none
	reused    bool   // it is opened, where it was pinned
	valueType btf.ID // in Plan.types
	kptrs     []UserKptr
	create    *sys.MapCreateAttr // as adapted to the machine
	ops       *structOpsFit
}

// A plannedProgram is the same of a program.
type plannedProgram struct {
	*ProgramSpec
	thing thing
	step  int         // that loads it
	at    attachPoint // of struct_ops: zero until a map has it as an operation
	lost  string      // of struct_ops: a map that has it and does not fit the kernel; with Options.KeepGoing
}

// A Step is one bpf(2) command.
type Step struct {
	Subject string   // what it is about: `map "datamap"`
	Attr    sys.Attr // file descriptors of earlier steps are 0 but while the command runs: see Uses
	Uses    []Use
	Yields  bool // a file descriptor

	// Expect is the refusal that the step is made for, 0 if it is to succeed. EFAULT:
	// the update hands the kernel the address 0x10 in a user kptr, under the key -1,
	// which is no pidfd. A map that knows the field looks at the address first, and
	// says EFAULT; a plain map says EBADF (bpf_task_storage..., kernel/bpf/
	// bpf_local_storage.c), and nothing has been stored in either case.
	Expect syscall.Errno

	Err error // known before it runs; only with Options.KeepGoing

	thing thing
	field int  // of the user kptr, where Expect is set
	kept  bool // by the object: the file descriptor of a map or program
}

// A Use puts the file descriptor that a step yields into a field of a later one.
type Use struct {
	Field string // C name in union bpf_attr; "fd_array[0]", "value" and "value[8]" (at byte 8) mean memory that it points to
	Step  int    // index in Plan.Steps

	to *uint32 // the field of Attr
	in []byte  // or the memory: 4 or 8 bytes
}

// A thing is what a plan loads.
type thing struct {
	kind  string // "BTF", "map" or "program"
	name  string // as in the object; empty for the BTF
	index int    // of the map or program in the Spec
}

func (t thing) String() string {
	if t.kind == "BTF" {
		return t.kind
	}
	return t.kind + " " + strconv.Quote(t.name)
}

// Plan lists the steps that load the object on a kernel. The same Spec, facts and
// options give the same plan; all that is looked at outside of them is whether a
// map to be pinned by name is there already, and what a Kernel leaves to be asked.
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
	p := planner{kernel: k, opts: opts, kernelOps: make(map[btf.ID]kernelOps)}
	p.Plan = &Plan{spec: s, tag: cmp.Or(k.Tag, TagUptr), pinDir: cmp.Or(opts.PinDir, "/sys/fs/bpf")}
	if err := catch(p.plan); err != nil {
		return nil, err
	}
	return p.Plan, nil
}

// A planner makes a plan. Its functions do not hand errors on: see catch.
type planner struct {
	*Plan
	kernel    *Kernel
	opts      *Options
	programs  []plannedProgram
	btf       int                  // step that loads the BTF
	ids       map[btf.Name]btf.ID  // what maps and programs ask for in the kernel's BTF
	idsErr    error                // why that could not be read
	kernelOps map[btf.ID]kernelOps // by the id of the struct of operations
	asked     int                  // bytes of values: see maxAsked
}

func (p *planner) plan() {
	p.checkOptions()
	s := p.spec
	p.maps, p.programs = make([]plannedMap, len(s.Maps)), make([]plannedProgram, len(s.Programs))
	for i := range s.Maps {
		p.maps[i] = plannedMap{MapSpec: &s.Maps[i], thing: thing{"map", s.Maps[i].Name, i}, step: -1}
	}
	for i := range s.Programs {
		p.programs[i] = plannedProgram{ProgramSpec: &s.Programs[i], thing: thing{"program", s.Programs[i].Name, i}}
	}
	p.idsErr = catch(func() { p.ids = p.kernel.find(p.kernelNames()...) })
	p.Steps = make([]Step, 0, 2+3*len(s.Maps)+len(s.Programs))
	if s.types != nil {
		p.types = s.types.Clone()
		p.types.Retag(TagUptr, p.tag)
		p.types.Retag(TagKptrUser, p.tag)
		s.forKernel(p.types)
		p.add(Step{Yields: true, thing: thing{kind: "BTF"}})
	}
	for i := range p.maps {
		p.attempt(p.maps[i].thing, p.planMap)
	}
	for i := range p.maps {
		p.planSlots(&p.maps[i])
	}
	if s.types != nil {
		b := must(p.types.Encode()) // after planMap, which may add types
		p.Steps[p.btf].Attr = &sys.BTFLoadAttr{BTF: sys.Bytes(b), BTFSize: uint32(len(b))}
	}
	p.planPrograms()
	for i := range p.maps {
		p.planOps(&p.maps[i])
	}
}

// attempt plans a thing. An error ends planning, or with KeepGoing is noted at a step that will then fail with it.
func (p *planner) attempt(t thing, plan func(i int)) {
	err := catch(func() { plan(t.index) })
	if err == nil {
		return
	}
	err = &StepError{Step: len(p.Steps), Subject: t.String(), Err: err}
	if !p.opts.KeepGoing {
		check(err)
	}
	p.add(Step{Yields: true, Err: err, thing: t})
}

// checkOptions refuses names that the object does not have.
func (p *planner) checkOptions() {
	s := p.spec
	for _, name := range p.opts.Programs {
		if m := s.Map(name); s.Program(name) == nil && (m == nil || !m.Optional) {
			check(&NotFoundError{Kind: "program", Name: name, Have: namesOf(s.Programs, func(p ProgramSpec) string { return p.Name })})
		}
	}
	missing := ""
	for name := range p.opts.ValueTypes {
		if s.Map(name) == nil && (missing == "" || name < missing) { // the same one each time
			missing = name
		}
	}
	if missing != "" {
		check(&NotFoundError{Kind: "map", Name: missing, Have: namesOf(s.Maps, func(m MapSpec) string { return m.Name })})
	}
}

// add appends a step, and gives its index.
func (p *planner) add(step Step) int {
	if step.Subject == "" {
		step.Subject = step.thing.String()
	}
	p.Steps = append(p.Steps, step)
	return len(p.Steps) - 1
}

// asks tells whether the plan loads what the name of its section may have made optional.
func (p *planner) asks(name string, optional bool) bool {
	return !optional || p.opts.AllPrograms || slices.Contains(p.opts.Programs, name)
}

// Tag gives the type tag that the plan's BTF has on user kptrs.
func (p *Plan) Tag() string { return p.tag }
