// Package kerneltest helps tests that touch the running kernel: when they may skip, and whether
// they left anything behind.
//
// A package whose tests make BPF objects calls [Main] from its TestMain, so that the test programs
// of several packages take turns: ids of BPF objects and pinned pages are counted for the machine.
package kerneltest

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"kptr/sys"
)

// Env is the environment variable that, set to "require", turns every skip of this package into a
// failure: for a machine where all kernel tests have to run.
const Env = "KPTR_KERNEL_TESTS"

// allCaps are the capabilities whose lack excuses EPERM and EACCES.
var allCaps = [...]sys.Cap{sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_NET_ADMIN, sys.CAP_SYS_ADMIN}

// Require ends the test unless err is nil. It skips only when the kernel lacks a feature, a
// [*sys.NotSupportedError], or when the kernel refused for want of a capability that this process
// does not have. A kernel that is new enough for the feature, or a refusal of a process that has
// every capability, is a failure, and so is any other error.
func Require(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var lacks *sys.NotSupportedError
	switch {
	case errors.As(err, &lacks):
		requireFeature(t, lacks, err)
	case errors.Is(err, os.ErrPermission) && missingCap() != "":
		Skip(t, "%v (%s is missing)", err, missingCap())
	default:
		t.Fatal(err)
	}
}

// NeedCaps ends the test unless this process has the capabilities; it skips as [Require] does.
func NeedCaps(t testing.TB, caps ...sys.Cap) {
	t.Helper()
	have, err := sys.Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range caps {
		if !have.Allows(c) {
			Skip(t, "%v is missing", c)
		}
	}
}

// NeedLinux skips, as [Require] does, on a kernel before the version that has a feature.
func NeedLinux(t testing.TB, since, feature string) {
	t.Helper()
	if !running(t, since) {
		lacks := &sys.NotSupportedError{Feature: feature, Since: since}
		requireFeature(t, lacks, lacks)
	}
}

// NeedCPUs skips on a machine with fewer CPUs, where a BPF program that does not end lets nothing else run.
func NeedCPUs(t testing.TB, n int) {
	t.Helper()
	if runtime.NumCPU() < n {
		Skip(t, "the machine has fewer than %d CPUs", n)
	}
}

// jitEnable is there only with the compiler for BPF (net/core/sysctl_net_core.c).
const jitEnable = "/proc/sys/net/core/bpf_jit_enable"

// NeedJIT skips on a kernel that interprets BPF programs: it has no arenas, and no programs that call
// its functions or are called back.
func NeedJIT(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(jitEnable); errors.Is(err, os.ErrNotExist) {
		Skip(t, "the kernel has no compiler for BPF (CONFIG_BPF_JIT)")
	}
}

func requireFeature(t testing.TB, lacks *sys.NotSupportedError, err error) {
	t.Helper()
	if lacks.Since != "" && running(t, lacks.Since) {
		t.Fatalf("the running kernel is new enough: %v", err)
	}
	if lacks.Since != "" {
		excuse(t, Refused, err.Error())
	}
	Skip(t, "%v", err)
}

// running tells whether the running kernel is of version since or later.
func running(t testing.TB, since string) bool {
	t.Helper()
	want, err := sys.ParseVersion(since)
	if err != nil {
		t.Fatal(err)
	}
	release, err := sys.Release()
	if err != nil {
		t.Fatal(err)
	}
	have, err := sys.ParseVersion(release)
	if err != nil {
		t.Fatal(err)
	}
	return !have.Before(want)
}

// missingCap names the first capability that this process lacks, "" if it has all.
func missingCap() string {
	have, err := sys.Capabilities()
	if err != nil {
		return ""
	}
	for _, c := range allCaps {
		if !have.Allows(c) {
			return c.String()
		}
	}
	return ""
}

// Skip skips for want of something that the host or the kernel may lack, as [Require] does.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv(Env) == "require" {
		t.Fatalf(Env+"=require forbids the skip: "+format, args...)
	}
	t.Skipf(format, args...)
}

// NeedTool gives the path of a program of the host, and skips, as [Require] does, where it is not installed.
func NeedTool(t testing.TB, name string) string {
	t.Helper()
	NeedHost(t, name)
	path, err := exec.LookPath(name)
	if err != nil {
		Skip(t, "this host has no %s", name)
	}
	return path
}

// NeedRoot skips, as [Require] does, where the tests do not run as root, or as a root without capabilities, as that of a container.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		Skip(t, "needs root")
	}
	NeedCaps(t, sys.CAP_SYS_ADMIN)
}

// NeedBTF reads the running kernel's BTF, which every user may do, and skips, as [Require] does, on a kernel that was built without.
func NeedBTF(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if errors.Is(err, os.ErrNotExist) {
		Skip(t, "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
