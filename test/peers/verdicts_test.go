package peers

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kptr/sys"
)

// A feature is what some kernels lack that are new enough for it.
type feature struct {
	name  string
	errno syscall.Errno // how such a kernel refuses
}

var trampolines = feature{"BPF trampolines", syscall.EPERM}

// needs says which objects load only where the kernel has a feature.
var needs = map[string]feature{
	"prog_fentry":           trampolines,
	"prog_fentry_sleepable": trampolines,
	"prog_fmod_ret":         trampolines,
	"prog_lsm":              trampolines,
}

// refusals lists what this project refuses, or has the kernel refuse, and what it has to say to it. All else loads.
var refusals = []struct{ object, subject, says string }{
	{"core_poisoned", "program absent", "task_struct___absent.not_in_any_kernel"},
	{"map_tail_calls_static", whole, "programs as initial values are not supported"},
	{"prog_optional_unknown", "program on_read", "no program type known here"},
	{"prog_tracepoint_sleepable", "program plain", "can be sleepable"}, // not yet, on the kernel of the table
	{"prog_tracepoint_sleepable", "program raw", "can be sleepable"},
	{"prog_tracepoint_sleepable", "program traced", "can be sleepable"},
	{"refuse_arena", whole, "arenas are not supported"},
	{"refuse_exception", whole, `exception callback "on_throw" is not supported`},
	{"refuse_freplace", whole, "no program type known here"},
	{"refuse_kconfig", whole, "kconfig variables are not supported"},
	{"refuse_kfunc_context", "program never_released", "reference leak"},
	{"refuse_kfunc_context", "program released_twice", "arg#0"},
	{"refuse_kprobe", whole, "no program type known here"},
	{"refuse_kptr_declared", "map tasks", "depends on what was not loaded: BTF"},
	{"refuse_kptr_declared", "program look", "depends on what was not loaded: map"},
	{"refuse_ksym_typed", whole, `"bpf_prog_active": extern variable: link`},
	{"refuse_ksym_untyped", whole, `"jiffies": extern variable: link`},
	{"refuse_legacy_maps", whole, "struct bpf_map_def is not supported"},
	{"refuse_license", "program print", "cannot call GPL-restricted function"},
	{"refuse_list_tag", "program use", "has no valid bpf_spin_lock"},
	{"refuse_map_field", whole, `unknown member "no_such_field"`},
	{"refuse_map_kernel", "map long_key", "EINVAL"},
	{"refuse_map_kernel", "map preallocated", "EINVAL"},
	{"refuse_map_kernel", "map unknown_flag", "EINVAL"},
	{"refuse_module_kfunc", "program use", "kfuncs of modules are not supported"},
	{"refuse_struct_ops", "map none", `"corpus_no_such_ops": not found`},
	{"refuse_struct_ops", "program op", `depends on what was not loaded: map "none"`},
	{"refuse_target", "program no_function", `"corpus_no_such_function": not found`},
	{"refuse_target", "program no_iterator", `"bpf_iter_corpus_no_such_iterator": not found`},
	{"refuse_target", "program no_tracepoint", `"btf_trace_corpus_no_such_tracepoint": not found`},
	{"refuse_uptr_declared", "map values", "pointee is only declared"},
	{"refuse_uptr_hash", "map values", "only BPF_MAP_TYPE_TASK_STORAGE holds user kptrs"},
	{"refuse_uptr_large", "map values", "struct large has 4097 bytes"},
	{"refuse_uptr_store", "program store", "store to uptr disallowed"},
	{"refuse_uptr_store", "program unchecked", "mem_or_null"},
	{"refuse_verifier", "program argument_out_of_range", "return ctx[7]"},
	{"refuse_verifier", "program endless", "row += 1"},
	{"refuse_verifier", "program leaked_reference", "reference leak"},
	{"refuse_verifier", "program no_null_check", "map_value_or_null"},
	{"refuse_verifier", "program out_of_bounds", "return table[row]"},
	{"refuse_verifier", "program pointer_as_number", "invalid mem access 'scalar'"},
	{"refuse_verifier", "program sleeps_in_atomic", "might sleep"},
	{"refuse_verifier", "program write_to_constant", "write into map forbidden"},
	{"refuse_xdp", whole, "no program type known here"},
	{"struct_ops_dummy", "map dummy", "ENOTSUP"}, // bpf_dummy_init_member, net/bpf/bpf_dummy_struct_ops.c
	{"struct_ops_missing_op", "map dummy", `"not_in_any_kernel"`},
	{"struct_ops_missing_op", "program not_in_any_kernel", `depends on what was not loaded: map "dummy"`},
}

// checkVerdicts compares what this project made of an object with the table. An error is one line.
func checkVerdicts(t *testing.T, name string, o *outcome) {
	t.Helper()
	says := make(map[string]string)
	for _, r := range refusals {
		if r.object == name {
			says[r.subject] = r.says
		}
	}
	for _, subject := range subjects(o) {
		r, _ := o.of(subject)
		want, listed := says[subject]
		delete(says, subject)
		_, waits := needs[name]
		switch {
		case r.err == nil && listed:
			t.Errorf("%s loads, want an error that says %q", subject, want)
		case r.err == nil, !listed && waits && errors.Is(r.err, sys.ErrNotSupported):
		case !listed:
			t.Errorf("%s: %v, want it to load", subject, r.err)
		case !strings.Contains(r.err.Error(), want) || strings.Contains(r.err.Error(), "\n"):
			t.Errorf("%s: error %q, want one line that says %q", subject, r.err, want)
		case subject != whole && !strings.Contains(r.err.Error(), strconv.Quote(nameIn(subject))):
			t.Errorf("%s: error %q does not name it", subject, r.err)
		}
	}
	for subject := range says {
		t.Errorf("%s is in the table, but not in the object", subject)
	}
}

// nameIn is the name in a subject such as "map datamap".
func nameIn(subject string) string {
	_, name, _ := strings.Cut(subject, " ")
	return name
}
