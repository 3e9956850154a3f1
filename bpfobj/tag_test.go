package bpfobj

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestHonouredTag(t *testing.T) {
	kerneltest.NoLeaks(t)
	for range 2 { // the second answer is remembered
		tag, err := HonouredTag()
		kerneltest.Require(t, err)
		if tag != TagUptr { // no released kernel has the other
			t.Errorf("tag %q", tag)
		}
	}
}

// TestPlainMap: a tag that the kernel does not honour gives a plain map, which Load
// finds out; Spec.Load then asks the kernel.
func TestPlainMap(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	needUserKptrs(t)
	for _, object := range []string{"task_local", "uptr"} {
		k, err := Running()
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		k.Tag = TagKptrUser
		spec := mustParse(t, readObject(t, object, nativeOrder()))
		p, err := spec.Plan(k, nil)
		if err != nil {
			t.Fatal(err)
		}
		obj, err := p.Load()
		if obj != nil || !errors.Is(err, ErrPlainMap) || !errors.Is(err, syscall.EBADF) {
			t.Errorf("%s: object %v, error %v", object, obj != nil, err)
		}
		var rule *RuleError
		if !errors.As(err, &rule) || rule.Map != spec.Maps[0].Name || !strings.HasSuffix(rule.Field, "data") || !strings.Contains(err.Error(), `type tag "kptr_user"`) {
			t.Errorf("%s: %v", object, err)
		}
		if obj, err = spec.Load(nil); err != nil {
			t.Fatal(err)
		}
		obj.Close()
	}
}

// TestTagInDoubt: which errors have Load ask the kernel for its tag.
func TestTagInDoubt(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	needUserKptrs(t)
	for _, tt := range []struct {
		object, tag string
		want        bool
	}{
		{"task_local", TagKptrUser, true},
		{"values", TagKptrUser, true}, // with a kptr in the same struct: BPF_BTF_LOAD says EINVAL
		{"bad_kernelname", TagUptr, false},
		{"notag", TagUptr, false},
	} {
		k, err := Running()
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		k.Tag = tt.tag
		p, err := mustParse(t, readObject(t, tt.object, nativeOrder())).Plan(k, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = p.Load(); err == nil || p.TagInDoubt(err) != tt.want {
			t.Errorf("%s with tag %q: %v, want %v for %v", tt.object, tt.tag, !tt.want, tt.want, err)
		}
	}
}

// TestKernelRules: rules that only the kernel can check.
func TestKernelRules(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	needUserKptrs(t)
	for _, tt := range []struct {
		object string
		want   RuleError
		errno  error
	}{
		{"bad_kernelname", RuleError{Map: "datamap", Struct: "value_type", Field: "udata", Rule: ErrPointeeName, Detail: "struct cgroup is also in the BTF of vmlinux"}, syscall.EINVAL},
		{"bad_timer", RuleError{Map: "datamap", Struct: "value_type", Rule: ErrFieldBeside, Detail: "bpf_timer"}, syscall.EOPNOTSUPP},
		{"notag", RuleError{Map: "datamap", Struct: "value_type", Field: "udata", Rule: ErrTagMissing, Detail: "__kptr_user"}, syscall.EACCES},
	} {
		_, err := Load(readObject(t, tt.object, nativeOrder()), nil)
		checkRule(t, err, tt.want)
		var step *StepError
		if !errors.Is(err, tt.errno) || !errors.As(err, &step) {
			t.Errorf("%s: %v, want a *StepError with %v", tt.object, err, tt.errno)
		}
	}
}

// TestTagMissingKeepsLog: what the verifier said is not lost behind the rule.
func TestTagMissingKeepsLog(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	_, err := Load(readObject(t, "notag", nativeOrder()), nil)
	var refused *VerifierError
	if !errors.As(err, &refused) || !strings.Contains(refused.Log, "R1 invalid mem access 'scalar'") || !strings.Contains(refused.Log, "processed ") {
		t.Errorf("error %v", err)
	}
}

// TestHugeValue: between what the kernel takes and what 16 bits hold, it is the
// kernel that says so.
func TestHugeValue(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	p := plan(t, "task_local", nil)
	createOf(t, p, "datamap").ValueSize = 1 << 17
	_, err := p.Load()
	checkRule(t, err, RuleError{Map: "datamap", Struct: "value_type", Rule: ErrValueSize, Detail: "about 65,400"})
	if !errors.Is(err, syscall.E2BIG) {
		t.Errorf("%v, want E2BIG", err)
	}
}

// TestLoadValueTypes: a program that needs the tag passes the verifier with the
// value type built from Go.
func TestLoadValueTypes(t *testing.T) {
	for _, object := range []string{"notag", "fwd", "task_local"} {
		obj := loadObject(t, object, &Options{ValueTypes: map[string]reflect.Type{"datamap": reflect.TypeFor[goValue]()}})
		if n := len(obj.Map("datamap").UserKptrs()); n != 1 {
			t.Errorf("%s: %d user kptrs", object, n)
		}
	}
}

func TestOptional(t *testing.T) {
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		opts *Options
		want int
	}{{nil, 0}, {&Options{}, 0}, {&Options{Programs: []string{"out_of_bounds"}}, 1}, {&Options{AllPrograms: true}, 2}} {
		n := 0
		for _, s := range plan(t, "refused", tt.opts).Steps {
			if s.thing.kind == "program" {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%+v: %d programs, want %d", tt.opts, n, tt.want)
		}
	}
}

// TestOptionalUnknown: an optional program of a kind that is not known here is refused when it is asked for, and not before.
func TestOptionalUnknown(t *testing.T) {
	im := takeApart(t, readObject(t, "refused", binary.LittleEndian))
	im.section("?tp_btf/sys_enter").name = "?kprobe/vfs_read"
	spec, k := mustParse(t, im.write()), recordedKernel(t, binary.LittleEndian)
	if _, err := spec.Plan(k, nil); err != nil {
		t.Errorf("not asked for: %v", err)
	}
	_, err := spec.Plan(k, &Options{Programs: []string{"out_of_bounds"}})
	const want = `program "out_of_bounds": section "?kprobe/vfs_read": offset 0x0: "out_of_bounds": section name stands for no program type`
	if !errors.Is(err, ErrFormat) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("asked for: %v, want %s...", err, want)
	}
}
