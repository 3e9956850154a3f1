package bpfobj

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// explain adds to a refusal what the errno alone does not say.
func (l *loader) explain(step *Step, err error) error {
	switch {
	case step.kind == stepPin || step.kind == stepReuse:
		return l.explainPin(step, err)
	case step.kind == stepProgram && l.lacksJIT(step, err):
		return &sys.NotSupportedError{Feature: "kernel functions, callbacks and trampolines without the BPF JIT compiler (CONFIG_BPF_JIT, sysctl net.core.bpf_jit_enable=1)", Err: err}
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES) && !errors.Is(err, ErrVerifier):
		return l.explainPermission(step, err)
	case errors.Is(err, ErrVerifier) && step.kind == stepProgram:
		return l.explainVerifier(err)
	case step.kind == stepMap && len(l.plan.maps[step.index].kptrs) > 0:
		return l.explainMap(step, err)
	}
	return err
}

// lacksJIT tells whether a program was refused because the interpreter would have to run it: kernel/bpf/verifier.c says so
// as the cause in the log, bpf_trampoline_get (linux/bpf.h) by an errno only.
func (l *loader) lacksJIT(step *Step, err error) bool {
	var refused *VerifierError
	if errors.As(err, &refused) {
		cause, _ := refused.telling()
		return strings.Contains(cause, "JIT")
	}
	return errors.Is(err, syscall.ENOMEM) && l.hangsOnTrampoline(step) && !sys.Exists("/proc/sys/net/core/bpf_jit_enable")
}

func (l *loader) hangsOnTrampoline(step *Step) bool {
	target := l.plan.spec.Programs[step.index].rule.target
	return target == targetBTFFunc || target == targetBTFLSM
}

// explainPin names the path, and a directory that is on no bpffs: the kernel says
// EPERM to that (bpf_obj_do_pin, kernel/bpf/inode.c).
func (l *loader) explainPin(step *Step, err error) error {
	path := l.plan.pinPath(&l.plan.spec.Maps[step.index])
	if ok, statErr := sys.IsBPFFS(l.plan.pinDir); statErr == nil && !ok {
		return fmt.Errorf("%s: %w: mount -t bpf bpf %s: %w", path, ErrNotBPFFS, l.plan.pinDir, err)
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		err = &PermissionError{Missing: missingCaps([]sys.Cap{sys.CAP_BPF}), Err: err}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// needs lists the capabilities that a step asks for: bpf_prog_load and
// map_create (kernel/bpf/syscall.c).
func (l *loader) needs(step *Step) []sys.Cap {
	if step.kind == stepProgram && l.plan.spec.Programs[step.index].Type != sys.BPF_PROG_TYPE_SYSCALL {
		return []sys.Cap{sys.CAP_BPF, sys.CAP_PERFMON}
	}
	return []sys.Cap{sys.CAP_BPF}
}

func missingCaps(need []sys.Cap) []string {
	have, err := sys.Capabilities()
	if err != nil {
		return nil
	}
	var missing []string
	for _, c := range need {
		if !have.Allows(c) {
			missing = append(missing, c.String())
		}
	}
	return missing
}

// explainPermission tells a missing capability from a host without BPF
// trampolines, which refuses what hangs on one with the same errno.
func (l *loader) explainPermission(step *Step, err error) error {
	missing := missingCaps(l.needs(step))
	if len(missing) == 0 && step.kind == stepProgram && l.hangsOnTrampoline(step) {
		return &sys.NotSupportedError{Feature: "BPF trampolines (fentry, fexit, fmod_ret and lsm programs)", Err: err}
	}
	return &PermissionError{Missing: missing, Err: err}
}

// explainVerifier sees whether the program follows a pointer of task storage that
// was meant to be a user kptr: without its type tag it is a number.
func (l *loader) explainVerifier(err error) error {
	var refused *VerifierError
	if !errors.As(err, &refused) || !strings.Contains(refused.Log, "invalid mem access 'scalar'") {
		return err
	}
	for i := range l.plan.maps {
		m, pm := &l.plan.spec.Maps[i], &l.plan.maps[i]
		if m.Type != sys.BPF_MAP_TYPE_TASK_STORAGE || len(pm.kptrs) > 0 || pm.value == 0 {
			continue
		}
		t := l.plan.types.Type(l.plan.types.Resolve(pm.value))
		for _, field := range t.Members {
			if l.plan.types.Type(l.plan.types.Resolve(field.Type)).Kind == btf.KindPtr {
				return &RuleError{
					Map: m.Name, Struct: t.Name, Field: field.Name, Offset: uint64(field.BitOffset / 8), Rule: ErrTagMissing,
					Detail: "declare the pointer with __kptr_user (clang 15 or later), or give its Go type to Options.ValueTypes", Err: err,
				}
			}
		}
	}
	return err
}

// explainMap finds the rule behind the errno of BPF_MAP_CREATE for a map with
// user kptrs. What Plan could check is not the cause.
func (l *loader) explainMap(step *Step, err error) error {
	m, pm := &l.plan.spec.Maps[step.index], &l.plan.maps[step.index]
	rule := &RuleError{Map: m.Name, Struct: l.plan.types.Type(pm.value).Name, Err: err}
	switch {
	case errors.Is(err, syscall.EINVAL):
		for _, u := range pm.kptrs {
			name := l.plan.types.Type(u.Pointee).Name
			if !kernelHasStruct(name) {
				continue
			}
			rule.Field, rule.Offset, rule.Rule = u.Path, u.Offset, ErrPointeeName
			rule.Detail = fmt.Sprintf("struct %s is also in the BTF of vmlinux: rename it", name)
			return rule
		}
	case errors.Is(err, syscall.EOPNOTSUPP):
		rule.Rule = ErrFieldBeside
		rule.Detail = "move the bpf_timer, bpf_wq, list head or tree root to another map"
		return rule
	case errors.Is(err, syscall.E2BIG):
		rule.Rule = ErrValueSize
		rule.Detail = valueSizeDetail(m)
		return rule
	}
	return err
}
