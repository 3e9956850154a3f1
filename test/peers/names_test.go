package peers

import (
	"testing"
	"time"

	cilium "github.com/cilium/ebpf/btf"

	"kptr/btf"
	"kptr/sys"
)

const vmlinux = "/sys/kernel/btf/vmlinux"

// BenchmarkNames resolves names in the kernel's BTF, from the file to the ids: that which the demo's object asks for, and those of
// kfuncs, which stand far behind.
func BenchmarkNames(b *testing.B) {
	for _, set := range []struct {
		what  string
		names []btf.Name
	}{
		{"demo", []btf.Name{{Kind: btf.KindTypedef, Name: "btf_trace_sys_enter"}}},
		{"kfuncs", []btf.Name{{Kind: btf.KindFunc, Name: "bpf_task_acquire"}, {Kind: btf.KindFunc, Name: "bpf_task_release"}}},
	} {
		b.Run(set.what, func(b *testing.B) { benchmarkNames(b, set.names) })
	}
}

// benchmarkNames says whether the aims are reached: 50 times faster than cilium/ebpf, in at most 10 allocations.
func benchmarkNames(b *testing.B, names []btf.Name) {
	var ids []btf.ID
	var ours time.Duration
	b.Run("kptr", func(b *testing.B) {
		allocs := testing.AllocsPerRun(1, func() { ids = scanKernel(b, names) })
		for b.Loop() {
			scanKernel(b, names)
		}
		ours = b.Elapsed() / time.Duration(b.N)
		b.Logf("%s: %v allocations, at most 10", reached(allocs <= 10), allocs)
	})
	b.Run("cilium", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resolveCilium(b, names, ids)
		}
		if ours != 0 { // else it was not run
			times := float64(b.Elapsed()) / float64(b.N) / float64(ours)
			b.Logf("%s: this project is %.0f times faster, at least 50", reached(times >= 50), times)
		}
	})
}

func reached(ok bool) string {
	if ok {
		return "reached"
	}
	return "NOT reached"
}

// scanKernel maps the kernel's BTF and looks the names up, as a plan does.
func scanKernel(b *testing.B, names []btf.Name) []btf.ID {
	m, err := sys.MapFile(vmlinux)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	ids, err := btf.Scan(m.Bytes(), names)
	if err != nil {
		b.Fatal(err)
	}
	return ids
}

// resolveCilium does what cilium/ebpf documents for it: load the kernel's types, ask for each by name. It must come to the same
// ids, if there are any.
func resolveCilium(b *testing.B, names []btf.Name, ids []btf.ID) {
	spec, err := cilium.LoadKernelSpec()
	if err != nil {
		b.Fatal(err)
	}
	for i, name := range names {
		var t cilium.Type
		if name.Kind == btf.KindTypedef {
			var typedef *cilium.Typedef
			err = spec.TypeByName(name.Name, &typedef)
			t = typedef
		} else {
			var function *cilium.Func
			err = spec.TypeByName(name.Name, &function)
			t = function
		}
		if err != nil {
			b.Fatal(err)
		}
		if id, err := spec.TypeID(t); err != nil || ids != nil && uint32(id) != uint32(ids[i]) {
			b.Fatalf("%s: id %d, %v, want %d", name.Name, id, err, ids[i])
		}
	}
}
