package main

import (
	"testing"

	"kptr/test/sched/measure"
)

// TestTargets: the verdict at each limit and just beyond it. Of a hundred wake-ups, p99 is the 99th and p99.9 the last: with 99
// alike, p50 and p99 are those, and p99.9 is the last.
func TestTargets(t *testing.T) {
	type figures struct{ def, off, on measure.Result }
	gc := func(p, most int, throughput float64) measure.Result {
		return result(measure.GC, "", p, most, per(throughput))
	}
	locks := func(acquisitions, preemptions float64) measure.Result {
		return result(measure.Locks, "", 1, 1, map[string]float64{measure.Throughput: acquisitions, measure.Preemptions: preemptions})
	}
	for _, row := range []struct {
		name, form, what string
		figures
		want bool
	}{
		{"p99 thirty times lower", "icount", "p99, default / hints on", figures{def: gc(600, 700, 1), on: gc(20, 700, 1)}, true},
		{"p99 not thirty times lower", "icount", "p99, default / hints on", figures{def: gc(599, 700, 1), on: gc(20, 700, 1)}, false},
		{"p99.9 the same", "icount", "p99.9, hints on / default", figures{def: gc(1, 700, 1), on: gc(1, 700, 1)}, true},
		{"p99.9 worse", "icount", "p99.9, hints on / default", figures{def: gc(1, 700, 1), on: gc(1, 701, 1)}, false},
		{"collections 5 % fewer", "icount", "throughput, hints on / default", figures{def: gc(1, 1, 100), on: gc(1, 1, 95)}, true},
		{"collections 6 % fewer", "icount", "throughput, hints on / default", figures{def: gc(1, 1, 100), on: gc(1, 1, 94)}, false},
		{"no collections", "icount", "throughput, hints on / default", figures{def: gc(1, 1, 0), on: gc(1, 1, 0)}, false},
		{"p50 10 % worse", "icount", "p50, hints off / default", figures{def: gc(100, 1, 1), off: gc(110, 1, 1)}, true},
		{"p50 11 % worse", "icount", "p50, hints off / default", figures{def: gc(100, 1, 1), off: gc(111, 1, 1)}, false},
		{"p50 far better", "icount", "p50, hints off / default", figures{def: gc(100, 1, 1), off: gc(2, 1, 1)}, true},
		{"p99 11 % worse", "icount", "p99, hints off / default", figures{def: gc(100, 1, 1), off: gc(111, 1, 1)}, false},
		{"throughput 10 % less", "icount", "throughput, hints off / default", figures{def: gc(1, 1, 100), off: gc(1, 1, 90)}, true},
		{"throughput 11 % less", "icount", "throughput, hints off / default", figures{def: gc(1, 1, 100), off: gc(1, 1, 89)}, false},
		{"fifty times fewer", "icount", preemptionsText, figures{def: locks(1, 9), off: locks(1, 50), on: locks(1, 1)}, true},
		{"forty-nine times fewer", "icount", preemptionsText, figures{def: locks(1, 9), off: locks(1, 49), on: locks(1, 1)}, false},
		{"no preemption any more", "icount", preemptionsText, figures{def: locks(1, 9), off: locks(1, 1), on: locks(1, 0)}, true},
		{"no preemption ever", "icount", preemptionsText, figures{def: locks(1, 9), off: locks(1, 0), on: locks(1, 0)}, false},
		{"more acquisitions", "icount", "acquisitions, hints on / default", figures{def: locks(10, 9), off: locks(1, 1), on: locks(11, 1)}, true},
		{"as many acquisitions", "icount", "acquisitions, hints on / default", figures{def: locks(10, 9), off: locks(1, 1), on: locks(10, 1)}, false},
		{"two CPUs, the same", "smp2", "p90, hints on / default", figures{def: gc(10, 1, 1), on: gc(10, 99, 1)}, true},
		{"two CPUs, worse", "smp2", "p90, hints on / default", figures{def: gc(10, 1, 1), on: gc(11, 1, 1)}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.def.Scheduler, row.off.Scheduler, row.on.Scheduler = measure.Default, measure.HintsOff, measure.HintsOn
			row.off.Workload, row.on.Workload = row.def.Workload, row.def.Workload
			found := 0
			for _, got := range targets(summarize([]*outcome{outcomeOf(row.form, row.def, row.off, row.on)})) {
				if got.what != row.what {
					continue
				}
				found++
				if got.reached != row.want {
					t.Errorf("%+v", got)
				}
			}
			if found != 1 {
				t.Errorf("%d targets %q", found, row.what)
			}
		})
	}
}

const preemptionsText = "preemptions inside the section, hints off / hints on"

// TestTargetsOfPart: what was not measured is neither reached nor not.
func TestTargetsOfPart(t *testing.T) {
	part := outcomeOf("icount", result(measure.GC, measure.Default, 1, 1, per(1)), result(measure.GC, measure.HintsOn, 1, 1, per(1)))
	if got := targets(summarize([]*outcome{part})); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestFigure(t *testing.T) {
	for want, v := range map[string]float64{"0": 0, "1.25": 1.25, "12.3": 12.34, "123": 123.4, "7": 7, "0.50": .5, "10000": 1e4} {
		if got := figure(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}

func TestRatio(t *testing.T) {
	for want, v := range map[string][2]float64{"2.50 (5 / 2)": {5, 2}, "no ratio (5 / 0)": {5, 0}, "0 (0 / 2)": {0, 2}} {
		if got := ratio(v[0], v[1]); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
