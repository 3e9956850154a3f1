// Command sched measures what the scheduler of this project does, beside the kernel's own, in virtual machines:
//
//	go run . [-form NAMES] [-workload NAMES] [-case NAMES] [-boots N] [-window DURATION] [-doc FILE -plot FILE]
//
// See README.md.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kptr/test/vm/kernel"
)

var (
	errName    = errors.New("no such thing")
	errPartial = errors.New("-doc takes all workloads and cases")
)

// root is the project's directory.
const root = "../.."

type options struct {
	forms, workloads, schedulers names
	boots                        int
	window                       time.Duration
	doc, plot                    string
}

// names is a flag of names with commas.
type names []string

func (n *names) String() string { return strings.Join(*n, ",") }

func (n *names) Set(s string) error {
	*n = strings.Split(s, ",")
	return nil
}

func main() {
	o := options{workloads: workloads, schedulers: schedulers}
	for _, f := range forms {
		o.forms = append(o.forms, f.name)
	}
	flag.Var(&o.forms, "form", "kinds of machine, by `names` with commas")
	flag.Var(&o.workloads, "workload", "workloads, by `names` with commas")
	flag.Var(&o.schedulers, "case", "schedulers, by `names` with commas")
	flag.IntVar(&o.boots, "boots", 3, "how `many` boots of each form")
	flag.DurationVar(&o.window, "window", 10*time.Second, "how `long` to measure each case, in the guest's time")
	flag.StringVar(&o.doc, "doc", "", "write the table to this `file`")
	flag.StringVar(&o.plot, "plot", "", "draw the latencies to this `file`, an SVG")
	flag.Parse()
	if err := o.main(); err != nil {
		fmt.Fprintln(os.Stderr, "sched:", err)
		os.Exit(1)
	}
}

func (o options) main() error {
	jobs, err := o.jobs()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "kptr-sched-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var b bench
	if b.image, b.release, err = fetchKernel(); err != nil {
		return err
	}
	if b.initramfs, err = build(work); err != nil {
		return err
	}
	outcomes, err := b.bootAll(jobs)
	if err != nil {
		return err
	}
	return o.write(outcomes, b.release)
}

// write prints the figures, and keeps them where it is told to.
func (o options) write(outcomes []*outcome, release string) error {
	all := summarize(outcomes)
	for _, f := range o.forms {
		fmt.Printf("\n%s\n\n", f)
		writeTable(os.Stdout, all, f)
	}
	fmt.Println()
	writeTargets(os.Stdout, targets(all))
	if o.plot != "" {
		var b bytes.Buffer
		if err := drawLatency(&b, all); err != nil {
			return err
		}
		if err := os.WriteFile(o.plot, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if o.doc == "" {
		return nil
	}
	var b bytes.Buffer
	writeDoc(&b, all, outcomes, about{time.Now(), kernel.QEMUVersion(), release, o.window, filepath.Base(o.plot)})
	return os.WriteFile(o.doc, b.Bytes(), 0o644)
}

// bench is what all boots have in common.
type bench struct{ image, release, initramfs string }

func (o options) jobs() ([]job, error) {
	if err := errors.Join(known("workload", o.workloads, workloads), known("case", o.schedulers, schedulers)); err != nil {
		return nil, err
	}
	if o.doc != "" && (len(o.workloads) < len(workloads) || len(o.schedulers) < len(schedulers)) {
		return nil, errPartial
	}
	var jobs []job
	for _, name := range o.forms {
		f, err := formNamed(name)
		if err != nil {
			return nil, err
		}
		for i := range o.boots {
			jobs = append(jobs, job{f, i, o.window, o.workloads, rotate(o.schedulers, i)})
		}
	}
	return jobs, nil
}

// known finds a slip before a machine is booted.
func known(flag string, given, all []string) error {
	for _, name := range given {
		if !slices.Contains(all, name) {
			return fmt.Errorf("%w: %s %q, of %s", errName, flag, name, strings.Join(all, ", "))
		}
	}
	return nil
}

// bootAll makes the boots that need not be alone first, two at a time, and then the others.
func (b *bench) bootAll(jobs []job) ([]*outcome, error) {
	outcomes, errs := make([]*outcome, len(jobs)), make([]error, len(jobs))
	for _, alone := range []bool{false, true} {
		machines := 2
		if alone {
			machines = 1
		}
		slots := make(chan struct{}, machines)
		var wg sync.WaitGroup
		for i, j := range jobs {
			if j.form.alone != alone {
				continue
			}
			slots <- struct{}{}
			wg.Go(func() {
				outcomes[i], errs[i] = b.boot(j)
				<-slots
			})
		}
		wg.Wait()
	}
	return outcomes, errors.Join(errs...)
}
