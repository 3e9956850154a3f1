package bpfobj

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/btf"
	"kptr/sys"
)

// wantMap is what the C source says of a map.
type wantMap struct {
	name                string
	typ                 sys.MapType
	key, value, entries uint32
	flags               sys.MapFlags
	keyType, valueType  string // as C; empty: sizes alone
	inner               *wantMap
	pinned              bool
}

// wantProgram is what the C source says of a program; functions are it and the
// subprograms it reaches, in the order in which they are met.
type wantProgram struct {
	name, section string
	typ           sys.ProgType
	attach        sys.AttachType
	target        string
	sleepable     bool
	optional      bool
	functions     []string
	relocations   int // CO-RE
}

const (
	syscallProg = sys.BPF_PROG_TYPE_SYSCALL
	tracing     = sys.BPF_PROG_TYPE_TRACING
	rawTP       = sys.BPF_PROG_TYPE_RAW_TRACEPOINT
	tracepoint  = sys.BPF_PROG_TYPE_TRACEPOINT
	onRawTP     = sys.BPF_TRACE_RAW_TP
	array       = sys.BPF_MAP_TYPE_ARRAY
	hash        = sys.BPF_MAP_TYPE_HASH
	perfEvents  = sys.BPF_MAP_TYPE_PERF_EVENT_ARRAY
	storage     = sys.BPF_MAP_TYPE_TASK_STORAGE
	noPrealloc  = sys.BPF_F_NO_PREALLOC
	mmapable    = sys.BPF_F_MMAPABLE
)

// section is the map of a section of variables: sizes are those of llvm-readelf -S.
func section(name string, size uint32) wantMap {
	m := wantMap{name: name, typ: array, key: 4, value: size, entries: 1, flags: mmapable, valueType: "section " + name}
	if strings.HasPrefix(name, ".rodata") {
		m.flags |= sys.BPF_F_RDONLY_PROG
	}
	return m
}

func datamap(value string) wantMap {
	return wantMap{name: "datamap", typ: storage, key: 4, value: 8, flags: noPrealloc, keyType: "int", valueType: value}
}

func syscallProgram(name string, functions ...string) wantProgram {
	return wantProgram{name: name, section: "syscall", typ: syscallProg, sleepable: true, functions: append([]string{name}, functions...)}
}

// onDemand is a program with '?' before the name of its section.
func onDemand(w wantProgram) wantProgram {
	w.section, w.optional = "?"+w.section, true
	return w
}

func tpBTF(name string, functions ...string) wantProgram {
	return wantProgram{name: name, section: "tp_btf/sys_enter", typ: tracing, attach: onRawTP, target: "sys_enter", functions: append([]string{name}, functions...)}
}

func (w wantProgram) core(n int) wantProgram { w.relocations = n; return w }

