package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// binaryEnv names kptr-demo as it is built, for a guest that has it beside these tests.
const binaryEnv = "KPTR_DEMO"

// TestVersion: a kernel without user kptrs is refused with its version and the one that is needed, by check and run alike,
// and nothing is left behind.
func TestVersion(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	kerneltest.NoLeaks(t)
	release, err := sys.Release()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"check", "run"} {
		cmd := exec.Command("/proc/self/exe", verb)
		cmd.Env = append(os.Environ(), mainEnv+"=1")
		if path := os.Getenv(binaryEnv); path != "" {
			cmd = exec.Command(path, verb)
		}
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		got, want := result{code: cmd.ProcessState.ExitCode(), stderr: stderr.String()}, exitDone
		if beforeUserKptrs(t, release) {
			want = exitNotSupported
			got.wantLine(t, release, "6.13")
		}
		if got.code != want {
			t.Errorf("%s: exit code %d, want %d: %s", verb, got.code, want, got.stderr)
		}
	}
}
