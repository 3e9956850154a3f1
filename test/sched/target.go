package main

import (
	"fmt"
	"math"

	"kptr/test/sched/measure"
)

// target is what the experiment has to show.
type target struct {
	form, workload string
	what           string
	got, want      string
	reached        bool
}

// targets judges what was measured; of what was not, it says nothing.
func targets(all summaries) []target {
	var list []target
	for _, w := range workloads {
		list = append(list, all.quietly("icount", w)...)
	}
	list = append(list, all.collecting("icount")...)
	list = append(list, all.locking("icount")...)
	for _, w := range workloads {
		list = append(list, all.notWorse("smp2", w)...)
	}
	return list
}

// trio gives a workload under each scheduler; ok says whether all were measured.
func (all summaries) trio(form, workload string) (def, off, on *summary, ok bool) {
	def = all.find(form, workload, measure.Default)
	off = all.find(form, workload, measure.HintsOff)
	on = all.find(form, workload, measure.HintsOn)
	return def, off, on, def != nil && off != nil && on != nil
}

// quietly: without hints, the scheduler is as good as the kernel's own.
func (all summaries) quietly(form, workload string) []target {
	def, off, _, ok := all.trio(form, workload)
	if !ok {
		return nil
	}
	return []target{
		atMost(form, workload, "p50, hints off / default", off.median(quantile(.50)), def.median(quantile(.50)), 1.10),
		atMost(form, workload, "p99, hints off / default", off.median(quantile(.99)), def.median(quantile(.99)), 1.10),
		atLeast(form, workload, "throughput, hints off / default", off.median(count(measure.Throughput)), def.median(count(measure.Throughput)), 0.90),
	}
}

// collecting: a Go program's collections do not disturb the others, and are no slower for it.
func (all summaries) collecting(form string) []target {
	def, _, on, ok := all.trio(form, measure.GC)
	if !ok {
		return nil
	}
	return []target{
		atLeast(form, measure.GC, "p99, default / hints on", def.median(quantile(.99)), on.median(quantile(.99)), 30),
		atMost(form, measure.GC, "p99.9, hints on / default", on.median(quantile(.999)), def.median(quantile(.999)), 1),
		atLeast(form, measure.GC, "throughput, hints on / default", on.median(count(measure.Throughput)), def.median(count(measure.Throughput)), 0.95),
	}
}

// locking: who holds a lock is let go on. Preemptions may be none: those of all boots are added up.
func (all summaries) locking(form string) []target {
	def, off, on, ok := all.trio(form, measure.Locks)
	if !ok {
		return nil
	}
	acquisitions := atLeast(form, measure.Locks, "acquisitions, hints on / default", on.median(count(measure.Throughput)), def.median(count(measure.Throughput)), 1)
	acquisitions.reached = on.median(count(measure.Throughput)) > def.median(count(measure.Throughput))
	acquisitions.want = "above 1"
	return []target{
		atLeast(form, measure.Locks, "preemptions inside the section, hints off / hints on", off.sum(count(measure.Preemptions)), on.sum(count(measure.Preemptions)), 50),
		acquisitions,
	}
}

// notWorse: with two CPUs under translation the tail is the host's, and says nothing.
func (all summaries) notWorse(form, workload string) []target {
	def, _, on, ok := all.trio(form, workload)
	if !ok {
		return nil
	}
	return []target{
		atMost(form, workload, "p50, hints on / default", on.median(quantile(.50)), def.median(quantile(.50)), 1),
		atMost(form, workload, "p90, hints on / default", on.median(quantile(.90)), def.median(quantile(.90)), 1),
	}
}

// atMost asks that a is at most so many times b, and atLeast, at least.
func atMost(form, workload, what string, a, b, times float64) target {
	return target{form, workload, what, ratio(a, b), fmt.Sprintf("at most %.4g", times), a <= times*b}
}

func atLeast(form, workload, what string, a, b, times float64) target {
	return target{form, workload, what, ratio(a, b), fmt.Sprintf("at least %.4g", times), a >= times*b && a > 0}
}

func ratio(a, b float64) string {
	times := "no ratio"
	if b != 0 {
		times = figure(a / b)
	}
	return fmt.Sprintf("%s (%s / %s)", times, figure(a), figure(b))
}

// figure writes as many digits as say something.
func figure(v float64) string {
	switch {
	case v >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
