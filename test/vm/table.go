package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kptr/internal/kerneltest"
)

// total is the row of a cell.
type total struct {
	counts   map[string]int
	run      int
	pageSize int
	took     time.Duration
	failed   bool
}

func (o *outcome) total() total {
	t := total{counts: make(map[string]int)}
	for _, r := range o.runs {
		t.took += r.took
		t.failed = t.failed || len(r.wrong) > 0
		if r.verdict == nil {
			continue
		}
		t.pageSize = max(t.pageSize, r.verdict.PageSize) // alone, kptr-demo does not tell
		for end, n := range r.verdict.Counts {
			t.counts[end] += n
		}
		t.run += r.verdict.Run() - r.verdict.Counts[kerneltest.LeftOut]
	}
	return t
}

// writeTable writes the matrix in Markdown.
func writeTable(w io.Writer, outcomes []*outcome) {
	fmt.Fprintln(w, "| kernel | architecture | page size | tests run | passed | refused as expected | skipped | left out | seconds | |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|")
	for _, o := range outcomes {
		if o.kernel == nil {
			fmt.Fprintf(w, "| %v | %s | | | | | | | | not in the archive |\n", o.cell, o.cell.arch)
			continue
		}
		t, verdict := o.total(), "ok"
		if t.failed {
			verdict = "FAIL"
		}
		fmt.Fprintf(w, "| %s (%s) | %s | %d | %d | %d | %d | %d | %d | %.0f | %s |\n", o.kernel.Release, o.kernel.Version, o.cell.arch,
			t.pageSize, t.run, t.counts[kerneltest.Passed], t.counts[kerneltest.Refused], t.counts[kerneltest.Skipped],
			t.counts[kerneltest.LeftOut], t.took.Seconds(), verdict)
	}
}

// writeDoc writes the page that docs keeps of a full run.
func writeDoc(w io.Writer, outcomes []*outcome, now time.Time, qemu string) {
	fmt.Fprintf(w, "# The kernel matrix\n\nWritten by `make vmtest` on %s, with %s: do not edit. How it works is in "+
		"[test/vm](../test/vm/README.md).\n\n", now.UTC().Format(time.DateOnly), qemu)
	writeTable(w, outcomes)
	fmt.Fprint(w, "\nA test is a test or a subtest. *Refused as expected*: the kernel is older than the feature, and the test ended with the "+
		"typed error\nthat names the version needed. *Skipped*: the kernel lacks what the reason below names. *Left out*: there is nothing "+
		"but the\ntest program in the guest. Seconds are those of all the boots of a kernel, one for each package.\n")
	writeNotes(w, outcomes, kerneltest.Skipped, "Skipped")
	writeNotes(w, outcomes, kerneltest.LeftOut, "Left out")
}

// writeNotes lists the tests that ended so, with the reason and the kernels.
func writeNotes(w io.Writer, outcomes []*outcome, end, title string) {
	kernels := make(map[string][]string) // by package, test and reason
	for _, o := range outcomes {
		for _, r := range o.runs {
			for _, n := range r.notes(end) {
				key := fmt.Sprintf("%s %s: %s", r.pkg, n.Test, n.Why)
				kernels[key] = append(kernels[key], o.kernel.Release)
			}
		}
	}
	if len(kernels) == 0 {
		return
	}
	fmt.Fprintf(w, "\n## %s\n\n", title)
	all := 0
	for _, o := range outcomes {
		if o.kernel != nil {
			all++
		}
	}
	for _, key := range sortedKeys(kernels) {
		where := strings.Join(kernels[key], ", ")
		if len(kernels[key]) == all {
			where = "all"
		}
		fmt.Fprintf(w, "- %s (%s)\n", key, where)
	}
}

func (r run) notes(end string) []kerneltest.Note {
	if r.verdict == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(r.verdict.Notes), func(n kerneltest.Note) bool { return n.End != end })
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
