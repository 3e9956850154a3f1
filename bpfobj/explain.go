package bpfobj

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// Features that the kernel lacks where it refuses with an errno that does not say so.
const (
	featureJIT        = "kernel functions, callbacks and trampolines without the BPF JIT compiler (CONFIG_BPF_JIT, sysctl net.core.bpf_jit_enable=1)"
	featureTrampoline = "BPF trampolines (fentry, fexit, fmod_ret and lsm programs)"
)

// explain adds to a refusal what the errno alone does not say.
func (l *loader) explain(step *Step, err error) error {
	switch attr := step.Attr.(type) {
	case *sys.ObjPinAttr, *sys.ObjGetAttr:
		return l.explainPin(l.pinPath(&l.maps[step.thing.index]), err)
	case *sys.ProgLoadAttr:
		return l.explainProgram(&l.spec.Programs[step.thing.index], err)
	case *sys.BTFLoadAttr:
		if errors.Is(err, syscall.EINVAL) { // btf_parse_struct_metas (kernel/bpf/btf.c), where a lock, list or tree is beside it
			err = l.explainDeclared(err)
		}
	case *sys.MapUpdateElemAttr:
		if l.maps[step.thing.index].is(ofMaps) && errors.Is(err, syscall.EINVAL) { // bpf_map_meta_equal, kernel/bpf/map_in_map.c
			return fmt.Errorf("%w: its type, sizes or flags are not those of the inner definition", err)
		}
	case *sys.MapCreateAttr:
		if attr.MaxEntries == 0 && errors.Is(err, syscall.EINVAL) && traits(attr.MapType)&localStore == 0 {
			return fmt.Errorf("%w: max_entries is 0: __uint(max_entries, ...) is missing, or MapSpec.MaxEntries", err)
		}
		if m := &l.maps[step.thing.index]; step.kept && len(m.kptrs) > 0 {
			if explained := l.explainMap(m, err); explained != err {
				return explained
			}
		}
		if errors.Is(err, syscall.EINVAL) {
			return fmt.Errorf("%w: %v with key_size %d, value_size %d, max_entries %d, map_flags %#x", err, attr.MapType, attr.KeySize, attr.ValueSize, attr.MaxEntries, uint32(attr.MapFlags))
		}
	}
	return permission(err, sys.CAP_BPF)
}

// explainDeclared names the struct behind a kptr for which the kernel, which says nothing, finds no special field in a struct.
func (l *loader) explainDeclared(err error) error {
	for id := btf.ID(1); int(id) < l.types.Len(); id++ {
		t := l.types.Type(id)
		if to := l.types.Type(t.Type); t.Kind == btf.KindTypeTag && strings.Contains(t.Name, "kptr") && to.Kind == btf.KindFwd {
			return fmt.Errorf("struct %s is only declared, and a kptr points to it: name it at file scope of the C source (a variable or a plain pointer to it): %w", to.Name, err)
		}
	}
	return err
}

// explainPin names the path, and a directory that is on no bpffs: the kernel says
// EPERM to that (bpf_obj_do_pin, kernel/bpf/inode.c).
func (l *loader) explainPin(path string, err error) error {
	if ok, statErr := sys.IsBPFFS(l.pinDir); statErr == nil && !ok {
		return fmt.Errorf("%s: %w: mount -t bpf bpf %s: %w", path, ErrNotBPFFS, l.pinDir, err)
	}
	return fmt.Errorf("%s: %w", path, permission(err, sys.CAP_BPF))
}

// explainProgram tells apart what bpf_prog_load (kernel/bpf/syscall.c) and the verifier have the same few errnos for.
func (l *loader) explainProgram(p *ProgramSpec, err error) error {
	need := []sys.Cap{sys.CAP_BPF, sys.CAP_PERFMON}
	if p.Type == sys.BPF_PROG_TYPE_SYSCALL {
		need = need[:1]
	}
	switch {
	case lacksJIT(p, err):
		return &sys.NotSupportedError{Feature: featureJIT, Err: err}
	case denied(err) && p.onTrampoline() && len(missingCaps(need)) == 0:
		return &sys.NotSupportedError{Feature: featureTrampoline, Err: err}
	}
	var refused *VerifierError
	if l.types != nil && errors.As(err, &refused) && strings.Contains(refused.Log, "' has no valid ") { // of a map that was created without them
		return l.explainDeclared(err)
	}
	return l.explainScalar(permission(err, need...))
}

// lacksJIT tells whether a program was refused because the interpreter would have to run it: kernel/bpf/verifier.c says so
// as the cause in the log, bpf_trampoline_get (linux/bpf.h) by an errno only.
func lacksJIT(p *ProgramSpec, err error) bool {
	var refused *VerifierError
	if errors.As(err, &refused) {
		cause, _ := refused.telling()
		return strings.Contains(cause, "JIT")
	}
	return errors.Is(err, syscall.ENOMEM) && p.onTrampoline() && !sys.Exists("/proc/sys/net/core/bpf_jit_enable")
}

// explainScalar sees whether the program follows a pointer of task storage that
// was meant to be a user kptr: without its type tag it is a number.
func (l *loader) explainScalar(err error) error {
	var refused *VerifierError
	if !errors.As(err, &refused) || !strings.Contains(refused.Log, "invalid mem access 'scalar'") && !strings.Contains(refused.Log, "type=scalar") {
		return err
	}
	for i := range l.maps {
		m := &l.maps[i]
		if m.Type != sys.BPF_MAP_TYPE_TASK_STORAGE || len(m.kptrs) > 0 || m.valueType == 0 {
			continue
		}
		for _, field := range l.types.Type(l.types.Resolve(m.valueType)).Members {
			// A pointer with another tag is a kptr, whose author knows what it is.
			if p := l.types.Type(l.types.Resolve(field.Type)); p.Kind == btf.KindPtr && l.types.Type(p.Type).Kind != btf.KindTypeTag {
				rule := l.ruleAt(m, &UserKptr{Path: field.Name, Offset: uint64(field.BitOffset / 8)}, err)
				return rule.breaks(ErrTagMissing, "declare the pointer with __kptr_user (clang 15, gcc 16 or later), or give its Go type to Options.ValueTypes")
			}
		}
	}
	return err
}

// explainMap finds the rule behind the errno of BPF_MAP_CREATE for a map with
// user kptrs. What Plan could check is not the cause.
func (l *loader) explainMap(m *plannedMap, err error) error {
	rule := l.ruleAt(m, nil, err)
	switch {
	case errors.Is(err, syscall.EINVAL):
		for _, u := range m.kptrs {
			if name := l.types.Type(u.Pointee).Name; kernelHasStruct(name) {
				return l.ruleAt(m, &u, err).breaks(ErrPointeeName, "struct %s is also in the BTF of vmlinux: rename it", name)
			}
		}
	case errors.Is(err, syscall.EOPNOTSUPP):
		return rule.breaks(ErrFieldBeside, "move the bpf_timer, bpf_wq, list head or tree root to another map")
	case errors.Is(err, syscall.E2BIG):
		return rule.breaks(ErrValueSize, valueSizeDetail, m.ValueSize)
	}
	return err
}
