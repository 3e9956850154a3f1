package bpfobj

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// loadObject loads an object of testdata for the running kernel, and closes it when
// the test is over.
func loadObject(t *testing.T, name string, opts *Options) *Object {
	t.Helper()
	kerneltest.NoLeaks(t)
	obj, err := Load(readObject(t, name, nativeOrder()), opts)
	kerneltest.Require(t, err)
	t.Cleanup(func() {
		if err := obj.Close(); err != nil {
			t.Error(err)
		}
	})
	return obj
}

// call runs a syscall program that is to return want.
func call(t *testing.T, obj *Object, program string, want int32) {
	t.Helper()
	got, err := obj.Program(program).Run(nil)
	if err != nil {
		t.Error(err)
	}
	if int32(got) != want {
		t.Errorf("program %q returns %d, want %d", program, int32(got), want)
	}
}

// get reads a variable.
func get[T any](t *testing.T, obj *Object, name string) T {
	t.Helper()
	var v T
	if err := obj.Variable(name).Get(&v); err != nil {
		t.Error(err)
	}
	return v
}

// equal compares a variable.
func equal[T comparable](t *testing.T, obj *Object, name string, want T) {
	t.Helper()
	if got := get[T](t, obj, name); got != want {
		t.Errorf("variable %q is %v, want %v", name, got, want)
	}
}

