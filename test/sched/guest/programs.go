package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"kptr/test/sched/measure"
)

// programs are what runs beside the latency threads.
var programs = map[string][]string{
	measure.GC:     {"/collector"},
	measure.Phases: {"/phases"},
	measure.Locks:  {"/locks", "/hogs"},
}

// warmUp is how long the programs run before they measure: time to fill the heap and to register.
const warmUp = 2 * time.Second

// runPrograms runs a workload's programs and the latency threads, to measure all at once.
func runPrograms(workload string, length time.Duration, result *measure.Result) error {
	t, err := monotonic()
	if err != nil {
		return err
	}
	start := int64(t + warmUp)
	window := []string{strconv.FormatInt(start, 10), strconv.FormatInt(start+int64(length), 10)}
	if programs[workload] == nil {
		return errWorkload
	}
	names := append([]string{"/sleepers"}, programs[workload]...)
	outputs, errs := make([][]byte, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			cmd := exec.Command(name, window...)
			cmd.Stderr = os.Stderr
			if outputs[i], errs[i] = cmd.Output(); errs[i] != nil {
				errs[i] = fmt.Errorf("%s: %w", name, errs[i])
			}
		})
	}
	wg.Wait()
	for i := range names {
		errs = append(errs, read(string(outputs[i]), result))
	}
	return errors.Join(errs...)
}

var errWorkload = errors.New("no such workload")

// read reads what a program prints: lines "latency NS" and "count NAME VALUE".
func read(text string, result *measure.Result) error {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 2 && f[0] == "latency":
			ns, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return err
			}
			result.Latency.Add(time.Duration(ns))
		case len(f) == 3 && f[0] == "count":
			value, err := strconv.ParseFloat(f[2], 64)
			if err != nil {
				return err
			}
			result.Counts[f[1]] = value
		default:
			return fmt.Errorf("no line of a program: %q", line)
		}
	}
	return nil
}
