package main

import (
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
)

// nobody has no capability.
var nobody = syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}

// TestUnprivileged: without the capabilities the command says which are missing and
// what to do, and what needs none works.
func TestUnprivileged(t *testing.T) {
	kerneltest.NeedRoot(t)
	kerneltest.NeedLinux(t, "6.9", "PIDFD_THREAD") // whose lack check sees without privileges
	kerneltest.NoLeaks(t)
	for _, verb := range []string{"run", "check"} {
		r := demoProcess(t, &nobody, verb)
		if r.code != exitNotPermitted {
			t.Errorf("%s: exit code %d", verb, r.code)
		}
		r.wantLine(t, "CAP_BPF", "setcap cap_bpf,cap_perfmon+ep", "root")
		if verb == "check" && !strings.Contains(r.stdout, "no  CAP_PERFMON") {
			t.Errorf("standard output:\n%s", r.stdout)
		}
	}
	r := demoProcess(t, &nobody, "load", "/dev/stdin")
	if r.code != exitNotPermitted || !strings.Contains(r.stdout, "refused BTF (permission): ") || !strings.Contains(r.stdout, `(depends): `) {
		t.Errorf("load: exit code %d, standard output:\n%s", r.code, r.stdout)
	}
	for _, verb := range []string{"plan", "inspect"} {
		demoProcess(t, &nobody, verb, "/dev/stdin").wantDone(t)
	}
}

// A file that may not be read is not a capability that is missing.
func TestUnreadableFile(t *testing.T) {
	kerneltest.NeedRoot(t)
	demoProcess(t, &nobody, "inspect", "/proc/1/mem").wantError(t, exitFailed, "/proc/1/mem: open: permission denied")
}