// TestLoadAll: every object that is meant to load does, also from the state in
// which a first load left the Spec, and the kernel has what Plan said.
func TestLoadAll(t *testing.T) {
	for _, name := range []string{"task_local", "uptr", "uptr_gcc", "constpointee", "maps", "mapinmap", "globals", "subprogs", "core", "types", "refused", "kfunc", "values"} {
		t.Run(name, func(t *testing.T) {
			if name == "kfunc" {
				kerneltest.NeedLinux(t, "6.3", "bpf_cgroup_from_id()")
			}
			kerneltest.NoLeaks(t)
			spec := mustParse(t, readObject(t, name, nativeOrder()))
			for range 2 {
				obj, err := spec.Load(nil)
				kerneltest.Require(t, err)
				for i, m := range obj.Maps() {
					checkMapInfo(t, m, &spec.Maps[i])
				}
				want := 0
				for i := range spec.Programs {
					if !spec.Programs[i].Optional {
						want++
					}
				}
				if got := len(obj.Programs()); got != want {
					t.Errorf("%d programs, want %d", got, want)
				}
				if err := obj.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestNamelessParameters: C23 allows them in definitions, and the kernel's BTF does not (btf_func_check, kernel/bpf/btf.c).
func TestNamelessParameters(t *testing.T) {
	kerneltest.NoLeaks(t)
	im := takeApart(t, readObject(t, "subprogs", nativeOrder()))
	im.editBTF(t, func(types *btf.Spec) {
		for id := btf.ID(1); int(id) < types.Len(); id++ {
			if f := types.Type(id); f.Kind == btf.KindFunc {
				for i := range types.Type(f.Type).Members {
					types.Type(f.Type).Members[i].Name = ""
				}
			}
		}
	})
	obj, err := Load(im.write(), nil)
	kerneltest.Require(t, err)
	if err := obj.Close(); err != nil {
		t.Error(err)
	}
}

func checkMapInfo(t *testing.T, m *Map, spec *MapSpec) {
	t.Helper()
	fd, err := m.FD()
	if err != nil {
		t.Fatal(err)
	}
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		t.Fatal(err)
	}
	if m.Name() != spec.Name || m.Type() != info.Type || m.Flags() != info.MapFlags || m.KeySize() != int(info.KeySize) ||
		m.ValueSize() != int(info.ValueSize) || m.MaxEntries() != int(info.MaxEntries) {
		t.Errorf("map %q: type %v, flags %v, sizes %d and %d, %d entries; the kernel says %+v",
			m.Name(), m.Type(), m.Flags(), m.KeySize(), m.ValueSize(), m.MaxEntries(), info)
	}
	if (traits(m.Type())&typed != 0) != (info.BTFValueTypeID != 0) && spec.Value != 0 {
		t.Errorf("map %q: btf_value_type_id %d", m.Name(), info.BTFValueTypeID)
	}
}

// TestSubprograms: results are worked out in the comments of subprogs.bpf.c, with
// seed 3.
func TestSubprograms(t *testing.T) {
	obj := loadObject(t, "subprogs", nil)
	// global_add(10, 20) = 30 + middle(20), middle(n) = 3n + 3*seed + 1, doubled n: 2n + seed
	call(t, obj, "call_nested", 30+(3*20+3*3+1)+(2+3)+(3+3))
	call(t, obj, "call_loop", 10+5*3)
	call(t, obj, "call_for_each", 4)
	if err := obj.Variable("seed").Set(int32(5)); err != nil {
		t.Fatal(err)
	}
	call(t, obj, "call_loop", 10+5*5)

	needTracefs(t)
	if err := obj.Variable("target_pid").Set(int32(sys.Gettid())); err != nil {
		t.Fatal(err)
	}
	if err := obj.Attach(); err != nil {
		t.Fatal(err)
	}
	sys.Gettid()
	middle := func(n int32) int32 { return 3*n + 3*5 + 1 }
	equal(t, obj, "tp_btf_result", 1+middle(2)+middle(middle(2)))
	equal(t, obj, "raw_tp_result", middle(5))
	equal(t, obj, "tracepoint_result", int32(4+5))
}

// TestCORE: what the relocations must give follows from core.bpf.c; what depends on
// the kernel is compared with what other fields of the same kernel say.
func TestCORE(t *testing.T) {
	obj := loadObject(t, "core", nil)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	call(t, obj, "relocate", 0)
	for name, want := range map[string]uint64{
		"comm_size":     16, // TASK_COMM_LEN, include/linux/sched.h
		"pid_signed":    1,
		"pid_exists":    1,
		"struct_exists": 1, "missing_field_exists": 0, "missing_struct_exists": 0,
		"struct_matches": 1, "missing_struct_matches": 0,
		"bitfield_signed": 0, "bitfield_rshift": 63,
		"enum_exists": 1, "missing_enum_exists": 0, "enum_value": 29,
		"read_pid":        uint64(sys.Gettid()),
		"read_leader_pid": uint64(os.Getpid()), "read_missing_field": 0,
	} {
		equal(t, obj, name, want)
	}
	if size, off := get[uint64](t, obj, "struct_size"), get[uint64](t, obj, "pid_offset"); size < 1024 || off == 0 || off >= size {
		t.Errorf("task_struct of %d bytes with pid at %d", size, off)
	}
	local, target := get[uint64](t, obj, "local_type_id"), get[uint64](t, obj, "target_type_id")
	if name := obj.spec.types.Type(btf.ID(local)).Name; name != "task_struct___part" || target == local || target == 0 {
		t.Errorf("local type id %d (%q), target type id %d", local, name, target)
	}
}

func TestCOREMissing(t *testing.T) {
	kerneltest.NeedLinux(t, "6.12", "the source line before a failed CO-RE relocation in the log")
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	kerneltest.NoLeaks(t)
	k, err := Running()
	kerneltest.Require(t, err)
	defer k.Close()
	plan, err := mustParse(t, readObject(t, "core_missing", nativeOrder())).Plan(k, &Options{AllPrograms: true})
	kerneltest.Require(t, err)
	errs := plan.Try()
	for program, parts := range map[string][]string{
		"read_missing":  {"task_struct___part.no_such_field (byte_off)", "return task->no_such_field & 1;", "core_missing.bpf.c:14"},
		"value_missing": {"no_such_enum::NO_SUCH_VALUE (enumval_value)", "int value_missing(void *ctx)", "core_missing.bpf.c:22"},
	} {
		i := slices.IndexFunc(plan.Steps, func(s Step) bool { return s.Subject == `program "`+program+`"` })
		var refused *VerifierError
		if !errors.As(errs[i], &refused) || !errors.Is(errs[i], ErrVerifier) || !errors.Is(errs[i], syscall.EINVAL) {
			t.Fatalf("error %v", errs[i])
		}
		// The number with which bpf_core_poison_insn (kernel/bpf/relo_core.c) poisons.
		if !strings.Contains(refused.Log, "195896080") {
			t.Errorf("log %q", refused.Log)
		}
		text := errs[i].Error()
		for _, part := range append(parts, `program "`+program+`"`) {
			if !strings.Contains(text, part) {
				t.Errorf("error %q lacks %q", text, part)
			}
		}
		if strings.Contains(text, "\n") {
			t.Errorf("error of several lines: %q", text)
		}
	}
}

// TestDeclaredPointee: the kernel finds no timer beside a kptr to a struct that is only declared, and does not say why.
func TestDeclaredPointee(t *testing.T) {
	kerneltest.NeedLinux(t, "6.2", "one record of all special fields, timers included")
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	kerneltest.NoLeaks(t)
	_, err := Load(readObject(t, "case_fwdtimer", nativeOrder()), nil)
	want := `program "start": struct cgroup is only declared, and a kptr points to it: name it at file scope`
	if !errors.Is(err, ErrVerifier) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "no valid bpf_timer") {
		t.Errorf("error %v", err)
	}
}

// TestExplainMaps: what the kernel refuses with EINVAL and no log is told with its values.
func TestExplainMaps(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	kerneltest.NoLeaks(t)
	for _, row := range []struct {
		change func(*Spec)
		want   string
	}{
		{func(s *Spec) { s.Map("inner_a").Type = 9999 },
			`map "inner_a": BPF_MAP_CREATE: invalid argument (EINVAL): bpf_map_type(9999) with key_size 4, value_size 4, max_entries 1, map_flags 0x0`},
		{func(s *Spec) { s.Map("inner_b").MaxEntries = 2 },
			`map "outer_array" slot 2 (map "inner_b"): BPF_MAP_UPDATE_ELEM: invalid argument (EINVAL): its type, sizes or flags are not those of the inner definition`},
	} {
		spec := mustParse(t, readObject(t, "mapinmap", nativeOrder()))
		row.change(spec)
		_, err := spec.Load(nil)
		if !errors.Is(err, syscall.EINVAL) || err.Error() != row.want {
			t.Errorf("error %v\nwant  %s", err, row.want)
		}
	}
}

func TestKfuncs(t *testing.T) {
	kerneltest.NeedLinux(t, "6.3", "bpf_cgroup_from_id()")
	obj := loadObject(t, "kfunc", nil)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	call(t, obj, "call_kfuncs", 0)
	equal(t, obj, "acquired_pid", int32(sys.Gettid()))
	equal(t, obj, "cgroup_found", int32(1))
	equal(t, obj, "missing_exists", int32(0))
}

func TestClosed(t *testing.T) {
	kerneltest.NoLeaks(t)
	obj, err := Load(readObject(t, "types", nativeOrder()), nil)
	kerneltest.Require(t, err)
	v := obj.Map(".bss")
	for range 2 {
		if err := obj.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, mapErr := v.FD()
	_, progErr := obj.Program("on_syscall").FD()
	_, runErr := obj.Program("on_syscall").Run(nil)
	_, attachErr := obj.Program("on_tp_btf").Attach()
	for i, err := range []error{
		mapErr, progErr, runErr, attachErr, obj.Attach(), obj.Variable("target_pid").Set(int32(1)), obj.Map(".bss").Lookup(make([]byte, 4), make([]byte, 68)),
		obj.Map(".bss").Delete(make([]byte, 4)), obj.Map(".bss").Update(make([]byte, 4), make([]byte, 68), 0), obj.Map(".bss").Pin("/sys/fs/bpf/closed"),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%d: %v, want ErrClosed", i, err)
		}
	}
}

func TestNotFound(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	_, mapErr := obj.Map("data").FD()
	_, progErr := obj.Program("sys_enter").FD()
	_, attachErr := obj.Program("sys_enter").Attach()
	for _, tt := range []struct {
		err  error
		text string
	}{
		{mapErr, `map "data": not found (there is datamap, .bss)`},
		{obj.Map("data").Lookup(nil, nil), `map "data": not found (there is datamap, .bss)`},
		{obj.Map("data").Pin("/sys/fs/bpf/x"), `map "data": not found (there is datamap, .bss)`},
		{progErr, `program "sys_enter": not found (there is on_sys_enter)`},
		{attachErr, `program "sys_enter": not found (there is on_sys_enter)`},
		{obj.Variable("pid").Set(int32(1)), `variable "pid": not found (there is target_pid, kptr_user_pointee_0)`},
	} {
		if !errors.Is(tt.err, ErrNotFound) || tt.err.Error() != tt.text {
			t.Errorf("error %q, want %q", tt.err, tt.text)
		}
	}
	if obj.Map("data").Name() != "data" || obj.Program("sys_enter").Name() != "sys_enter" {
		t.Error("a name that was not found is lost")
	}
	if err := obj.Map("data").Close(); err != nil {
		t.Error(err)
	}
}

// TestFunctions: a hidden function is verified with its callers, and a static one in a section of programs is a subprogram.
func TestFunctions(t *testing.T) {
	obj := loadObject(t, "functions", nil)
	if got := len(obj.Programs()); got != 2 {
		t.Errorf("%d programs, want 2", got)
	}
	call(t, obj, "call_hidden", 5)
	ctx := binary.NativeEndian.AppendUint32(nil, 21)
	if got, err := obj.Program("call_static").Run(ctx); err != nil || got != 42 {
		t.Errorf("call_static returns %d, %v, want 42", got, err)
	}
}

// TestSetInSpec: what a definition leaves out, and where a program attaches, may be set between Parse and Load.
func TestSetInSpec(t *testing.T) {
	kerneltest.NeedJIT(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	kerneltest.NoLeaks(t)
	spec := mustParse(t, readObject(t, "maps", nativeOrder()))
	m := spec.Map("an_array")
	m.MaxEntries, m.ValueSize = 0, 0
	if _, err := spec.Load(nil); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "MapSpec.ValueSize") {
		t.Errorf("no value size: %v", err)
	}
	m.ValueSize = 8
	if _, err := spec.Load(nil); !errors.Is(err, syscall.EINVAL) || !strings.HasSuffix(err.Error(), "MapSpec.MaxEntries") {
		t.Errorf("no max_entries: %v", err)
	}
	m.MaxEntries = 9
	obj, err := spec.Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer obj.Close()
	checkMapInfo(t, obj.Map("an_array"), m)

	spec = mustParse(t, readObject(t, "subprogs", nativeOrder()))
	for i := range spec.Programs {
		if p := &spec.Programs[i]; p.Type == sys.BPF_PROG_TYPE_RAW_TRACEPOINT {
			p.Target = ""
		}
	}
	if obj, err = spec.Load(nil); err != nil {
		t.Fatal(err)
	}
	defer obj.Close()
	if err := obj.Attach(); err == nil || !strings.Contains(err.Error(), "ProgramSpec.Target") {
		t.Errorf("attach without a target: %v", err)
	}
}
