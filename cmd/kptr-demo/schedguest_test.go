//go:build guest

// A scheduler takes the whole machine over: these tests are for guests alone.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr/internal/kerneltest"
)

// needSched ends the test where the kernel has no schedulers in BPF, and sees to it that none is left.
func needSched(t *testing.T) (pinDir string) {
	t.Helper()
	requireKernel(t)
	kerneltest.Require(t, needSchedExt())
	t.Cleanup(func() { waitForState(t, "disabled") })
	return filepath.Join(bpffs(t), "kptr")
}

// startSched starts the scheduler and waits until it is in charge.
func startSched(t *testing.T, dir string, flags ...string) *runningDemo {
	t.Helper()
	d := startDemo(t, append([]string{"sched", "-pin", dir}, flags...)...)
	d.until(t, "\nsched  kptr_hint, hints on\n")
	waitForState(t, "enabled")
	return d
}

// waitForState waits for the kernel to say so, and gives how long it took.
func waitForState(t *testing.T, want string) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		state, err := readSchedExt("state")
		must(t, err)
		if state == want {
			return time.Since(start)
		}
		if time.Since(start) > 10*time.Second {
			t.Fatalf("sched_ext is %q, want %q", state, want)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestSched: either signal ends it in order: the scheduler is detached, the exit code is 0, the pins stay.
func TestSched(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	how := "made, mode 0640"
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		d := startDemo(t, "sched", "-pin", dir, "-mode", "0640")
		said := d.until(t, "\nsched  kptr_hint, hints on\n")
		for _, name := range []string{hintMap, gcMap} {
			if want := fmt.Sprintf("pin    %s/%s: %s\n", dir, name, how); !strings.Contains(said, want) {
				t.Errorf("no %q in:\n%s", want, said)
			}
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != 0o640 {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
		}
		waitForState(t, "enabled")
		r := d.end(t, s)
		r.wantDone(t)
		if r.stdout != "detach the kernel's own scheduler is back\n" {
			t.Errorf("%v: standard output ends with %q", s, r.stdout)
		}
		if state, _ := readSchedExt("state"); state != "disabled" {
			t.Errorf("%v: sched_ext is %q", s, state)
		}
		how = "taken up"
		must(t, os.Chmod(hintPin(dir), 0o640)) // of a pin that is taken up the mode is left alone
	}
}

// TestSchedJSON: decisions for each second, and a document at the end.
func TestSchedJSON(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startDemo(t, "sched", "-pin", dir, "-stats", "-json")
	waitForState(t, "enabled")
	w := startWorker(t, []string{"hint", "-pin", dir, "-background"}, "spin", "-", "")
	busy := startWorker(t, nil, "spin", "-", "")
	var all decisions
	documents := json.NewDecoder(d.out)
	for all.BackgroundQueued == 0 {
		var second decisions
		must(t, documents.Decode(&second))
		all.BackgroundQueued += second.BackgroundQueued
	}
	w.endSpin(t)
	busy.endSpin(t)
	must(t, d.cmd.Process.Signal(syscall.SIGINT))
	var report schedReport
	for report.Pins == nil {
		must(t, documents.Decode(&report))
	}
	d.cmd.Wait()
	if report.Decisions.BackgroundQueued < all.BackgroundQueued || report.Exit != 0 || d.cmd.ProcessState.ExitCode() != 0 || len(report.Pins) != 2 {
		t.Errorf("document %+v, exit code %d", report, d.cmd.ProcessState.ExitCode())
	}
}

// TestSchedThrownOut: why the kernel has thrown the scheduler out is the error.
func TestSchedThrownOut(t *testing.T) {
	kerneltest.NoLeaks(t)
	d := startSched(t, needSched(t))
	// sysrq_sched_ext_reset_op, kernel/sched/ext.c.
	must(t, os.WriteFile("/proc/sysrq-trigger", []byte("S"), 0))
	d.wait(t).wantError(t, exitFailed, "the kernel has thrown the scheduler out", "sysrq")
	waitForState(t, "disabled")
}

// TestSchedExec: at execve(2) the scheduler drops what a program has registered itself, and keeps what was from outside.
func TestSchedExec(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startSched(t, dir)
	own := startWorker(t, nil, "register", hintPin(dir), workerArg, "wait")
	topUntil(t, dir, 0)
	// The first worker says that it is ready only after its exec; this one has to be registered before.
	outside := startWorker(t, []string{"hint", "-pin", dir, "-background"}, "pause", workerArg, "wait")
	topUntil(t, dir, 1)
	outside.say(t)
	outside.expect(t, "ready")
	if list := top(t, dir); len(list) != 1 || list[0].Hint.Background != 1 {
		t.Errorf("registered after the exec are %+v", list)
	}
	own.end(t)
	outside.end(t)
	d.end(t, syscall.SIGTERM).wantDone(t)
}

// TestSchedRefused: without privilege, or a bpffs, nothing is made.
func TestSchedRefused(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	demoProcess(t, &nobody, "sched", "-pin", dir).wantError(t, exitNotPermitted, "CAP_BPF")
	demoProcess(t, nil, "sched", "-pin", "/tmp").wantError(t, exitFailed, "/tmp: directory is not on a bpffs")
	demoProcess(t, nil, "sched", "-pin", "/tmp/kptr").wantError(t, exitFailed, "/tmp: directory is not on a bpffs")
	demoProcess(t, nil, "sched", "-pin", dir+"/a").wantError(t, exitFailed, dir+": no such file or directory")
	for _, name := range []string{dir, "/tmp/kptr"} {
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// entries lists what lies in a directory, none if it is not there.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, fs.FormatDirEntry(e))
	}
	return names
}
