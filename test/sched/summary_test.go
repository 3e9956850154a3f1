package main

import (
	"reflect"
	"testing"
	"time"

	"kptr/test/sched/measure"
)

// result is of one boot: a hundred wake-ups, 99 at p50 microseconds and one at most.
func result(workload, scheduler string, p50, most int, counts map[string]float64) measure.Result {
	h := make(measure.Histogram)
	for range 99 {
		h.Add(time.Duration(p50) * time.Microsecond)
	}
	h.Add(time.Duration(most) * time.Microsecond)
	return measure.Result{Workload: workload, Scheduler: scheduler, Latency: h, Counts: counts}
}

func per(throughput float64) map[string]float64 {
	return map[string]float64{measure.Throughput: throughput}
}

func outcomeOf(form string, results ...measure.Result) *outcome {
	f, _ := formNamed(form)
	return &outcome{job: job{form: f}, report: &measure.Report{Release: "7.3.4", Results: results}}
}

// TestMedian has the examples of Python's statistics.median: 3 of [1, 3, 5], 4.0 of [1, 3, 5, 7].
func TestMedian(t *testing.T) {
	for _, row := range []struct {
		values []float64
		want   float64
	}{{[]float64{5, 1, 3}, 3}, {[]float64{7, 1, 5, 3}, 4}, {[]float64{2}, 2}} {
		s := &summary{}
		for _, v := range row.values {
			s.boots = append(s.boots, measure.Result{Counts: per(v)})
		}
		if got := s.median(count(measure.Throughput)); got != row.want {
			t.Errorf("%v: got %v, want %v", row.values, got, row.want)
		}
	}
}

func TestSummarize(t *testing.T) {
	all := summarize([]*outcome{
		outcomeOf("smp2", result(measure.GC, measure.Default, 9, 9, nil)),
		outcomeOf("icount", result(measure.Locks, measure.HintsOn, 1, 2, nil), result(measure.GC, measure.Default, 3, 4, nil)),
		outcomeOf("icount", result(measure.GC, measure.Default, 5, 6, nil)),
	})
	var got [][3]string
	for _, s := range all {
		got = append(got, [3]string{s.form, s.workload, s.scheduler})
	}
	want := [][3]string{{"icount", "gc", "default"}, {"icount", "locks", "hints-on"}, {"smp2", "gc", "default"}}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	gc := all.find("icount", measure.GC, measure.Default)
	if v := gc.values(quantile(.5)); !reflect.DeepEqual(v, []float64{3, 5}) {
		t.Errorf("p50 of the boots: got %v", v)
	}
	if h := gc.latency(); h.Total() != 200 || h.Quantile(1) != 6*time.Microsecond {
		t.Errorf("all boots: got %d up to %v", h.Total(), h.Quantile(1))
	}
	if all.find("smp2", measure.Locks, measure.Default) != nil {
		t.Error("found what was not measured")
	}
}

func TestRotate(t *testing.T) {
	for i, want := range [][]string{{"a", "b", "c"}, {"b", "c", "a"}, {"c", "a", "b"}, {"a", "b", "c"}} {
		if got := rotate([]string{"a", "b", "c"}, i); !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %v, want %v", i, got, want)
		}
	}
}
