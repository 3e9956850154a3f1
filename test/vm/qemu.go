package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// board is how QEMU makes a machine of an architecture.
type board struct {
	qemu    string
	pkg     string // Debian's package of it
	args    []string
	console string
}

// Under -cpu max, pointer authentication is computed as in hardware at great cost, unless told not to be (QEMU,
// docs/system/arm/cpu-features.rst).
var boards = map[string]board{
	"amd64": {"qemu-system-x86_64", "qemu-system-x86", []string{"-cpu", "max"}, "ttyS0"},
	"arm64": {"qemu-system-aarch64", "qemu-system-arm", []string{"-M", "virt", "-cpu", "max,pauth-impdef=on"}, "ttyAMA0"},
	"s390x": {"qemu-system-s390x", "qemu-system-misc", []string{"-M", "s390-ccw-virtio", "-cpu", "max"}, "ttysclp0"},
}

// find says what to install if the board's QEMU is not there.
func (b board) find() error {
	if _, err := exec.LookPath(b.qemu); err != nil {
		return fmt.Errorf("%w (Debian's package %s has it)", err, b.pkg)
	}
	return nil
}

// guest is a virtual machine that is to run one program as its process 1.
type guest struct {
	arch, kernel, initramfs string // the last two are files
	cmdline, args           string // for the kernel, and for the program
}

// boot runs the machine until it powers off, and gives what it wrote to its console.
//
// There is one CPU: with two, a kernel that was putting a breakpoint into its own code to switch
// a tracepoint on once died of it ("Oops: int3"). The size of the memory decides
// kernel.threads-max (set_max_threads, kernel/fork.c); tests start 10,000 threads.
func (g guest) boot(limit time.Duration) ([]byte, error) {
	b := boards[g.arch]
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.qemu, b.args...)
	cmd.Args = append(cmd.Args, "-accel", accelerator(g.arch), "-smp", "1", "-m", "2G",
		"-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", g.kernel, "-initrd", g.initramfs,
		"-append", strings.Join([]string{"console=" + b.console, kernelOptions, g.cmdline, "--", g.args}, " "))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	console, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return console, fmt.Errorf("ended after %v: it hangs", limit)
	case err != nil:
		return console, fmt.Errorf("%s: %w: %s", b.qemu, err, stderr.String())
	}
	return console, nil
}

// kernelOptions: whatever goes wrong in the kernel ends the machine, and prints the kernel's log; all else that it says
// stays off the console, but for what a program writes to /dev/kmsg
// (Documentation/admin-guide/kernel-parameters.txt).
const kernelOptions = "panic=-1 panic_on_warn=1 oops=panic panic_print=32 loglevel=4 printk.devkmsg=on mitigations=off rdinit=/init"

// accelerator is KVM for the host's own architecture where it works, else QEMU's translator.
func accelerator(arch string) string {
	if arch == runtime.GOARCH && kvmWorks() {
		return "kvm"
	}
	return "tcg"
}

// kvmWorks starts a machine without a program and ends it: that /dev/kvm is there does not say that a machine can be made,
// and QEMU aborts rather than fall back when the processor's registers cannot be set.
var kvmWorks = sync.OnceValue(func() bool {
	b := boards[runtime.GOARCH]
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.qemu, b.args...)
	cmd.Args = append(cmd.Args, "-accel", "kvm", "-S", "-nodefaults", "-display", "none", "-monitor", "stdio")
	cmd.Stdin = strings.NewReader("quit\n")
	return cmd.Run() == nil
})
