package main

import (
	"strings"
	"testing"
	"time"

	"kptr/test/sched/measure"
)

func TestDoc(t *testing.T) {
	counts := map[string]float64{measure.Throughput: 1000, measure.Preemptions: 5, measure.Yields: 0, measure.Missed: 7, measure.Hogs: 400.5}
	crashed := outcomeOf("icount", result(measure.GC, measure.Default, 20, 900, per(2.5)), result(measure.Locks, measure.Default, 1, 2, counts))
	crashed.crashes = []string{"no report: b", "no report: a", "no report: a"}
	outcomes := []*outcome{
		crashed,
		outcomeOf("icount", result(measure.GC, measure.Default, 10, 700, per(3)), result(measure.Locks, measure.Default, 1, 2, counts)),
		outcomeOf("icount", result(measure.GC, measure.Default, 15, 800, per(2.5)), result(measure.Locks, measure.Default, 1, 2, counts)),
	}
	var b strings.Builder
	date := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	writeDoc(&b, summarize(outcomes), outcomes, about{date, "QEMU 7", "7.3.4-cloud", 10 * time.Second, "x.svg"})
	for _, want := range []string{
		"on 2026-11-22, with QEMU 7 and Linux 7.3.4-cloud: do not edit",
		"](x.svg)",
		"\n| gc | default | 15 (10 to 20) | 15 (10 to 20) | 15 (10 to 20) | 800 (700 to 900) | 800 (700 to 900) | 0 | 2.50 (2.50 to 3) |  |  |  |\n",
		"\n| locks | default | 1 | 1 | 1 | 2 | 2 | 7 | 1000 | 5 | 0 | 400 |\n",
		"\n3 boots, and 3 in vain: no report: a; no report: b.\n",
		"\nNot run.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestWriteTargets(t *testing.T) {
	var b strings.Builder
	writeTargets(&b, []target{{"icount", "gc", "p99", "31 (62 / 2)", "at least 30", true}, {"smp2", "gc", "p50", "2 (4 / 2)", "at most 1", false}})
	for _, want := range []string{
		"\n| icount | gc | p99 | 31 (62 / 2) | at least 30 | reached |\n",
		"\n| smp2 | gc | p50 | 2 (4 / 2) | at most 1 | **not reached** |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
