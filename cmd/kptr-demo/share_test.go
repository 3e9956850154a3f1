package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// servePin loads an object, pins its map with a mode in a bpffs that everybody may
// look into, and attaches its programs if told to.
func servePin(t *testing.T, object []byte, mode os.FileMode, attach bool) string {
	t.Helper()
	requireKernel(t)
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	kerneltest.NoLeaks(t)
	obj, err := bpfobj.Load(object, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, obj.Close()) })
	dir := bpffs(t)
	pin := filepath.Join(dir, "datamap")
	must(t, obj.Map("datamap").Pin(pin))
	must(t, os.Chmod(pin, mode))
	if attach {
		must(t, obj.Attach())
	}
	return pin
}

// bpffs mounts one that everybody may look into.
func bpffs(t *testing.T) (dir string) {
	t.Helper()
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	dir, err := os.MkdirTemp("", "kptr-demo")
	must(t, err)
	t.Cleanup(func() { must(t, os.Remove(dir)) })
	must(t, os.Chmod(dir, 0o755))
	must(t, syscall.Mount("bpf", dir, "bpf", 0, "mode=0755"))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestShare: processes that have no part in loading share through the pin, root and
// nobody at once with the process that serves.
func TestShare(t *testing.T) {
	pin := servePin(t, prebuilt.EveryTask(), 0o622, true)
	steps := []string{"map", "share", "store", "call", "result"}
	for _, tt := range []struct {
		name  string
		attr  *syscall.SysProcAttr
		steps []string
	}{
		{"root", nil, steps},
		{"nobody", &nobody, []string{"map", "check", "share", "store", "call", "result"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.attr != nil {
				kerneltest.NeedRoot(t)
			}
			r := demoProcess(t, tt.attr, "share", "-pin", pin, "-a", "40", "-b", "2")
			r.wantDone(t)
			if !strings.HasSuffix(r.stdout, "\nresult 42\n") {
				t.Errorf("standard output:\n%s", r.stdout)
			}
			var got []string
			for line := range strings.Lines(r.stdout) {
				step, text, _ := strings.Cut(line, " ")
				got = append(got, step)
				if step == "check" && (!strings.Contains(text, "not checked") || !strings.Contains(text, "CAP_SYS_ADMIN missing")) {
					t.Errorf("line %q", line)
				}
			}
			if strings.Join(got, " ") != strings.Join(tt.steps, " ") {
				t.Errorf("steps %v, want %v", got, tt.steps)
			}
		})
	}
}

func TestShareJSON(t *testing.T) {
	pin := servePin(t, prebuilt.EveryTask(), 0o600, true)
	r := demoRun("share", "-json", "-trace", "-pin", pin)
	r.wantDone(t)
	var doc struct {
		runDocument
		Pin string `json:"pin"`
	}
	must(t, json.Unmarshal([]byte(r.stdout), &doc))
	if doc.Pin != pin || doc.Object != "" || doc.Result == nil || *doc.Result != 3 || doc.Exit != 0 || doc.Error != "" || len(doc.Steps) != 4 {
		t.Errorf("document %+v", doc)
	}
	if len(doc.BPF) == 0 || doc.BPF[0].Command != "BPF_OBJ_GET" {
		t.Errorf("calls %+v, want BPF_OBJ_GET first", doc.BPF)
	}
}

func TestShareErrors(t *testing.T) {
	readable := servePin(t, prebuilt.EveryTask(), 0o644, true)
	idle := servePin(t, prebuilt.TaskLocal(), 0o600, false)
	for _, tt := range []struct {
		name string
		attr *syscall.SysProcAttr
		pin  string
		code int
		text []string
	}{
		{"nobody, who may read", &nobody, readable, exitNotPermitted, []string{readable, "does not allow it", "EPERM"}},
		{"nobody, who may not", &nobody, idle, exitNotPermitted, []string{idle, "EACCES", "modes of the pin"}},
		{"program not attached", nil, idle, exitFailed, []string{idle, "result is -4 and not 3 after 64 syscalls", "no BPF program added a and b"}},
		{"no pin", nil, idle + "s", exitFailed, []string{idle + "s: ", "ENOENT"}},
		{"no bpffs", nil, "/dev/null", exitFailed, []string{"/dev/null: not a BPF map but a file outside of any bpffs"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.attr != nil {
				kerneltest.NeedRoot(t)
			}
			r := demoProcess(t, tt.attr, "share", "-pin", tt.pin)
			if r.code != tt.code || strings.Contains(r.stdout, "result") {
				t.Errorf("exit code %d, want %d; standard output %q", r.code, tt.code, r.stdout)
			}
			r.wantLine(t, tt.text...)
			if strings.Count(r.stderr, tt.pin+": ") != 1 {
				t.Errorf("standard error %q, want the path once", r.stderr)
			}
		})
	}
}

func TestShareUsage(t *testing.T) {
	demoRun("share").wantError(t, exitUsage, "share: -pin PATH is missing")
	demoRun("share", "-pin", "").wantError(t, exitUsage, "share: -pin \"\": PATH is empty")
	demoRun("share", "-pin", "p", "q").wantError(t, exitUsage, `unexpected argument "q"`)
}
