package bpfobj

import (
	"slices"
	"strings"

	"kptr/btf"
	"kptr/sys"
)

// A sectionRule gives the program type that a section name stands for, in the
// convention that all BPF compilers' users share (Documentation/bpf/libbpf/
// program_types.rst).
type sectionRule struct {
	prefix string
	prog   sys.ProgType
	attach sys.AttachType
	kind   btf.Kind // of the target in the kernel's BTF; 0: it is not looked up there
	inBTF  string   // what the target's name begins with there
}

// sectionRules has a row for each prefix. All but syscall have a sleepable form, with ".s": the kernel
// says which it knows, and 7.3 knows more than 6.18. The target of raw_tp is a raw tracepoint's name, that of tp is CATEGORY/NAME of a
// tracepoint in tracefs. What a struct_ops program implements the maps say.
var sectionRules = [...]sectionRule{
	{"tp_btf", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_RAW_TP, btf.KindTypedef, "btf_trace_"},
	{"raw_tp", sys.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, ""},
	{"raw_tracepoint", sys.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, ""},
	{"tp", sys.BPF_PROG_TYPE_TRACEPOINT, 0, 0, ""},
	{"tracepoint", sys.BPF_PROG_TYPE_TRACEPOINT, 0, 0, ""},
	{"fentry", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FENTRY, btf.KindFunc, ""},
	{"fexit", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FEXIT, btf.KindFunc, ""},
	{"fmod_ret", sys.BPF_PROG_TYPE_TRACING, sys.BPF_MODIFY_RETURN, btf.KindFunc, ""},
	{"lsm", sys.BPF_PROG_TYPE_LSM, sys.BPF_LSM_MAC, btf.KindFunc, "bpf_lsm_"},
	{"iter", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_ITER, btf.KindFunc, "bpf_iter_"},
	{"struct_ops", sys.BPF_PROG_TYPE_STRUCT_OPS, 0, 0, ""},
	{"syscall", sys.BPF_PROG_TYPE_SYSCALL, 0, 0, ""},
}

// knownSections are those prefixes, for errors.
const knownSections = "tp_btf/, raw_tp/, tp/, fentry/, fexit/, fmod_ret/, lsm/, iter/, struct_ops/, syscall"

// newProgramSpec reads the name of a function's section. One that stands for nothing known here refuses the object, but for an
// optional program, which is refused when it is asked for: schedulers have kprobes under '?' for drivers that few hosts have.
func newProgramSpec(fn *function, section string) *ProgramSpec {
	bare, optional := strings.CutPrefix(section, "?")
	prefix, target, _ := strings.Cut(bare, "/")
	base, sleepable := strings.CutSuffix(prefix, ".s")
	p := &ProgramSpec{Name: fn.name, Section: section, Target: target, Optional: optional, Sleepable: sleepable, section: fn.section, start: fn.start}
	p.refuse(catch(func() { p.setRule(base) }))
	return p
}

// refuse notes why an optional program cannot be loaded; any other error ends Parse.
func (p *ProgramSpec) refuse(err error) {
	if p.err = err; !p.Optional {
		check(err)
	}
}

func (p *ProgramSpec) setRule(base string) {
	at := FormatError{Section: p.Section, Offset: p.start, Name: p.Name}
	i := slices.IndexFunc(sectionRules[:], func(r sectionRule) bool { return r.prefix == base })
	want(at, i >= 0, "section name stands for no program type known here (%s); one that begins with '?' is loaded only when asked for", knownSections)
	r := &sectionRules[i]
	onDemand := r.prog == sys.BPF_PROG_TYPE_SYSCALL
	at.want(!onDemand || p.Target == "" && !p.Sleepable, "a section of syscall programs is named syscall, and no more")
	p.rule, p.Type, p.AttachType = r, r.prog, r.attach
	// A syscall program always sleeps: bpf_prog_load (kernel/bpf/syscall.c) refuses it otherwise.
	p.Sleepable = p.Sleepable || onDemand
}

// attaches tells whether the program attaches by itself: others run on demand, or as an operation of a struct_ops map.
func (p *ProgramSpec) attaches() bool {
	return p.Type != sys.BPF_PROG_TYPE_SYSCALL && p.Type != sys.BPF_PROG_TYPE_STRUCT_OPS
}

// onTrampoline tells whether the program hangs on a BPF trampoline.
func (p *ProgramSpec) onTrampoline() bool {
	return p.rule != nil && p.rule.kind == btf.KindFunc && p.AttachType != sys.BPF_TRACE_ITER
}

// kernelName is the name and kind of the program's target in the kernel's BTF; the zero Name if it is not looked up there.
func (p *ProgramSpec) kernelName() btf.Name {
	if p.rule == nil || p.rule.kind == 0 {
		return btf.Name{}
	}
	return btf.Name{Kind: p.rule.kind, Name: p.rule.inBTF + p.Target}
}
