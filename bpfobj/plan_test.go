package bpfobj

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// TestPlanGolden compares with plans that were checked by hand against the C
// source, llvm-readelf and bpftool btf dump.
func TestPlanGolden(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		p := mustPlan(t, "task_local", order, nil)
		name := "testdata/task_local.little.plan"
		if order == binary.ByteOrder(binary.BigEndian) {
			name = "testdata/task_local.big.plan"
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), p.String()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if p.Tag() != TagUptr {
			t.Errorf("tag %q", p.Tag())
		}
	})
}

func mustPlan(t testing.TB, object string, order binary.ByteOrder, opts *Options) *Plan {
	t.Helper()
	p, err := mustParse(t, readObject(t, object, order)).Plan(recordedKernel(t, order), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// planErr plans an object, changed if change is not nil, for a recorded kernel.
func planErr(t testing.TB, object string, change func(*Spec, *Kernel), opts *Options) error {
	t.Helper()
	spec, k := mustParse(t, readObject(t, object, binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
	if change != nil {
		change(spec, k)
	}
	p, err := spec.Plan(k, opts)
	if (p == nil) != (err != nil) {
		t.Errorf("plan %v with error %v", p != nil, err)
	}
	return err
}

func TestPlanDeterministic(t *testing.T) {
	for _, tt := range parseTests {
		bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
			b := readObject(t, tt.object, order)
			spec, k := mustParse(t, b), recordedKernel(t, order)
			opts := &Options{AllPrograms: true, KeepGoing: true, PinDir: t.TempDir()}
			one, err1 := spec.Plan(k, opts)
			two, err2 := spec.Plan(k, opts)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if diff := cmp.Diff(one, two, everything, pointers); diff != "" {
				t.Errorf("%s: the second plan differs:\n%s", tt.object, diff)
			}
			if one.String() != two.String() {
				t.Errorf("%s: the second plan prints differently", tt.object)
			}
			if diff := cmp.Diff(mustParse(t, b), spec, everything); diff != "" {
				t.Errorf("%s: Plan changed the Spec:\n%s", tt.object, diff)
			}
		})
	}
}

// pointers compares attributes by what they print, since Ptr is opaque.
var pointers = cmp.Transformer("Fields", func(p sys.Ptr) bool { return p == sys.Ptr{} })

func TestPlanRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		object string
		change func(*Spec, *Kernel)
		opts   *Options
		err    error
		text   string
	}{
		{"other byte order", "task_local", func(_ *Spec, k *Kernel) { k.ByteOrder = binary.BigEndian }, nil, ErrByteOrder,
			"object of the other byte order: the object is LittleEndian, the kernel BigEndian: compile with -target bpf on the host, or choose bpfel or bpfeb"},
		{"target missing", "bad_target", nil, nil, ErrNotFound,
			`program "on_missing_tracepoint": section "tp_btf/kptr_no_such_tracepoint": offset 0x0: kernel TYPEDEF "btf_trace_kptr_no_such_tracepoint": not found (modules are not searched)`},
		{"no target", "task_local", func(s *Spec, _ *Kernel) { s.Programs[0].Target = "" }, nil, ErrFormat,
			`program "on_sys_enter": section "tp_btf/sys_enter": offset 0x0: "on_sys_enter": section name has no target: put it behind a slash, or set ProgramSpec.Target`},
		{"kfunc missing", "kfunc_missing", nil, nil, ErrNotFound,
			`program "call_missing": section "syscall": instruction 1: kernel FUNC "bpf_kptr_no_such_kfunc": not found (kfuncs of modules are not supported; what another object has is to be linked with bpftool gen object)`},
		{"kernel without BTF", "task_local", func(_ *Spec, k *Kernel) { k.BTF = nil }, nil, sys.ErrNotSupported,
			`program "on_sys_enter": kernel BTF (CONFIG_DEBUG_INFO_BTF, /sys/kernel/btf/vmlinux): not supported by this kernel (needs Linux 5.4): file does not exist`},
		{"kernel BTF is none", "task_local", func(_ *Spec, k *Kernel) { k.BTF = []byte("this is no BTF, but long enough") }, nil, btf.ErrNotBTF,
			`program "on_sys_enter": the kernel's BTF: .BTF: at 0x0: magic number 74 68, want 9f eb or eb 9f`},
		{"program not there", "task_local", nil, &Options{Programs: []string{"on_sys_exit"}}, ErrNotFound,
			`program "on_sys_exit": not found (there is on_sys_enter)`},
		{"Go type for a map that is not there", "task_local", nil, &Options{ValueTypes: map[string]reflect.Type{"z": nil, "datamop": nil}}, ErrNotFound,
			`map "datamop": not found (there is datamap, .bss)`},
		{"Go type for a map without BTF", "core_missing", func(s *Spec, _ *Kernel) {
			s.types, s.ext, s.Programs = nil, nil, nil
			s.Maps = []MapSpec{{Name: "m", Type: hash, KeySize: 4, ValueSize: 4}}
		}, &Options{ValueTypes: map[string]reflect.Type{"m": reflect.TypeFor[int32]()}}, ErrFormat,
			`map "m": section ".BTF": offset 0x0: "m": no value type to compare the Go type with`},
		{"map without a value", "maps", func(s *Spec, _ *Kernel) { s.Map("an_array").ValueSize = 0 }, nil, ErrFormat,
			`map "an_array": section ".maps": offset 0x0: "an_array": map of type BPF_MAP_TYPE_ARRAY without a value type: __type(value, ...) is missing, or MapSpec.ValueSize`},
		{"map without a key", "maps", func(s *Spec, _ *Kernel) { s.Map("an_array").KeySize = 0 }, nil, ErrFormat,
			`map "an_array": section ".maps": offset 0x0: "an_array": map of type BPF_MAP_TYPE_ARRAY without a key type: __type(key, ...) is missing, or MapSpec.KeySize`},
		{"map of no maps", "mapinmap", func(s *Spec, _ *Kernel) { s.Map("outer_array").Inner = nil }, nil, ErrFormat,
			`map "outer_array": section ".maps": offset 0x40: "outer_array": map of maps without __array(values, ...), or MapSpec.Inner`},
		{"inner map without a value", "mapinmap", func(s *Spec, _ *Kernel) { s.Map("outer_array").Inner.ValueSize = 0 }, nil, ErrFormat, ""},
		{"BTF that cannot be encoded", "task_local", func(s *Spec, _ *Kernel) {
			s.types.Type(1).Type = 1 << 20
		}, nil, btf.ErrMalformed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := planErr(t, tt.object, tt.change, tt.opts)
			if !errors.Is(err, tt.err) || tt.text != "" && err.Error() != tt.text {
				t.Errorf("error %q, want one that matches %q and reads %q", err, tt.err, tt.text)
			}
		})
	}
}

