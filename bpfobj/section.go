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
	prefix     string
	prog       sys.ProgType
	attach     sys.AttachType
	sleepable  bool
	target     targetKind
	attachable bool
}

// A targetKind says what stands behind the prefix of a section name.
type targetKind uint8

const (
	targetNone       targetKind = iota
	targetBTFTypedef            // a typedef btf_trace_NAME in the kernel's BTF
	targetBTFFunc               // a function in the kernel's BTF
	targetBTFIter               // a function bpf_iter_NAME in the kernel's BTF
	targetBTFLSM                // a function bpf_lsm_NAME in the kernel's BTF
	targetStructOps             // the struct_ops maps of the object that name the program
	targetRawTP                 // a raw tracepoint's name
	targetTP                    // CATEGORY/NAME of a tracepoint in tracefs
)

// knownSections are the prefixes that sectionRuleFor knows.
const knownSections = "tp_btf/, raw_tp/, tp/, fentry/, fexit/, fmod_ret/, lsm/, iter/, struct_ops/, syscall"

// sectionRuleFor finds the rule of a section name without its '?', and what
// follows the prefix.
func sectionRuleFor(name string) (sectionRule, string, bool) {
	prefix, target, _ := strings.Cut(name, "/")
	r := sectionRule{prefix: prefix, attachable: true}
	switch prefix {
	case "tp_btf":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_RAW_TP, targetBTFTypedef
	case "fentry", "fentry.s":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FENTRY, targetBTFFunc
	case "fexit", "fexit.s":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_FEXIT, targetBTFFunc
	case "fmod_ret", "fmod_ret.s":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_TRACING, sys.BPF_MODIFY_RETURN, targetBTFFunc
	case "lsm", "lsm.s":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_LSM, sys.BPF_LSM_MAC, targetBTFLSM
	case "struct_ops", "struct_ops.s":
		r.prog, r.target, r.attachable = sys.BPF_PROG_TYPE_STRUCT_OPS, targetStructOps, false
		r.sleepable = prefix == "struct_ops.s"
		return r, target, true
	case "iter", "iter.s":
		r.prog, r.attach, r.target = sys.BPF_PROG_TYPE_TRACING, sys.BPF_TRACE_ITER, targetBTFIter
	case "raw_tp", "raw_tracepoint":
		r.prog, r.target = sys.BPF_PROG_TYPE_RAW_TRACEPOINT, targetRawTP
	case "tp", "tracepoint":
		r.prog, r.target = sys.BPF_PROG_TYPE_TRACEPOINT, targetTP
	case "syscall":
		// A syscall program is always sleepable; bpf_prog_load (kernel/bpf/syscall.c)
		// refuses it otherwise.
		r.prog, r.sleepable, r.attachable = sys.BPF_PROG_TYPE_SYSCALL, true, false
		return r, target, target == ""
	default:
		return r, "", false
	}
	r.sleepable = strings.HasSuffix(prefix, ".s")
	return r, target, target != ""
}

// kernelName is the name that target has in the kernel's BTF, and its kind there;
// ok is false for targets that are not looked up in BTF.
func (k targetKind) kernelName(target string) (want btf.Name, ok bool) {
	switch k {
	case targetBTFTypedef:
		return btf.Name{Kind: btf.KindTypedef, Name: "btf_trace_" + target}, true
	case targetBTFFunc:
		return btf.Name{Kind: btf.KindFunc, Name: target}, true
	case targetBTFLSM:
		return btf.Name{Kind: btf.KindFunc, Name: "bpf_lsm_" + target}, true
	case targetBTFIter:
		return btf.Name{Kind: btf.KindFunc, Name: "bpf_iter_" + target}, true
	}
	return btf.Name{}, false
}
