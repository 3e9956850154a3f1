// Command bench runs programs that do the same, from exec to exit, and compares the first with each of the others: wall time, CPU
// time, peak RSS, size and number of bpf(2) calls. Their runs take turns, since times drift from minute to minute: only ratios
// mean anything. A program that reads task_local's object is meant, or one that does nothing.
//
// Usage: bench [-n RUNS] NAME=COMMAND ..., COMMAND being a path and arguments, separated by spaces. It needs what loading BPF
// objects needs.
//
// Aims are printed as reached or not reached. The exit code is 1 when the first program is over a limit that no other load on the
// machine can move it over: memory and calls.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

func main() {
	runs := flag.Int("n", 40, "`runs` of each program")
	flag.Parse()
	programs, err := parse(flag.Args())
	if err != nil || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: bench [-n RUNS] NAME=COMMAND ...", err)
		os.Exit(2)
	}
	if err := bench(programs, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) ([]*program, error) {
	var programs []*program
	for _, arg := range args {
		name, command, ok := strings.Cut(arg, "=")
		argv := strings.Fields(command)
		if !ok || len(argv) == 0 {
			return nil, fmt.Errorf("%q is not NAME=COMMAND", arg)
		}
		programs = append(programs, &program{name: name, argv: argv})
	}
	if len(programs) == 0 {
		return nil, errors.New("no program")
	}
	return programs, nil
}

func bench(programs []*program, runs int) error {
	// Attaching the first program of a tracepoint, and detaching its last, wait for a grace period: this one stays attached
	// meanwhile, and no thread has its tid.
	obj, err := bpfobj.Load(prebuilt.TaskLocal(), nil)
	if err != nil {
		return err
	}
	defer obj.Close()
	if err := obj.Attach(); err != nil {
		return err
	}
	for _, p := range programs {
		if err := p.count(); err != nil {
			return err
		}
	}
	if err := takeTurns(programs, runs); err != nil {
		return err
	}
	printTable(os.Stdout, programs, runs)
	printAims(os.Stdout, programs)
	return overLimit(programs[0])
}
