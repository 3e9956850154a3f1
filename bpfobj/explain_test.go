package bpfobj

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"testing"

	"kptr/btf"
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

// TestExplainScalar: a pointer of task storage that a program cannot follow, or hand to a helper, lacks the user kptr's tag, but
// not if it has another. The logs are those of Linux 6.18.
func TestExplainScalar(t *testing.T) {
	for _, row := range []struct {
		tag, log string
		missing  bool
	}{
		{"", "R1 invalid mem access 'scalar'\n", true},
		{"", "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_\n", true},
		{"", "R1 invalid mem access 'mem_or_null'\n", false},
		{"kptr", "R1 invalid mem access 'scalar'\n", false},
	} {
		types := btf.New(binary.LittleEndian)
		to := types.Add(btf.Type{Kind: btf.KindStruct, Name: "cgroup"})
		if row.tag != "" {
			to = types.Add(btf.Type{Kind: btf.KindTypeTag, Name: row.tag, Type: to})
		}
		field := btf.Member{Name: "group", Type: types.Add(btf.Type{Kind: btf.KindPtr, Type: to})}
		value := types.Add(btf.Type{Kind: btf.KindStruct, Name: "value", Size: 8, Members: []btf.Member{field}})
		l := &loader{Plan: &Plan{
			types: types, maps: []plannedMap{{MapSpec: &MapSpec{Name: "m", Type: sys.BPF_MAP_TYPE_TASK_STORAGE}, valueType: value}},
		}}
		err := l.explainScalar(&VerifierError{Log: row.log, Err: syscall.EACCES})
		if errors.Is(err, ErrTagMissing) != row.missing || !errors.Is(err, ErrVerifier) {
			t.Errorf("tag %q, log %q: %v", row.tag, row.log, err)
		}
	}
}

// TestExplainBTF: the kernel does not say which kptr it refuses a BTF for.
func TestExplainBTF(t *testing.T) {
	for _, row := range []struct {
		pointee btf.Kind
		errno   syscall.Errno
		named   bool
	}{{btf.KindFwd, syscall.EINVAL, true}, {btf.KindStruct, syscall.EINVAL, false}, {btf.KindFwd, syscall.E2BIG, false}} {
		types := btf.New(binary.LittleEndian)
		types.Add(btf.Type{Kind: btf.KindTypeTag, Name: "kptr", Type: types.Add(btf.Type{Kind: row.pointee, Name: "task_struct"})})
		l := &loader{Plan: &Plan{types: types}}
		err := l.explain(&Step{Attr: &sys.BTFLoadAttr{}}, &VerifierError{Log: "[2] TYPE_TAG kptr type_id=1\n", Err: row.errno})
		if strings.HasPrefix(err.Error(), "struct task_struct is only declared") != row.named || !errors.Is(err, row.errno) || !errors.Is(err, ErrVerifier) {
			t.Errorf("%v, %v: %v", row.pointee, row.errno, err)
		}
	}
}