// parseTests holds what the C sources say; the order of maps and programs, and the
// sizes of sections, are those of llvm-readelf -S -s, the numbers of CO-RE
// relocations those of llvm-objdump -d -r.
var parseTests = []struct {
	object   string
	maps     []wantMap
	programs []wantProgram
}{
	{"task_local", []wantMap{datamap("struct value_type"), section(".bss", 16)}, []wantProgram{tpBTF("on_sys_enter").core(1)}},
	{"uptr", []wantMap{datamap("struct value_type"), section(".bss", 16)}, []wantProgram{tpBTF("on_sys_enter").core(1)}},
	{"uptr_gcc", []wantMap{datamap("struct value_type"), section(".bss", 16)}, []wantProgram{tpBTF("on_sys_enter").core(1)}},
	{"notag", []wantMap{datamap("struct value_type"), section(".bss", 16)}, []wantProgram{tpBTF("on_sys_enter").core(1)}},
	{"fwd", []wantMap{datamap("struct value_type"), section(".bss", 4)}, []wantProgram{tpBTF("on_sys_enter").core(1)}},
	{"constpointee", []wantMap{datamap("struct value_type"), section(".bss", 8)}, nil},
	{"maps", []wantMap{
		{name: "an_array", typ: array, key: 4, value: 8, entries: 4, keyType: "__u32", valueType: "counter"},
		{name: "a_hash", typ: hash, key: 16, value: 16, entries: 16, flags: noPrealloc, keyType: "struct pair", valueType: "struct pair"},
		{name: "percpu_array", typ: sys.BPF_MAP_TYPE_PERCPU_ARRAY, key: 4, value: 8, entries: 2, keyType: "__u32", valueType: "__u64"},
		{name: "ring", typ: sys.BPF_MAP_TYPE_RINGBUF, entries: 65536},
		{name: "percpu_hash", typ: sys.BPF_MAP_TYPE_PERCPU_HASH, key: 8, value: 8, entries: 8, keyType: "__u64", valueType: "__u64"},
		{name: "lru_hash", typ: sys.BPF_MAP_TYPE_LRU_HASH, key: 4, value: 24, entries: 32, keyType: "int", valueType: "char[24]"},
		{name: "task_storage", typ: storage, key: 4, value: 16, flags: noPrealloc, keyType: "int", valueType: "struct pair"},
		{name: "sized_hash", typ: hash, key: 12, value: 40, entries: 8},
		{name: "both_forms", typ: array, key: 4, value: 16, entries: 1, flags: mmapable, keyType: "int", valueType: "struct pair"},
		{name: ".rodata.cst16", typ: array, key: 4, value: 32, entries: 1, flags: mmapable | sys.BPF_F_RDONLY_PROG}, // key and value
	}, []wantProgram{syscallProgram("use_maps")}},
	{"pinned", []wantMap{
		{name: "kptr_test_pinned", typ: array, key: 4, value: 8, entries: 1, keyType: "__u32", valueType: "__u64", pinned: true},
		{name: "kptr_test_free", typ: array, key: 4, value: 8, entries: 1, keyType: "__u32", valueType: "__u64"},
	}, nil},
	{"mapinmap", []wantMap{
		{name: "inner_a", typ: array, key: 4, value: 4, entries: 1, keyType: "int", valueType: "__u32"},
		{name: "inner_b", typ: array, key: 4, value: 4, entries: 1, keyType: "int", valueType: "__u32"},
		{name: "outer_array", typ: sys.BPF_MAP_TYPE_ARRAY_OF_MAPS, key: 4, value: 4, entries: 3, keyType: "__u32",
			inner: &wantMap{name: "outer_array.inner", typ: array, key: 4, value: 4, entries: 1, keyType: "int", valueType: "__u32"}},
		{name: "outer_hash", typ: sys.BPF_MAP_TYPE_HASH_OF_MAPS, key: 4, value: 4, entries: 4,
			inner: &wantMap{name: "outer_hash.inner", typ: hash, key: 8, value: 8, entries: 2, keyType: "__u64", valueType: "__u64"}},
	}, []wantProgram{syscallProgram("read_inner")}},
	{"globals", []wantMap{
		section(".data", 0x50), section(".rodata", 0x21), section(".data.foo", 5), section(".rodata.bar", 8), section(".bss", 0x38), section(".bss.baz", 4),
	}, []wantProgram{syscallProgram("step")}},
	{"subprogs", []wantMap{
		{name: "numbers", typ: array, key: 4, value: 8, entries: 4, keyType: "__u32", valueType: "__u64"},
		section(".data", 4), section(".bss", 20),
	}, []wantProgram{
		tpBTF("call_from_tp_btf", "middle", "global_add", "leaf"),
		{name: "call_from_raw_tp", section: "raw_tp/sys_enter", typ: rawTP, target: "sys_enter", functions: []string{"call_from_raw_tp", "middle", "leaf"}},
		{name: "call_from_tracepoint", section: "tracepoint/raw_syscalls/sys_enter", typ: tracepoint, target: "raw_syscalls/sys_enter", functions: []string{"call_from_tracepoint", "leaf"}},
		syscallProgram("call_nested", "global_add", "weak_double", "hidden_triple", "middle", "leaf"),
		syscallProgram("call_loop", "add_index", "leaf"),
		syscallProgram("call_for_each", "add_value"),
	}},
	{"core", []wantMap{section(".data", 8), section(".bss", 22*8)}, []wantProgram{syscallProgram("relocate").core(24)}},
	{"core_missing", nil, []wantProgram{
		{name: "read_missing", section: "tp_btf/sys_enter", typ: tracing, attach: onRawTP, target: "sys_enter", functions: []string{"read_missing"}, relocations: 1},
		{name: "value_missing", section: "?tp_btf/sys_enter", typ: tracing, attach: onRawTP, target: "sys_enter", optional: true, functions: []string{"value_missing"}, relocations: 1},
	}},
	{"types", []wantMap{section(".bss", 68)}, []wantProgram{
		tpBTF("on_tp_btf"),
		{name: "on_raw_tp", section: "raw_tp/sys_enter", typ: rawTP, target: "sys_enter", functions: []string{"on_raw_tp"}},
		{name: "on_tracepoint", section: "tracepoint/raw_syscalls/sys_enter", typ: tracepoint, target: "raw_syscalls/sys_enter", functions: []string{"on_tracepoint"}},
		{name: "on_iter_task", section: "iter/task", typ: tracing, attach: sys.BPF_TRACE_ITER, target: "task", functions: []string{"on_iter_task"}, relocations: 4},
		syscallProgram("on_syscall"),
		{name: "on_fentry", section: "?fentry/vfs_read", typ: tracing, attach: sys.BPF_TRACE_FENTRY, target: "vfs_read", optional: true, functions: []string{"on_fentry"}},
		{name: "on_fexit", section: "?fexit/vfs_read", typ: tracing, attach: sys.BPF_TRACE_FEXIT, target: "vfs_read", optional: true, functions: []string{"on_fexit"}},
	}},
	{"refused", []wantMap{section(".bss", 20)}, []wantProgram{
		{name: "out_of_bounds", section: "?tp_btf/sys_enter", typ: tracing, attach: onRawTP, target: "sys_enter", optional: true, functions: []string{"out_of_bounds"}},
		{name: "long_log", section: "?raw_tp/sys_enter", typ: rawTP, target: "sys_enter", optional: true, functions: []string{"long_log"}},
	}},
	{"kfunc", []wantMap{section(".data", 4), section(".bss", 8)}, []wantProgram{syscallProgram("call_kfuncs").core(1), tpBTF("call_kfunc_again")}},
	{"kfunc_missing", nil, []wantProgram{syscallProgram("call_missing")}},
	{"values", []wantMap{
		{name: "values", typ: storage, key: 4, value: 64, flags: noPrealloc, keyType: "int", valueType: "struct value"},
		section(".bss", 0x30),
	}, []wantProgram{tpBTF("read_values").core(1), syscallProgram("add_under_lock"), onDemand(syscallProgram("exchange_kptr"))}},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		t.Run(tt.object, func(t *testing.T) {
			bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
				b := readObject(t, tt.object, order)
				spec := mustParse(t, b)
				if spec.ByteOrder != order {
					t.Errorf("byte order %v, want %v", spec.ByteOrder, order)
				}
				if spec.License != "GPL" {
					t.Errorf("licence %q, want GPL", spec.License)
				}
				functions := stdFunctions(t, b)
				var programs []wantProgram
				for i := range spec.Programs {
					programs = append(programs, spec.describeProgram(t, &spec.Programs[i], functions))
				}
				var maps []wantMap
				for i := range spec.Maps {
					maps = append(maps, spec.describeMap(&spec.Maps[i]))
				}
				if diff := cmp.Diff(tt.maps, maps, everything); diff != "" {
					t.Errorf("maps: -want +got:\n%s", diff)
				}
				if diff := cmp.Diff(tt.programs, programs, everything); diff != "" {
					t.Errorf("programs: -want +got:\n%s", diff)
				}
			})
		})
	}
}

