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
		lacks     bool
	}{
		{"kernel function", "JIT is required for calling kernel function\n", sys.ENOTSUPP, true},
		{"callback", "callbacks are not allowed in non-JITed programs\n", syscall.EINVAL, true},
		{"program", "program requires BPF JIT compiler but it is not available\n", syscall.EINVAL, true},
		{"another refusal", "R1 invalid mem access 'mem_or_null'\n", syscall.EACCES, false},
		{"no memory", "", syscall.ENOMEM, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.errno == syscall.ENOMEM && !sys.Exists("/proc/sys/net/core/bpf_jit_enable") {
				row.lacks = true
			}
			refused := &VerifierError{Subject: `program "p"`, Log: row.log, Err: &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: row.errno}}
			l := &loader{plan: &Plan{spec: &Spec{}}}
			err := l.explain(&Step{kind: stepProgram}, refused)
			if errors.Is(err, sys.ErrNotSupported) != row.lacks || !errors.Is(err, row.errno) {
				t.Errorf("got %v", err)
			}
		})
	}
}
