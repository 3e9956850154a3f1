// Command bench compares "kptr-demo run" with an empty Go program, from exec to
// exit, and prints its peak RSS and the number of its bpf(2) calls beside what is
// aimed at. Both binaries are static and stripped; their runs take turns, since
// times drift from minute to minute: only the ratio means anything.
//
// Usage: bench [-n RUNS] KPTR-DEMO EMPTY. It needs what kptr-demo run needs.
//
// The exit code is 1 when a count is over its limit (RSS, calls). The ratio is for a
// reader to judge: another load on the machine moves it.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// Limits of kptr-demo run.
const (
	maxRatio  = 2.4 // median wall time, in those of the empty program
	maxRSSKiB = 3584
	maxCalls  = 8
)

func main() {
	runs := flag.Int("n", 40, "`runs` of each program")
	flag.Parse()
	if flag.NArg() != 2 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: bench [-n RUNS] KPTR-DEMO EMPTY")
		os.Exit(2)
	}
	ok, err := bench(flag.Arg(0), flag.Arg(1), *runs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

func bench(demo, empty string, runs int) (bool, error) {
	// Attaching the first program of a tracepoint, and detaching its last, wait for a
	// grace period: this one stays attached meanwhile, and no thread has its tid.
	obj, err := bpfobj.Load(prebuilt.TaskLocal(), nil)
	if err != nil {
		return false, err
	}
	defer obj.Close()
	if err := obj.Attach(); err != nil {
		return false, err
	}
	report := func(within bool, format string, args ...any) bool {
		verdict := "ok  "
		if !within {
			verdict = "OVER"
		}
		fmt.Printf("%s  %s\n", verdict, fmt.Sprintf(format, args...))
		return within
	}

	round, err := compare(demo, empty, runs)
	if err != nil {
		return false, err
	}
	report(round.ratio() <= maxRatio, "exec to exit: %v, the empty program %v (medians of %d runs taking turns): %.2f times (limit %.1f)",
		round.demo, round.empty, runs, round.ratio(), maxRatio)
	rss, err := peakRSS(demo, "run")
	if err != nil {
		return false, err
	}
	idle, err := peakRSS(empty)
	if err != nil {
		return false, err
	}
	ok := report(rss <= maxRSSKiB, "peak RSS: %d KiB, the empty program %d KiB (limit %d KiB)", rss, idle, maxRSSKiB)
	calls, err := countCalls(demo)
	if err != nil {
		return false, err
	}
	return report(calls <= maxCalls, "bpf(2) calls: %d (limit %d)", calls, maxCalls) && ok, nil
}

// countCalls has the demo trace itself.
func countCalls(demo string) (int, error) {
	out, err := exec.Command(demo, "run", "-trace", "-json").Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", demo, err)
	}
	var report struct {
		BPF []struct{ Command string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return 0, fmt.Errorf("%s: %w", demo, err)
	}
	if len(report.BPF) == 0 {
		return 0, errors.New(demo + " -trace -json lists no calls")
	}
	return len(report.BPF), nil
}