// TestPlanWithoutBTF: an object that asks for nothing in the kernel's BTF needs none.
func TestPlanWithoutBTF(t *testing.T) {
	for _, object := range []string{"maps", "globals", "mapinmap"} {
		if err := planErr(t, object, func(_ *Spec, k *Kernel) { k.BTF = nil }, nil); err != nil {
			t.Errorf("%s: %v", object, err)
		}
	}
}

// createOf gives the attributes of the step that creates a map.
func createOf(t *testing.T, p *Plan, name string) *sys.MapCreateAttr {
	t.Helper()
	for i := range p.Steps {
		if a, ok := p.Steps[i].Attr.(*sys.MapCreateAttr); ok && p.Steps[i].thing.name == name && p.Steps[i].kept {
			return a
		}
	}
	t.Fatalf("no step creates map %q", name)
	return nil
}

// TestPlanMachine: what depends on the page size and the CPUs.
func TestPlanMachine(t *testing.T) {
	for _, tt := range []struct {
		name    string
		typ     sys.MapType
		entries uint32
		page    int
		want    uint32
	}{
		{"ring of 4 KiB on pages of 4 KiB", sys.BPF_MAP_TYPE_RINGBUF, 4096, 4096, 4096},
		{"ring of 4 KiB on pages of 64 KiB", sys.BPF_MAP_TYPE_RINGBUF, 4096, 65536, 65536},
		{"ring of 256 KiB on pages of 64 KiB", sys.BPF_MAP_TYPE_RINGBUF, 1 << 18, 65536, 1 << 18},
		{"user ring", sys.BPF_MAP_TYPE_USER_RINGBUF, 1, 16384, 16384},
		{"ring without a size is the kernel's to refuse", sys.BPF_MAP_TYPE_RINGBUF, 0, 4096, 0},
		{"hash", hash, 5, 65536, 5},
		{"perf events of some CPUs", perfEvents, 2, 4096, 2},
		{"perf events of all CPUs", perfEvents, 0, 4096, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spec, k := mustParse(t, readObject(t, "maps", binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
			k.PageSize, k.CPUs = tt.page, 7
			m := spec.Map("ring")
			m.Type, m.MaxEntries, m.KeySize, m.ValueSize = tt.typ, tt.entries, 4, 4
			p, err := spec.Plan(k, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := createOf(t, p, "ring").MaxEntries; got != tt.want {
				t.Errorf("max_entries %d, want %d", got, tt.want)
			}
		})
	}
}

// TestPlanTag: the tag that goes to the kernel is the kernel's, whichever the object has.
func TestPlanTag(t *testing.T) {
	for _, object := range []string{"task_local", "uptr"} {
		for _, tag := range []string{TagUptr, TagKptrUser, "uptr_of_the_future"} {
			spec, k := mustParse(t, readObject(t, object, binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
			k.Tag = tag
			p, err := spec.Plan(k, nil)
			if tag == "uptr_of_the_future" {
				if !errors.Is(err, ErrTagUnknown) {
					t.Errorf("%s: tag %q: error %v", object, tag, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.types.Find(btf.KindTypeTag, tag); err != nil || p.Tag() != tag {
				t.Errorf("%s: tag %q, want %q: %v", object, p.Tag(), tag, err)
			}
			for _, other := range []string{TagUptr, TagKptrUser} {
				if _, err := p.types.Find(btf.KindTypeTag, other); err == nil && other != tag {
					t.Errorf("%s: tag %q is still there", object, other)
				}
			}
		}
	}
	k := recordedKernel(t, binary.LittleEndian)
	k.Tag = ""
	p, err := mustParse(t, readObject(t, "task_local", binary.LittleEndian)).Plan(k, nil)
	if err != nil || p.Tag() != TagUptr {
		t.Errorf("without a tag: %q, %v", p.Tag(), err)
	}
}

// TestPlanVariables: contents that are all zero need no step; what Set wrote does.
func TestPlanVariables(t *testing.T) {
	kinds := func(p *Plan, name string) (contents, freeze int) {
		for i := range p.Steps {
			if s := &p.Steps[i]; s.thing.name == name {
				switch s.Attr.(type) {
				case *sys.MapUpdateElemAttr:
					contents++
				case *sys.MapFreezeAttr:
					freeze++
				}
			}
		}
		return contents, freeze
	}
	spec, k := mustParse(t, readObject(t, "globals", binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
	for name, want := range map[string][2]int{".data": {1, 0}, ".rodata": {1, 1}, ".bss": {0, 0}, ".rodata.bar": {1, 1}, ".bss.baz": {0, 0}} {
		p, err := spec.Plan(k, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c, f := kinds(p, name); c != want[0] || f != want[1] {
			t.Errorf("%s: %d contents and %d freezes, want %v", name, c, f, want)
		}
	}
	if spec.Map(".bss").Contents != nil {
		t.Error(".bss has contents before anything is stored")
	}
	if err := spec.Variable("bss_runs").Set(int32(3)); err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan(k, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := kinds(p, ".bss"); c != 1 {
		t.Errorf(".bss: %d contents after Set, want 1", c)
	}
}

// TestPlanDatasecOrder: the kernel wants variables by offset, in which order the
// source has them or not.
func TestPlanDatasecOrder(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		im := takeApart(t, readObject(t, "types", order))
		// Exchange the places of two variables of the same size.
		a, b := im.symbol("tp_btf_calls"), im.symbol("fexit_calls")
		a.Value, b.Value = b.Value, a.Value
		spec := mustParse(t, im.write())
		var last uint32
		for i, v := range spec.types.Type(spec.Map(".bss").Value).Members {
			if i > 0 && v.Offset <= last {
				t.Errorf("variable %d at %d, after one at %d", i, v.Offset, last)
			}
			last = v.Offset
		}
		if _, err := spec.Plan(recordedKernel(t, order), nil); err != nil {
			t.Error(err)
		}
		if v := spec.Variable("tp_btf_calls"); v.offset != 0x38 {
			t.Errorf("tp_btf_calls at %#x, want 0x38", v.offset)
		}
	})
}

// TestPlanKeepGoing: a plan is made all the same, and says what will not do.
func TestPlanKeepGoing(t *testing.T) {
	spec, k := mustParse(t, readObject(t, "mapinmap", binary.LittleEndian)), recordedKernel(t, binary.LittleEndian)
	opts := &Options{KeepGoing: true, ValueTypes: map[string]reflect.Type{"inner_b": reflect.TypeFor[uint64]()}}
	p, err := spec.Plan(k, opts)
	if err != nil {
		t.Fatal(err)
	}
	var failed, slots int
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Err != nil {
			failed++
			var step *StepError
			var layout *btf.LayoutError
			if !errors.As(s.Err, &step) || step.Step != i || step.Subject != `map "inner_b"` || !errors.As(s.Err, &layout) {
				t.Errorf("step %d: %v", i, s.Err)
			}
		}
		if _, ok := s.Attr.(*sys.MapUpdateElemAttr); ok {
			slots++
		}
		for _, u := range s.Uses {
			if u.Step < 0 || u.Step >= i {
				t.Errorf("step %d uses step %d", i, u.Step)
			}
		}
	}
	if failed != 1 || slots != 1 {
		t.Errorf("%d steps failed and %d slots, want 1 and 1", failed, slots)
	}
	// A program that needs a map that cannot be is not possible either.
	opts.ValueTypes = map[string]reflect.Type{"an_array": reflect.TypeFor[uint8]()}
	p, err = mustParse(t, readObject(t, "maps", binary.LittleEndian)).Plan(k, opts)
	if err != nil {
		t.Fatal(err)
	}
	last := p.Steps[len(p.Steps)-1]
	if !errors.Is(last.Err, ErrDepends) || last.Err.Error() != `program "use_maps": depends on what was not loaded: map "an_array"` {
		t.Errorf("last step: %v", last.Err)
	}
}

// TestPlanRecognition: each user kptr is asked for on its own.
func TestPlanRecognition(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		p := mustPlan(t, "values", order, nil)
		// Offsets as in struct value of values.bpf.c.
		want := []UserKptr{{Path: "data", Offset: 8, Size: 12}, {Path: "nested.data", Offset: 24, Size: 12}, {Path: "labels[0]", Offset: 32, Size: 32}, {Path: "labels[1]", Offset: 40, Size: 32}}
		var got []UserKptr
		for i := range p.Steps {
			s := &p.Steps[i]
			if _, ok := s.Attr.(*sys.MapUpdateElemAttr); !ok {
				continue
			}
			if s.Expect != syscall.EFAULT {
				t.Errorf("step %d expects %v", i, s.Expect)
			}
			u := p.maps[s.thing.index].kptrs[s.field]
			u.Pointee = 0
			got = append(got, u)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestPlanKsyms: an address of a kfunc becomes its BTF id, one of what the
// kernel does not have 0 if it is weak.
func TestPlanKsyms(t *testing.T) {
	k := recordedKernel(t, binary.LittleEndian)
	for _, tt := range []struct {
		name string
		weak bool
		src  byte
		err  error
	}{
		{"vfs_read", false, sys.BPF_PSEUDO_BTF_ID, nil},
		{"no_such", true, 0, nil},
		{"no_such", false, 0, ErrNotFound},
	} {
		c := code{order: binary.LittleEndian, b: make([]byte, 2*insnSize)}
		c.b[0] = opLdImm64
		spec := &Spec{ByteOrder: binary.LittleEndian, types: btf.New(binary.LittleEndian), file: new(elf.File)}
		spec.types.Add(btf.Type{Kind: btf.KindFunc, Name: tt.name, Type: spec.types.Add(btf.Type{Kind: btf.KindFuncProto}), Linkage: btf.LinkageExtern})
		spec.ksyms = []ksym{{name: tt.name, weak: tt.weak}}
		spec.Programs = []ProgramSpec{{Name: "p", Type: syscallProg, code: c, refs: []ref{{src: sys.BPF_PSEUDO_BTF_ID}}}}
		p := planner{Plan: &Plan{spec: spec}, kernel: k}
		ids, err := btf.Scan(k.BTF, spec.ksyms[0].names())
		if err != nil {
			t.Fatal(err)
		}
		p.ids = k.find(spec.ksyms[0].names()...)
		if err = catch(func() { p.fillRefs(c, &plannedProgram{ProgramSpec: &spec.Programs[0]}) }); !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		}
		if c.src(0) != tt.src || c.imm(0) != int32(ids[0]) || c.imm(1) != 0 {
			t.Errorf("%s: source %d, immediates %d and %d; id %d", tt.name, c.src(0), c.imm(0), c.imm(1), ids[0])
		}
		if _, err := spec.Plan(k, nil); !errors.Is(err, tt.err) {
			t.Errorf("%s: Plan: %v, want %v", tt.name, err, tt.err)
		}
	}
}

// TestPlanFlavour: an extern's name up to "___" is what the kernel has.
func TestPlanFlavour(t *testing.T) {
	spec := &Spec{ByteOrder: binary.LittleEndian, types: btf.New(binary.LittleEndian), file: new(elf.File)}
	proto := spec.types.Add(btf.Type{Kind: btf.KindFuncProto})
	spec.types.Add(btf.Type{Kind: btf.KindFunc, Name: "bpf_task_acquire___2", Type: proto, Linkage: btf.LinkageExtern})
	spec.ksyms = []ksym{{name: "bpf_task_acquire___2", symbol: 1}}
	c := code{order: binary.LittleEndian, b: make([]byte, 16)}
	c.b[0] = opCall
	spec.Programs = []ProgramSpec{{Name: "p", Type: syscallProg, code: c, refs: []ref{{insn: 0, src: sys.BPF_PSEUDO_KFUNC_CALL}}}}
	k := recordedKernel(t, binary.LittleEndian)
	if _, err := spec.Plan(k, nil); err != nil {
		t.Fatal(err)
	}
	want, err := btf.Scan(k.BTF, []btf.Name{{Kind: btf.KindFunc, Name: "bpf_task_acquire"}})
	if err != nil || want[0] == 0 {
		t.Fatal(want, err)
	}
	p := planner{Plan: &Plan{spec: spec}, ids: k.find(spec.ksyms[0].names()...)}
	prog := &plannedProgram{ProgramSpec: &spec.Programs[0]}
	if id := p.ksym(prog, prog.refs[0]); id != int(want[0]) {
		t.Errorf("id %d, want %d", id, want[0])
	}
}

// TestPlanRing: a ring buffer gets the next power of two of bytes, and a page at least (ringbuf_map_alloc, kernel/bpf/ringbuf.c).
func TestPlanRing(t *testing.T) {
	k := recordedKernel(t, binary.LittleEndian)
	for asked, want := range map[uint32]uint32{1: 4096, 4096: 4096, 4097: 8192, 12288: 16384, 1 << 31: 1 << 31, 3 << 30: 3 << 30, 0: 0} {
		for _, typ := range []sys.MapType{sys.BPF_MAP_TYPE_RINGBUF, sys.BPF_MAP_TYPE_USER_RINGBUF} {
			spec := &Spec{ByteOrder: binary.LittleEndian, file: new(elf.File), Maps: []MapSpec{{Name: "ring", Type: typ, MaxEntries: asked}}}
			p, err := spec.Plan(k, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Steps[0].Attr.(*sys.MapCreateAttr).MaxEntries; got != want {
				t.Errorf("%v of %d: %d, want %d", typ, asked, got, want)
			}
		}
	}
}

// TestPlanPinnedSlots: an array of maps gets its two when it is made, and keeps what it has where it is pinned already. To a plan
// any file is a pin.
func TestPlanPinnedSlots(t *testing.T) {
	spec, dir := mustParse(t, readObject(t, "mapinmap", binary.LittleEndian)), t.TempDir()
	spec.Map("outer_array").PinByName = true
	for _, want := range []int{2, 0} {
		p, err := spec.Plan(recordedKernel(t, binary.LittleEndian), &Options{PinDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		slots := 0
		for i := range p.Steps {
			if _, ok := p.Steps[i].Attr.(*sys.MapUpdateElemAttr); ok && p.Steps[i].thing.name == "outer_array" {
				slots++
			}
		}
		if slots != want {
			t.Errorf("%d slots, want %d", slots, want)
		}
		if err := os.WriteFile(filepath.Join(dir, "outer_array"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
