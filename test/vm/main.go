// Command vm runs the project's tests and kptr-demo on other kernels than the machine's, in QEMU:
//
//	go run . [-run REGEXP] [-v] [SERIES ...]
//
// See README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"kptr/test/vm/job"
)

// target is a series of kernels and what has to come out on it. The tests have to pass on each.
type target struct {
	series string
	env    []string // of the tests
	demos  []demo
}

// demo is a command of kptr-demo, its exit code, and what its output has to match.
type demo struct {
	verb string
	exit int
	says *regexp.Regexp
}

var targets = []target{
	{
		// User kptrs and BPF trampolines: nothing may be skipped.
		series: "7",
		env:    []string{"KPTR_KERNEL_TESTS=require", "KPTR_TRAMPOLINES=require"},
		demos: []demo{
			{"run", 0, regexp.MustCompile(`(?m)^result 3$`)},
			{"check", 0, nil},
		},
	},
	{
		// The last kernels without user kptrs.
		series: "6.12",
		demos: []demo{
			{"run", 3, regexp.MustCompile(`6\.12\.[0-9]+.*6\.13`)}, // the version seen and the one needed
			{"check", 3, regexp.MustCompile(`6\.13`)},
		},
	},
}

type options struct {
	run     string // -test.run
	verbose bool
	limit   time.Duration
	series  []string // none: all
}

func main() {
	var o options
	flag.StringVar(&o.run, "run", "", "run only the tests whose names match this `regexp`")
	flag.BoolVar(&o.verbose, "v", false, "print all that the tests and the kernel say")
	flag.DurationVar(&o.limit, "timeout", 10*time.Minute, "of one virtual machine")
	flag.Parse()
	o.series = flag.Args()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		os.Exit(1)
	}
}

var errSeries = errors.New("no kernel of this series is known")

func run(o options) error {
	for _, s := range o.series {
		if !slices.ContainsFunc(targets, func(t target) bool { return t.series == s }) {
			return fmt.Errorf("%s: %w", s, errSeries)
		}
	}
	if _, err := exec.LookPath(qemu); err != nil {
		return fmt.Errorf("%w (it is in Debian's package qemu-system-x86)", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	apt, err := openDebian(filepath.Join(cache, "kptr-vm"))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kptr-vm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, err := build(filepath.Join("..", ".."), filepath.Join(dir, "root"))
	if err != nil {
		return err
	}
	var machines []*machine
	for _, t := range targets {
		if len(o.series) > 0 && !slices.Contains(o.series, t.series) {
			continue
		}
		m, err := t.prepare(o, apt, bin, filepath.Join(dir, t.series))
		if err != nil {
			return fmt.Errorf("kernel of Linux %s: %w", t.series, err)
		}
		machines = append(machines, m)
	}
	return runAll(machines, o)
}

// runAll runs the machines at the same time, each has one CPU, and reports on one after the other.
func runAll(machines []*machine, o options) error {
	var wg sync.WaitGroup
	for _, m := range machines {
		wg.Go(func() { m.boot(o.limit) })
	}
	wg.Wait()
	var errs []error
	for _, m := range machines {
		if err := m.report(o.verbose); err != nil {
			errs = append(errs, fmt.Errorf("on Linux %s: %w", m.target.series, err))
		}
	}
	return errors.Join(errs...)
}

// prepare finds the newest kernel of the series and packs the jobs for it.
func (t target) prepare(o options, apt *debian, bin *binaries, dir string) (*machine, error) {
	name, err := apt.newest(t.series)
	if err != nil {
		return nil, err
	}
	kernel, err := apt.kernel(name)
	if err != nil {
		return nil, err
	}
	jobs := bin.tests(t.env, o.run)
	for _, d := range t.demos {
		jobs = append(jobs, d.job())
	}
	image, err := bin.initramfs(jobs)
	if err != nil {
		return nil, err
	}
	m := &machine{target: t, packages: bin.packages, kernel: kernel, console: filepath.Join(dir, "console"), initramfs: filepath.Join(dir, "initramfs")}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	return m, os.WriteFile(m.initramfs, image, 0o644)
}

func (d demo) job() job.Job {
	return job.Job{Name: "kptr-demo-" + d.verb, Dir: "/", Args: []string{"/kptr-demo", d.verb}, Env: environment}
}

var environment = []string{"HOME=/tmp", "TMPDIR=/tmp", "PATH=/"}

// tests makes a job of the tests of each package, in the directory where go test runs them.
func (b *binaries) tests(env []string, run string) []job.Job {
	var jobs []job.Job
	for _, pkg := range b.packages {
		jobs = append(jobs, job.Job{
			Name: pkg,
			Dir:  path.Join(source, "."+pkg[len(module):]),
			Args: []string{"/tests/" + path.Base(pkg) + ".test", "-test.v", "-test.timeout=8m", "-test.run=" + run},
			Env:  append(environment[:len(environment):len(environment)], env...),
		})
	}
	return jobs
}
