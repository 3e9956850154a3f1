package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kptr/test/sched/measure"
)

// column is a figure of each workload under each scheduler.
type column struct {
	head string
	of   metric
}

var columns = []column{
	{"p50 µs", quantile(.50)}, {"p90 µs", quantile(.90)}, {"p99 µs", quantile(.99)}, {"p99.9 µs", quantile(.999)}, {"max µs", quantile(1)},
	{"missed", count(measure.Missed)}, {"throughput /s", count(measure.Throughput)}, {"preemptions inside", count(measure.Preemptions)},
	{"yields", count(measure.Yields)}, {"hogs ms/s", count(measure.Hogs)},
}

// only says which workload has a count; the others have all columns but these.
var only = map[string]string{"preemptions inside": measure.Locks, "yields": measure.Locks, "hogs ms/s": measure.Locks}

// writeTable writes what was measured in one form, in Markdown.
func writeTable(w io.Writer, all summaries, form string) {
	head, rule := "| workload | scheduler |", "|---|---|"
	for _, c := range columns {
		head, rule = head+" "+c.head+" |", rule+"---|"
	}
	fmt.Fprintln(w, head+"\n"+rule)
	for _, s := range all {
		if s.form != form {
			continue
		}
		fmt.Fprintf(w, "| %s | %s |", s.workload, s.scheduler)
		for _, c := range columns {
			cell := ""
			if o := only[c.head]; o == "" || o == s.workload {
				cell = s.cell(c.of)
			}
			fmt.Fprintf(w, " %s |", cell)
		}
		fmt.Fprintln(w)
	}
}

// cell is the median of the boots, and their range.
func (s *summary) cell(m metric) string {
	v := s.values(m)
	least, most := figure(v[0]), figure(v[len(v)-1])
	if least == most {
		return least
	}
	return fmt.Sprintf("%s (%s to %s)", figure(s.median(m)), least, most)
}

func writeTargets(w io.Writer, list []target) {
	fmt.Fprintln(w, "| form | workload | | measured | has to be | |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, t := range list {
		verdict := "**not reached**"
		if t.reached {
			verdict = "reached"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", t.form, t.workload, t.what, t.got, t.want, verdict)
	}
}

// about says what a page of figures is of.
type about struct {
	date          time.Time
	qemu, release string
	window        time.Duration
	plot          string // relative to the page
}

// writeDoc writes the page that docs keeps of a full run.
func writeDoc(w io.Writer, all summaries, outcomes []*outcome, a about) {
	var run []string
	for _, f := range forms {
		if slices.ContainsFunc(outcomes, func(o *outcome) bool { return o.form.name == f.name }) {
			run = append(run, f.name)
		}
	}
	fmt.Fprintf(w, "# What the scheduler does with hints, measured\n\nWritten by `make sched-bench FORM=%s WINDOW=%v` on %s, with %s and Linux %s: do not edit. "+
		"What runs and how is in [test/sched](../test/sched/README.md).\n\n"+
		"Each boot measures each case for %v of the guest's time, in another order. A figure is the median of the boots, with "+
		"the least and the most of them in brackets.\nLatency is how late four threads wake up from sleep beside the workload; they give no hint. "+
		"*default* is the kernel's own scheduler, "+
		"*hints-off* is this one, which looks at no hint, and *hints-on* the same with hints:\nwhat hints alone do is the difference of "+
		"these two. Where they are alike, the order of virtual time is what helps, by which whoever wakes up goes before who has had more of the CPU,\n"+
		"and not the hint.\n\n", strings.Join(run, ","), a.window, a.date.UTC().Format(time.DateOnly), a.qemu, a.release, a.window)
	fmt.Fprintf(w, "![The share of wake-ups that came at least so late, by form, workload and scheduler](%s)\n", a.plot)
	for _, f := range forms {
		fmt.Fprintf(w, "\n## %s: %s\n\n", f.name, f.about)
		if !slices.Contains(run, f.name) {
			fmt.Fprintln(w, "Not run.")
			continue
		}
		writeTable(w, all, f.name)
		fmt.Fprintf(w, "\n%s\n", boots(outcomes, f))
	}
	fmt.Fprint(w, "\n## Targets\n\n")
	writeTargets(w, targets(all))
}

// boots says how many there were, and why others gave nothing.
func boots(outcomes []*outcome, f form) string {
	n, crashes := 0, []string{}
	for _, o := range outcomes {
		if o.form.name == f.name {
			n++
			crashes = append(crashes, o.crashes...)
		}
	}
	text := fmt.Sprintf("%d boots", n)
	if len(crashes) == 0 {
		return text + ", none in vain."
	}
	slices.Sort(crashes)
	return fmt.Sprintf("%s, and %d in vain: %s.", text, len(crashes), strings.Join(slices.Compact(crashes), "; "))
}
