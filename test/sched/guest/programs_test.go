package main

import (
	"reflect"
	"testing"
	"time"

	"kptr/test/sched/measure"
)

func TestRead(t *testing.T) {
	r := measure.Result{Latency: make(measure.Histogram), Counts: make(map[string]float64)}
	if err := read("latency 1234\nlatency 1299\ncount throughput 2.5\n", &r); err != nil {
		t.Fatal(err)
	}
	if got := r.Latency.Total(); got != 2 || r.Latency.Quantile(1) != 1200*time.Nanosecond {
		t.Errorf("latencies: got %v", r.Latency)
	}
	if want := map[string]float64{measure.Throughput: 2.5}; !reflect.DeepEqual(r.Counts, want) {
		t.Errorf("counts: got %v, want %v", r.Counts, want)
	}
	for _, bad := range []string{"latency\n", "latency x\n", "latency -1 2\n", "count throughput x\n", "count throughput\n", "panic: no\n", "\n"} {
		if err := read(bad, &r); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
