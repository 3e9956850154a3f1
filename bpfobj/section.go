package bpfobj

import (
	"strings"

	"kptr/btf"
	"kptr/sys"
)

// A sectionRule gives the program type that a section name stands for, in the
// convention that all BPF compilers' users share (Documentation/bpf/libbpf/
// program_types.rst).
type sectionRule struct {
	prefix    string
	prog      sys.ProgType
	attach    sys.AttachType
	sleepable bool     // there is a form with ".s"
	kind      btf.Kind // of the target in the kernel's BTF; 0: it is not looked up there
	inBTF     string   // what the target's name begins with there
}

// sectionRules has a row for each prefix. The target of raw_tp is a raw tracepoint's name, that of tp is CATEGORY/NAME of a
// tracepoint in tracefs. What a struct_ops program implements the maps say.
var sectionRules = [...]sectionRule{
	{"tp_btf", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_RAW_TP, false, btf.KindTypedef, "btf_trace_"},
	{"raw_tp", sys.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, false, 0, ""},
	{"raw_tracepoint", sys.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, false, 0, ""},
	{"tp", sys.BPF_PROG_TYPE_TRACEPOINT, 0, false, 0, ""},
	{"tracepoint", sys.BPF_PROG_TYPE_TRACEPOINT, 0, false, 0, ""},
	{"fentry", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FENTRY, true, btf.KindFunc, ""},
	{"fexit", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FEXIT, true, btf.KindFunc, ""},
	{"fmod_ret", sys.BPF_PROG_TYPE_TRACING, sys.BPF_MODIFY_RETURN, true, btf.KindFunc, ""},
	{"lsm", sys.BPF_PROG_TYPE_LSM, sys.BPF_LSM_MAC, true, btf.KindFunc, "bpf_lsm_"},
	{"iter", sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_ITER, true, btf.KindFunc, "bpf_iter_"},
	{"struct_ops", sys.BPF_PROG_TYPE_STRUCT_OPS, 0, true, 0, ""},
	{"syscall", sys.BPF_PROG_TYPE_SYSCALL, 0, false, 0, ""},
}

// knownSections are those prefixes, for errors.
const knownSections = "tp_btf/, raw_tp/, tp/, fentry/, fexit/, fmod_ret/, lsm/, iter/, struct_ops/, syscall"

// newProgramSpec reads the name of a function's section.
func newProgramSpec(fn *function, section string) *ProgramSpec {
	bare, optional := strings.CutPrefix(section, "?")
	prefix, target, _ := strings.Cut(bare, "/")
	base, sleepable := strings.CutSuffix(prefix, ".s")
	for i := range sectionRules {
		r := &sectionRules[i]
		ops, onDemand := r.prog == sys.BPF_PROG_TYPE_STRUCT_OPS, r.prog == sys.BPF_PROG_TYPE_SYSCALL
		if r.prefix != base || sleepable && !r.sleepable || !ops && onDemand != (target == "") {
			continue
		}
		return &ProgramSpec{
			Name: fn.name, Section: section, Type: r.prog, AttachType: r.attach, Target: target, Optional: optional,
			// A syscall program always is: bpf_prog_load (kernel/bpf/syscall.c) refuses it otherwise.
			Sleepable: sleepable || onDemand,
			rule:      r, section: fn.section, start: fn.start,
		}
	}
	FormatError{Section: section, Name: fn.name}.refuse("section name stands for no program type known here (%s)", knownSections)
	return nil
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