func (s *Spec) describeMap(m *MapSpec) wantMap {
	w := wantMap{
		name: m.Name, typ: m.Type, key: m.KeySize, value: m.ValueSize, entries: m.MaxEntries, flags: m.Flags,
		keyType: typeName(s.types, m.Key), valueType: typeName(s.types, m.Value), pinned: m.PinByName,
	}
	if m.Inner != nil {
		inner := s.describeMap(m.Inner)
		w.inner = &inner
	}
	return w
}

// typeName gives a type as the source names it.
func typeName(types *btf.Spec, id btf.ID) string {
	t := types.Type(id)
	switch t.Kind {
	case btf.KindVoid:
		return ""
	case btf.KindStruct:
		return "struct " + t.Name
	case btf.KindDataSec:
		return "section " + t.Name
	case btf.KindArray:
		return fmt.Sprintf("%s[%d]", typeName(types, t.Type), t.Count)
	}
	return t.Name
}

// describeProgram finds the functions of a program again by their opcodes, which
// no relocation changes.
func (s *Spec) describeProgram(t *testing.T, p *ProgramSpec, functions []stdFunction) wantProgram {
	t.Helper()
	w := wantProgram{
		name: p.Name, section: p.Section, typ: p.Type, attach: p.AttachType, target: p.Target,
		sleepable: p.Sleepable, optional: p.Optional, relocations: p.CORERelocations(),
	}
	for insns := p.Instructions(); len(insns) > 0; {
		i := slices.IndexFunc(functions, func(f stdFunction) bool {
			return (f.name == p.Name) == (len(w.functions) == 0) && f.startsIn(insns)
		})
		if i < 0 {
			t.Errorf("program %q: no function has the %d bytes that are left", p.Name, len(insns))
			break
		}
		w.functions = append(w.functions, functions[i].name)
		insns = insns[len(functions[i].insns):]
	}
	if want := len(w.functions) * btf.FuncInfoSize; len(p.info[funcInfo]) != want {
		t.Errorf("program %q: %d bytes of func_info, want %d", p.Name, len(p.info[funcInfo]), want)
	}
	return w
}

