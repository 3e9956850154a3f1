package kernel

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
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

// FindQEMU says what to install if the QEMU of an architecture, by Go's name, is not there.
func FindQEMU(arch string) error {
	b := boards[arch]
	if _, err := exec.LookPath(b.qemu); err != nil {
		return fmt.Errorf("%w (Debian's package %s has it)", err, b.pkg)
	}
	return nil
}

// A Guest is a virtual machine that is to run one program as its process 1.
type Guest struct {
	Arch, Kernel, Initramfs string // the last two are files
	Cmdline, Args           string // for the kernel, and for the program
	// CPUs is how many, 0 means one: with two, a kernel that was putting a breakpoint into its own code
	// to switch a tracepoint on once died of it ("Oops: int3").
	CPUs int
	// Icount is QEMU's -icount, which ties the guest's clock to the instructions that it runs; "" lets
	// the clock go as the host's does.
	Icount string
	// Translate has QEMU translate the guest's code also where there is KVM. Icount needs that.
	Translate bool
}

// Boot runs the machine until it powers off, and gives what it wrote to its console. The size of the
// memory decides kernel.threads-max (set_max_threads, kernel/fork.c); tests start 10,000 threads.
func (g Guest) Boot(limit time.Duration) ([]byte, error) {
	b := boards[g.Arch]
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.qemu, b.args...)
	cmd.Args = append(cmd.Args, "-accel", g.accelerator(), "-smp", strconv.Itoa(max(g.CPUs, 1)), "-m", "2G",
		"-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", g.Kernel, "-initrd", g.Initramfs,
		"-append", strings.Join([]string{"console=" + b.console, kernelOptions, g.Cmdline, "--", g.Args}, " "))
	if g.Icount != "" {
		cmd.Args = append(cmd.Args, "-icount", g.Icount)
	}
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
func (g Guest) accelerator() string {
	if !g.Translate && g.Arch == runtime.GOARCH && kvmWorks() {
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

// QEMUVersion is what the host's QEMU says of itself in the first line.
func QEMUVersion() string {
	out, err := exec.Command(boards["amd64"].qemu, "--version").Output()
	if err != nil {
		return "QEMU"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
