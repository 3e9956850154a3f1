package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"kptr/internal/kerneltest"
	"kptr/sys"
	"kptr/test/vm/kernel"
)

// outcome is what became of a cell.
type outcome struct {
	cell   cell
	kernel *kernel.Kernel // nil: the archive has none
	image  string         // the kernel's file
	config string         // what it was built with, "" if the archive does not tell
	fault  string         // for how long tests of the scheduler keep a fault up, "" for as long as they think enough
	runs   []run
}

// run is one boot: the tests of one package.
type run struct {
	pkg     string
	verdict *kerneltest.Verdict // nil: none came
	console []byte
	took    time.Duration
	wrong   []string // why it failed
}

// since is the first version of Linux with user kptrs. Before it, tests may skip.
var since = sys.Version{Major: 6, Minor: 13}

// hang bounds a boot. The tests themselves give up earlier, and say which of them hangs.
const (
	testTimeout = 8 * time.Minute
	hang        = testTimeout + time.Minute
)

// boot boots the cell's kernel with the tests of one package as process 1.
func (o *outcome) boot(p *programs, pkg, only, image string) (r run) {
	r.pkg = pkg
	start := time.Now()
	defer func() { r.took = time.Since(start) }()
	initramfs, err := p.initramfs(pkg)
	if err == nil {
		err = os.WriteFile(image, initramfs, 0o644)
	}
	if err != nil {
		r.wrong = append(r.wrong, err.Error())
		return r
	}
	defer os.Remove(image)
	nonce := rand.Text()
	g := kernel.Guest{
		Arch: o.cell.arch, Kernel: o.image, Initramfs: image,
		Cmdline: "KPTR_GUEST=" + nonce + " KPTR_TRAMPOLINES=require KPTR_DEMO=/kptr-demo KPTR_FAULT=" + o.fault,
		Args:    fmt.Sprintf("-test.v=test2json -test.timeout=%v -test.run=%s", testTimeout, only),
	}
	if r.console, err = g.Boot(hang); err != nil {
		r.wrong = append(r.wrong, err.Error())
	}
	if pkg == alone {
		r.verdict, err = aloneVerdict(r.console, o.kernel.Release)
	} else {
		r.verdict, err = kerneltest.ReadVerdict(r.console, nonce)
	}
	if err != nil {
		r.wrong = append(r.wrong, err.Error())
		return r
	}
	r.wrong = append(r.wrong, judge(r.verdict, o)...)
	return r
}

// judge says what of a verdict is not as it has to be.
func judge(v *kerneltest.Verdict, o *outcome) []string {
	var wrong []string
	if v.Release != o.kernel.Release {
		wrong = append(wrong, fmt.Sprintf("the guest ran %s, not %s", v.Release, o.kernel.Release))
	}
	version, err := sys.ParseVersion(v.Release)
	if err != nil {
		return append(wrong, err.Error())
	}
	for _, n := range v.Notes {
		switch {
		case n.End == kerneltest.Failed:
			wrong = append(wrong, strings.TrimSpace(n.Test+" failed: "+n.Why))
		case n.End == kerneltest.Skipped && !version.Before(since) && !o.excuses(n.Why):
			wrong = append(wrong, n.Test+" skipped: "+n.Why)
		}
	}
	return wrong
}

var optionName = regexp.MustCompile(`CONFIG_[A-Z0-9_]+`)

// excuses tells whether a test's reason for skipping is what QEMU's processor lacks, or names an option that the kernel
// really was built without. A module is as good as nothing: the guest has none.
func (o *outcome) excuses(why string) bool {
	if slices.ContainsFunc(append(o.cell.lacks, noSecondCPU), func(text string) bool { return strings.Contains(why, text) }) {
		return true
	}
	return slices.ContainsFunc(optionName.FindAllString(why, -1), func(option string) bool {
		return o.config != "" && !strings.Contains(o.config, "\n"+option+"=y\n")
	})
}

// report prints how a run went; a failed one with the guest's own output, as verbose has it of each.
func (r run) report(o *outcome, verbose bool) {
	state := "ok  "
	if len(r.wrong) > 0 {
		state = "FAIL"
	}
	counts := "no verdict"
	if r.verdict != nil {
		counts = fmt.Sprintf("%d passed", r.verdict.Counts[kerneltest.Passed])
		for _, end := range []string{kerneltest.Failed, kerneltest.Refused, kerneltest.Skipped, kerneltest.LeftOut} {
			if n := r.verdict.Counts[end]; n > 0 {
				counts += fmt.Sprintf(", %d %s", n, end)
			}
		}
	}
	fmt.Printf("%s %-30s %-12s %4.0f s  %s\n", state, o.kernel.Release, path.Base(r.pkg), r.took.Seconds(), counts)
	if len(r.wrong) == 0 && !verbose {
		return
	}
	for _, w := range r.wrong {
		fmt.Println("     " + w)
	}
	fmt.Printf("     the guest's output:\n")
	for line := range strings.Lines(string(r.console)) {
		if line = strings.TrimRight(line, "\r\n"); !boring.MatchString(line) {
			fmt.Println("     | " + line)
		}
	}
}

// boring lines say that a test began, or that all is well.
var boring = regexp.MustCompile(`^=== |^ *--- (PASS|SKIP)|kptr-guest|^$`)
