package bpfobj

import (
	"encoding/binary"
	"runtime"
	"testing"

	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
)

// Bounds of one load of the prebuilt object, from its bytes to Close.
const (
	maxLoadAllocs = 300
	maxLoadBytes  = 300_000
)

func loadAndClose(tb testing.TB) {
	obj, err := Load(prebuilt.TaskLocal(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	if err := obj.Close(); err != nil {
		tb.Fatal(err)
	}
}

// TestLoadCost: what a load allocates.
func TestLoadCost(t *testing.T) {
	kerneltest.NoLeaks(t)
	obj, err := Load(prebuilt.TaskLocal(), nil)
	kerneltest.Require(t, err)
	obj.Close()
	const runs = 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		loadAndClose(t)
	}
	runtime.ReadMemStats(&after)
	allocs, bytes := (after.Mallocs-before.Mallocs)/runs, (after.TotalAlloc-before.TotalAlloc)/runs
	t.Logf("%d allocations, %d bytes", allocs, bytes)
	if allocs > maxLoadAllocs || bytes > maxLoadBytes {
		t.Errorf("%d allocations and %d bytes, want at most %d and %d", allocs, bytes, maxLoadAllocs, maxLoadBytes)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		loadAndClose(b)
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(prebuilt.TaskLocal()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	b.ReportAllocs()
	spec, k := mustParse(b, readObject(b, "task_local", binary.LittleEndian)), recordedKernel(b, binary.LittleEndian)
	for b.Loop() {
		if _, err := spec.Plan(k, nil); err != nil {
			b.Fatal(err)
		}
	}
}
