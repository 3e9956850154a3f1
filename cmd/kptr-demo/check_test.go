package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func checkJSON(t *testing.T, r result) (map[string]finding, checkReport) {
	t.Helper()
	var doc checkReport
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	findings := make(map[string]finding)
	for _, f := range doc.Findings {
		findings[f.Feature] = f
	}
	return findings, doc
}

// What check finds is what /proc and sysfs say.
func TestCheck(t *testing.T) {
	kerneltest.NoLeaks(t)
	r := demoRun("check", "-json")
	got, doc := checkJSON(t, r)
	if r.code != doc.Exit || (r.code == 0) != (r.stderr == "") {
		t.Errorf("exit code %d, document says %d, standard error %q", r.code, doc.Exit, r.stderr)
	}
	for feature, path := range map[string]string{
		"kernel": "/proc/sys/kernel/osrelease", "unprivileged_bpf_disabled": "/proc/sys/kernel/unprivileged_bpf_disabled", "sched_ext": "/sys/kernel/sched_ext/state",
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			if got[feature].State != stateNo && got[feature].State != stateUnknown {
				t.Errorf("%s: %+v, but %v", feature, got[feature], err)
			}
			continue
		}
		want, state := strings.TrimSpace(string(text)), stateYes
		if feature == "kernel" && beforeUserKptrs(t, want) {
			state = stateNo
		}
		if got[feature].State != state || !strings.Contains(got[feature].Detail, want) {
			t.Errorf("%s: %+v, %s has %q", feature, got[feature], path, want)
		}
	}
	if info, err := os.Stat("/sys/kernel/btf/vmlinux"); err == nil && !strings.Contains(got["kernel BTF"].Detail, strconv.FormatInt(info.Size(), 10)+" bytes") {
		t.Errorf("kernel BTF: %+v", got["kernel BTF"])
	}
	if want := strconv.Itoa(os.Getpagesize()) + " bytes"; !strings.Contains(got["page size"].Detail, want) {
		t.Errorf("page size: %+v", got["page size"])
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	if mounted := strings.Contains(string(mounts), " /sys/fs/bpf bpf "); mounted != (got["bpffs"].State == stateYes) {
		t.Errorf("bpffs: %+v, in /proc/self/mounts: %v", got["bpffs"], mounted)
	}
	for _, f := range doc.Findings {
		if f.State == stateNo && f.Do == "" {
			t.Errorf("%s is missing, and nothing is said to do about it", f.Feature)
		}
	}
}

// beforeUserKptrs tells whether a release is older than Linux 6.13.
func beforeUserKptrs(t *testing.T, release string) bool {
	t.Helper()
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		t.Fatalf("%q: %v", release, err)
	}
	return major < 6 || major == 6 && minor < 13
}

func TestCheckText(t *testing.T) {
	r := demoRun("check")
	_, doc := checkJSON(t, demoRun("check", "-json"))
	for _, f := range doc.Findings {
		if !strings.Contains(r.stdout, "\n"+string(f.State)) && !strings.HasPrefix(r.stdout, string(f.State)) || !strings.Contains(r.stdout, f.Detail) || !strings.Contains(r.stdout, f.Do) {
			t.Errorf("%+v is not in:\n%s", f, r.stdout)
		}
	}
}

// The kernel's lacks come first: no privilege mends them.
func TestLacking(t *testing.T) {
	kernel := &sys.NotSupportedError{Feature: "x"}
	other := errors.New("other")
	for _, tt := range []struct {
		name  string
		lacks []error
		code  int
	}{
		{"nothing", []error{nil, nil}, 0},
		{"capability", []error{nil, permission(sys.CAP_BPF)}, 4},
		{"kernel", []error{kernel}, 3},
		{"both", []error{permission(sys.CAP_BPF), nil, kernel}, 3},
		{"neither", []error{other, permission(sys.CAP_BPF)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var findings []finding
			for _, err := range tt.lacks {
				findings = append(findings, finding{Feature: "f", lack: err})
			}
			if got := exitCode(lacking(findings)); got != tt.code {
				t.Errorf("exit code %d, want %d", got, tt.code)
			}
		})
	}
}
