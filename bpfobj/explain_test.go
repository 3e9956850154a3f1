package bpfobj

import (
	"errors"
	"syscall"
	"testing"

	"kptr/sys"
)

// TestExplainJIT has the logs of kernels that run programs by their interpreter: built without CONFIG_BPF_JIT, or with
// net.core.bpf_jit_enable set to 0. The texts are those of kernel/bpf/verifier.c.
func TestExplainJIT(t *testing.T) {
	for _, row := range []struct {
		name, log string
		errno     syscall.Errno
		section   string
		lacks     bool
	}{
		{"kernel function", "JIT is required for calling kernel function\n", sys.ENOTSUPP, "tp_btf/f", true},
		{"callback", "callbacks are not allowed in non-JITed programs\n", syscall.EINVAL, "tp_btf/f", true},
		{"program", "program requires BPF JIT compiler but it is not available\n", syscall.EINVAL, "tp_btf/f", true},
		{"another refusal", "R1 invalid mem access 'mem_or_null'\n", syscall.EACCES, "tp_btf/f", false},
		{"a source line that speaks of it", "; return JIT_state; @ p.c:3\nR0 !read_ok\n", syscall.EACCES, "tp_btf/f", false},
		{"no memory", "", syscall.ENOMEM, "tp_btf/f", false},
		{"no trampoline, or no memory", "", syscall.ENOMEM, "fentry/f", !sys.Exists("/proc/sys/net/core/bpf_jit_enable")},
	} {
		t.Run(row.name, func(t *testing.T) {
			var refused error = &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: row.errno}
			if row.log != "" {
				refused = &VerifierError{Subject: `program "p"`, Log: row.log, Err: refused}
			}
			l := &loader{Plan: &Plan{spec: &Spec{Programs: []ProgramSpec{*newProgramSpec(&function{name: "p"}, row.section)}}}}
			err := l.explain(&Step{Attr: &sys.ProgLoadAttr{}, thing: thing{kind: "program"}}, refused)
			if errors.Is(err, sys.ErrNotSupported) != row.lacks || !errors.Is(err, row.errno) {
				t.Errorf("got %v", err)
			}
		})
	}
}