// A stdFunction is a function as the standard library's debug/elf finds it.
type stdFunction struct {
	name  string
	insns []byte
}

func (f stdFunction) startsIn(insns []byte) bool {
	if len(insns) < len(f.insns) {
		return false
	}
	for i := 0; i < len(f.insns); i += insnSize {
		if insns[i] != f.insns[i] {
			return false
		}
	}
	return true
}

func stdFunctions(t *testing.T, b []byte) []stdFunction {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	var functions []stdFunction
	for _, sym := range symbols {
		if elf.ST_TYPE(sym.Info) != elf.STT_FUNC {
			continue
		}
		data, err := f.Sections[sym.Section].Data()
		if err != nil {
			t.Fatal(err)
		}
		functions = append(functions, stdFunction{sym.Name, data[sym.Value:][:sym.Size]})
	}
	return functions
}

func TestParseTwice(t *testing.T) {
	for _, name := range objectNames(t) {
		bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
			b := readObject(t, name, order)
			before := bytes.Clone(b)
			one, err1 := Parse(b)
			two, err2 := Parse(bytes.Clone(b))
			if diff := cmp.Diff(one, two, everything); diff != "" {
				t.Errorf("%s: the second time differs:\n%s", name, diff)
			}
			if (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
				t.Errorf("%s: %v, and the second time %v", name, err1, err2)
			}
			if !bytes.Equal(b, before) {
				t.Errorf("%s: Parse changed its input", name)
			}
		})
	}
}

// TestParseOrders compares what does not depend on the byte order.
func TestParseOrders(t *testing.T) {
	ignored := []string{".types", ".ext", ".file", ".ByteOrder", ".code", ".refs", ".info", ".Contents"}
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return slices.Contains(ignored, p.Last().String()) }, cmp.Ignore())
	for _, name := range objectNames(t) {
		t.Run(name, func(t *testing.T) {
			little, err1 := Parse(readObject(t, name, binary.LittleEndian))
			big, err2 := Parse(readObject(t, name, binary.BigEndian))
			if err1 != nil || err2 != nil {
				if err1 == nil || err2 == nil || err1.Error() != err2.Error() {
					t.Errorf("little-endian %v, big-endian %v", err1, err2)
				}
				return
			}
			if diff := cmp.Diff(little, big, everything, ignore); diff != "" {
				t.Errorf("-little +big:\n%s", diff)
			}
			if name == "maps" { // where clang fills structs in another way
				return
			}
			for i := range little.Programs {
				sameCode(t, &little.Programs[i], &big.Programs[i])
			}
		})
	}
}

func sameCode(t *testing.T, a, b *ProgramSpec) {
	t.Helper()
	if a.code.len() != b.code.len() || len(a.info[funcInfo]) != len(b.info[funcInfo]) ||
		len(a.info[lineInfo]) != len(b.info[lineInfo]) || len(a.info[coreRelos]) != len(b.info[coreRelos]) {
		t.Errorf("program %q: sizes differ", a.Name)
		return
	}
	for i := range a.code.len() {
		if a.code.op(i) != b.code.op(i) || a.code.src(i) != b.code.src(i) {
			t.Errorf("program %q: instruction %d differs", a.Name, i)
		}
	}
	if diff := cmp.Diff(a.refs, b.refs, everything); diff != "" {
		t.Errorf("program %q: references: -little +big:\n%s", a.Name, diff)
	}
}
