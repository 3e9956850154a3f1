package peers

import (
	"testing"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// BenchmarkWhere tells where the time of a load goes: Parse, Plan with the scan of the kernel's BTF, and the steps, which are
// bpf(2) calls and next to nothing else: the kernel's share. Attaching is left out.
func BenchmarkWhere(b *testing.B) {
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mustParse(b)
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		spec := mustParse(b)
		for b.Loop() {
			mustPlan(b, spec)
		}
	})
	b.Run("steps", func(b *testing.B) {
		b.ReportAllocs()
		plan := mustPlan(b, mustParse(b))
		for b.Loop() {
			obj, err := plan.Load()
			if err != nil {
				b.Fatal(err)
			}
			obj.Close()
		}
	})
	b.Run("whole", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			benchmarkKptr(b, prebuilt.TaskLocal())
		}
	})
}

func mustParse(b *testing.B) *bpfobj.Spec {
	spec, err := bpfobj.Parse(prebuilt.TaskLocal())
	if err != nil {
		b.Fatal(err)
	}
	return spec
}

func mustPlan(b *testing.B, spec *bpfobj.Spec) *bpfobj.Plan {
	k, err := bpfobj.Running()
	if err != nil {
		b.Fatal(err)
	}
	defer k.Close()
	plan, err := spec.Plan(k, nil)
	if err != nil {
		b.Fatal(err)
	}
	return plan
}
