// Command vm runs the project's tests on the kernels of a matrix, in QEMU, each test program as process 1:
//
//	go run . [-kernel PREFIX] [-arch ARCH] [-ci] [-run REGEXP] [-package NAME] [-v] [-doc FILE]
//
// See README.md.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kptr/test/vm/kernel"
)

type options struct {
	selection
	run     string // -test.run
	pkg     string // the last part of an import path, "" for all
	doc     string
	machine int // how many at a time
	verbose bool
}

func main() {
	var o options
	flag.StringVar(&o.kernel, "kernel", "", "only kernels whose `version` begins so: 7, 7.3, 6.12")
	flag.StringVar(&o.arch, "arch", "", "only this `architecture`, by Go's name")
	flag.BoolVar(&o.ci, "ci", false, "only the kernels that every change has to pass")
	flag.StringVar(&o.run, "run", "", "run only the tests whose names match this `regexp`")
	flag.StringVar(&o.pkg, "package", "", "run only the tests of the package of this `name`")
	flag.StringVar(&o.doc, "doc", "", "write the table to this `file`, from a run of everything")
	flag.BoolVar(&o.verbose, "v", false, "print what the guests write, also if all is well")
	flag.IntVar(&o.machine, "j", 2, "run this `many` machines at a time")
	flag.Parse()
	if err := o.main(); err != nil {
		fmt.Fprintln(os.Stderr, "vm:", err)
		os.Exit(1)
	}
}

var (
	errNothing = errors.New("no kernel of the matrix matches")
	errPackage = errors.New("no such package has tests")
	errFailed  = errors.New("not as it has to be")
	errPartial = errors.New("-doc takes a run of everything")
)

// root is the project's directory; cache is below it, and git ignores it.
const root = "../.."

func (o options) main() error {
	if o.doc != "" && (o.selection != selection{} || o.run != "" || o.pkg != "") {
		return errPartial
	}
	cache, err := filepath.Abs(filepath.Join(root, ".cache", "vm"))
	if err != nil {
		return err
	}
	outcomes, err := o.resolve(cache)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "kptr-vm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	boots, err := o.prepare(outcomes, cache, work)
	if err != nil {
		return err
	}
	runAll(boots, o.machine, o.verbose)
	fmt.Println()
	writeTable(os.Stdout, outcomes)
	if o.doc != "" {
		var b bytes.Buffer
		writeDoc(&b, outcomes, time.Now(), kernel.QEMUVersion())
		if err := os.WriteFile(o.doc, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(outcomes, func(o *outcome) bool { return o.total().failed }) {
		return errFailed
	}
	return nil
}

// fault is a minute, but for a change that waits for the verdict.
func (o options) fault() string {
	if o.ci {
		return ""
	}
	return "1m"
}

// resolve asks the archive for the kernels that are selected.
func (o options) resolve(cache string) ([]*outcome, error) {
	m, err := kernel.HostMirrors()
	if err != nil {
		return nil, err
	}
	var outcomes []*outcome
	for _, c := range matrix {
		if o.arch != "" && o.arch != c.arch || o.ci && !c.ci {
			continue // without asking
		}
		a, err := kernel.OpenArchive(cache, c.arch, c.suites, m)
		if err != nil {
			return nil, err
		}
		k, err := a.Newest(c.series, c.flavour)
		if err != nil {
			return nil, err
		}
		version := ""
		if k != nil {
			version = k.Release
		}
		if o.takes(c, version) {
			outcomes = append(outcomes, &outcome{cell: c, kernel: k, fault: o.fault()})
		}
	}
	if len(outcomes) == 0 {
		return nil, errNothing
	}
	return outcomes, nil
}

// boot is one boot to be made.
type boot struct {
	outcome   *outcome
	programs  *programs
	pkg, only string
	image     string // where its initramfs is to lie
}

// prepare fetches the kernels and builds the programs.
func (o options) prepare(outcomes []*outcome, cache, work string) ([]boot, error) {
	built := make(map[string]*programs)
	var boots []boot
	for i, out := range outcomes {
		if out.kernel == nil {
			continue
		}
		arch := out.cell.arch
		if err := kernel.FindQEMU(arch); err != nil {
			return nil, err
		}
		dir, err := out.kernel.Fetch(cache)
		if err != nil {
			return nil, err
		}
		config, err := os.ReadFile(filepath.Join(dir, "config"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		out.image, out.config = filepath.Join(dir, "vmlinuz"), string(config)
		if built[arch] == nil {
			if built[arch], err = build(root, arch, filepath.Join(work, arch)); err != nil {
				return nil, err
			}
		}
		for _, pkg := range built[arch].packages {
			if o.pkg == "" || o.pkg == path.Base(pkg) {
				image := filepath.Join(work, fmt.Sprintf("%d-%s.cpio", i, path.Base(pkg)))
				boots = append(boots, boot{out, built[arch], pkg, o.run, image})
			}
		}
	}
	if len(boots) == 0 && o.pkg != "" {
		return nil, fmt.Errorf("%s: %w", o.pkg, errPackage)
	}
	return boots, nil
}

// runAll makes the boots, some at a time, and reports on each as it ends.
func runAll(boots []boot, machines int, verbose bool) {
	queue := make(chan boot)
	var reports sync.Mutex
	var wg sync.WaitGroup
	for range machines {
		wg.Go(func() {
			for b := range queue {
				r := b.outcome.boot(b.programs, b.pkg, b.only, b.image)
				reports.Lock()
				r.report(b.outcome, verbose)
				b.outcome.runs = append(b.outcome.runs, r)
				reports.Unlock()
			}
		})
	}
	for _, b := range boots {
		queue <- b
	}
	close(queue)
	wg.Wait()
}
