package main

import (
	"fmt"
	"io"
	"time"
)

func printTable(w io.Writer, programs []*program, runs int) {
	first := programs[0]
	fmt.Fprintf(w, "from exec to exit, medians of %d runs taking turns; in brackets, how many times that of %s\n\n", runs, first.name)
	fmt.Fprintf(w, "%-10s %16s %16s %17s %19s %6s %12s\n", "", "wall ms", "CPU ms", "peak RSS KiB", "bytes", "bpf(2)", "ms in bpf(2)")
	for _, p := range programs {
		fmt.Fprintf(w, "%-10s %8.2f %s %8.2f %s %9d %s %11d %s %6d %12.2f\n", p.name,
			ms(p.medianWall()), times(p.medianWall(), first.medianWall()),
			ms(p.medianCPU()), times(p.medianCPU(), first.medianCPU()),
			p.rss, times(p.rss, first.rss), p.size, times(p.size, first.size), p.calls, ms(p.inBPF))
	}
	fmt.Fprint(w, "bpf(2): in runs that are traced, whose stops the time holds too\n\n")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func ratio[N ~int | ~int64](a, b N) float64 { return float64(a) / float64(b) }

func times[N ~int | ~int64](a, b N) string { return fmt.Sprintf("(%5.2f)", ratio(a, b)) }

// An aim compares the first program with one of the others, by its name, or with itself.
type aim struct {
	name  string
	what  string
	limit float64
	value func(first, other *program) float64
	less  bool // value is to be at most limit; else at least
}

var aims = []aim{
	{"cilium", "times faster than cilium/ebpf, at least", 8, func(p, o *program) float64 { return ratio(o.medianWall(), p.medianWall()) }, false},
	{"libbpf", "times faster than libbpf, at least", 3, func(p, o *program) float64 { return ratio(o.medianWall(), p.medianWall()) }, false},
	{"empty", "times the empty program's time, at most", 2.2, func(p, o *program) float64 { return ratio(p.medianWall(), o.medianWall()) }, true},
	{"cilium", "of cilium/ebpf's peak RSS, at most", 1.0 / 3, func(p, o *program) float64 { return ratio(p.rss, o.rss) }, true},
	{"example", "MB, the README's example, at most", 1.7, func(_, o *program) float64 { return float64(o.size) / 1e6 }, true},
	{"kptr", "MB, kptr-demo with all its verbs, at most", 2.5, func(_, o *program) float64 { return float64(o.size) / 1e6 }, true},
}

func printAims(w io.Writer, programs []*program) {
	for _, a := range aims {
		for _, p := range programs {
			if p.name != a.name {
				continue
			}
			value, verdict := a.value(programs[0], p), "reached    "
			if (value <= a.limit) != a.less && value != a.limit {
				verdict = "NOT reached"
			}
			fmt.Fprintf(w, "%s  %6.3f %s %.3f\n", verdict, value, a.what, a.limit)
		}
	}
}

// Limits of kptr-demo run.
const (
	maxRSSKiB = 4096
	maxCalls  = 8
)

func overLimit(p *program) error {
	if p.rss > maxRSSKiB || p.calls > maxCalls {
		return fmt.Errorf("%s: peak RSS %d KiB, at most %d; %d bpf(2) calls, at most %d", p.name, p.rss, maxRSSKiB, p.calls, maxCalls)
	}
	return nil
}
