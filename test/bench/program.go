package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// A program is one of those that are compared, and what was measured of it.
type program struct {
	name string
	argv []string

	traced       // medians
	size   int64 // bytes

	wall, cpu []time.Duration // a run each
}

func (p *program) medianWall() time.Duration { return median(p.wall) }
func (p *program) medianCPU() time.Duration  { return median(p.cpu) }

// tracedRuns is how many runs the peak RSS is the median of, which depends on how the Go runtime's threads meet, and the time in
// bpf(2).
const tracedRuns = 9

// count measures what a run that is traced, and so slow, can tell.
func (p *program) count() error {
	info, err := os.Stat(p.argv[0])
	if err != nil {
		return err
	}
	p.size = info.Size()
	var rss []int
	var inBPF []time.Duration
	for range tracedRuns {
		run, err := trace(p.argv)
		if err != nil {
			return fmt.Errorf("%v: %w", p.argv, err)
		}
		rss, inBPF = append(rss, run.rss), append(inBPF, run.inBPF)
		p.calls = run.calls
	}
	p.rss, p.inBPF = median(rss), median(inBPF)
	return nil
}

// takeTurns runs each program so many times, one after the other.
func takeTurns(programs []*program, runs int) error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	for i := -2; i < runs; i++ { // two to warm up
		for _, p := range programs {
			wall, cpu, err := run(p.argv, null)
			if err != nil {
				return err
			}
			if i >= 0 {
				p.wall, p.cpu = append(p.wall, wall), append(p.cpu, cpu)
			}
		}
	}
	return nil
}

// run runs a program and gives the time from before its exec to its end, and the CPU time that it took in that time.
func run(argv []string, null *os.File) (wall, cpu time.Duration, err error) {
	start := time.Now()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Files: []*os.File{null, null, os.Stderr}})
	if err != nil {
		return 0, 0, err
	}
	state, err := p.Wait()
	wall = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	if !state.Success() {
		return 0, 0, fmt.Errorf("%v: %v", argv, state)
	}
	return wall, state.UserTime() + state.SystemTime(), nil
}

func median[N ~int | ~int64](all []N) N {
	all = slices.Sorted(slices.Values(all))
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}
