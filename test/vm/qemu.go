package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const qemu = "qemu-system-x86_64"

// machine is a virtual machine for one kernel.
type machine struct {
	target   target
	packages []string // whose tests are among the jobs

	kernel, initramfs, console string // paths; the last is written

	jobs, log []byte // what the second serial port said, the jobs' output, and the first, the kernel's log
	err       error  // qemu's
	took      time.Duration
}

// boot runs the machine until it powers off. It uses no KVM.
//
// There is one CPU: with two, a kernel that was putting a breakpoint into its own code to switch
// a tracepoint on once died of it ("Oops: int3"). The size of the memory decides
// kernel.threads-max (set_max_threads, kernel/fork.c); tests start 10,000 threads.
func (m *machine) boot(limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu,
		"-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "2G",
		"-nodefaults", "-display", "none", "-no-reboot",
		"-serial", "file:"+m.console, "-serial", "stdio",
		"-kernel", m.kernel, "-initrd", m.initramfs,
		"-append", "console=ttyS0 panic=-1 rdinit=/init mitigations=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	start := time.Now()
	jobs, err := cmd.Output()
	m.took = time.Since(start)
	log, logErr := os.ReadFile(m.console)
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("qemu: still running after %v", limit)
	case err != nil:
		err = fmt.Errorf("qemu: %w\n%s", err, stderr.String())
	}
	m.jobs, m.log, m.err = jobs, log, errors.Join(err, logErr)
}

// report prints what the jobs made of the kernel, and says what was not as expected.
func (m *machine) report(verbose bool) error {
	fmt.Printf("== %s, %v\n", filepath.Base(m.kernel), m.took.Round(time.Second))
	r := report{verbose: verbose, results: parse(m.jobs), log: m.log}
	for _, pkg := range m.packages {
		r.check(pkg, 0, nil)
	}
	for _, d := range m.target.demos {
		r.check(d.job().Name, d.exit, d.says)
	}
	return errors.Join(m.err, r.end())
}
