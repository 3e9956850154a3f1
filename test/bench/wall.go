package main

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// A comparison holds the medians of a run.
type comparison struct{ demo, empty time.Duration }

func (c comparison) ratio() float64 { return float64(c.demo) / float64(c.empty) }

// compare lets the programs take turns.
func compare(demo, empty string, runs int) (comparison, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return comparison{}, err
	}
	defer null.Close()
	var times [2][]time.Duration
	for i := -2; i < runs; i++ { // two to warm up
		for j, argv := range [][]string{{demo, "run"}, {empty}} {
			d, err := wall(argv, null)
			if err != nil {
				return comparison{}, err
			}
			if i >= 0 {
				times[j] = append(times[j], d)
			}
		}
	}
	return comparison{median(times[0]), median(times[1])}, nil
}

// wall runs a program and gives the time from before its exec to its end.
func wall(argv []string, null *os.File) (time.Duration, error) {
	start := time.Now()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{Files: []*os.File{null, null, os.Stderr}})
	if err != nil {
		return 0, err
	}
	state, err := p.Wait()
	d := time.Since(start)
	if err == nil && !state.Success() {
		err = fmt.Errorf("%v: %v", argv, state)
	}
	return d, err
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	n := len(d)
	return (d[(n-1)/2] + d[n/2]) / 2
}
