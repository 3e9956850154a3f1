package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kptr/internal/kerneltest"
)

// top gives what kptr-demo top lists.
func top(t *testing.T, dir string) []registration {
	t.Helper()
	r := demoRun("top", "-once", "-json", "-pin", dir)
	r.wantDone(t)
	var doc topReport
	must(t, json.Unmarshal([]byte(r.stdout), &doc))
	return doc.Registered
}

// topUntil waits until top lists so many.
func topUntil(t *testing.T, dir string, n int) []registration {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list := top(t, dir)
		if len(list) == n {
			return list
		}
		if time.Now().After(deadline) {
			t.Fatalf("registered are %+v, want %d", list, n)
		}
	}
}

// TestHint: what the flags say arrives in the kernel, for the process; it is there until the command ends, also across
// an exec, and not longer.
func TestHint(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	for _, tt := range []struct {
		name  string
		flags []string
		exec  bool
		want  hintWords
	}{
		{"background", []string{"-background"}, false, hintWords{Background: 1}},
		{"all", []string{"-background", "-critical", "-latency", "-weight", "10000"}, false, hintWords{Background: 1, Critical: 1, Latency: 1, Weight: 10000}},
		{"weight across exec", []string{"-weight=1"}, true, hintWords{Weight: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"wait"}
			if tt.exec {
				args = []string{"pause", workerArg, "wait"}
			}
			w := startWorker(t, append([]string{"hint", "-pin", dir}, tt.flags...), args...)
			got := topUntil(t, dir, 1)[0]
			if tt.exec {
				w.say(t)
				w.expect(t, "ready")
				got = top(t, dir)[0]
			}
			tt.want.Version, tt.want.Size, tt.want.Keep = 1, 64, 1
			if got.Hint == nil || *got.Hint != tt.want || got.GC != nil || got.Level != "process" || got.Process != got.Thread {
				t.Errorf("registered is %+v with hint %+v, want %+v", got, got.Hint, tt.want)
			}
			if parent := parentOf(t, got.Process); parent != w.cmd.Process.Pid {
				t.Errorf("registered is a child of process %d, not of kptr-demo's, %d", parent, w.cmd.Process.Pid)
			}
			if code := w.end(t); code != 0 {
				t.Errorf("exit code %d", code)
			}
			topUntil(t, dir, 0)
		})
	}
}

func parentOf(t *testing.T, pid uint32) (parent int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	var state string
	_, err = fmt.Sscan(rest, &state, &parent)
	must(t, err)
	return parent
}

// TestLookPath: without PATH a command is looked for where the system has them, and not in the directory at hand (execvp(3)).
func TestLookPath(t *testing.T) {
	t.Chdir(t.TempDir())
	must(t, os.WriteFile("sh", []byte("#!/bin/false\n"), 0o700))
	t.Setenv("PATH", "") // to be put back
	if name, err := lookPath("sh"); name != "sh" || err != nil {
		t.Errorf("empty PATH: %q, %v", name, err)
	}
	must(t, os.Unsetenv("PATH"))
	if name, err := lookPath("sh"); name == "sh" || err == nil && !strings.HasSuffix(name, "bin/sh") {
		t.Errorf("no PATH: %q, %v", name, err)
	}
}

// TestHintExit: the exit code is the command's, or says the signal as shells do.
func TestHintExit(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	for _, tt := range []struct {
		name string
		args []string
		want int
	}{
		{"done", []string{"exit", "0"}, 0},
		{"one of kptr-demo's own", []string{"exit", "3"}, 3},
		{"largest", []string{"exit", "255"}, 255},
		{"SIGTERM", []string{"kill", "15"}, 128 + 15},
		{"SIGKILL", []string{"kill", "9"}, 128 + 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := demoProcess(t, nil, append([]string{"hint", "-pin", dir, "-background", "--", "/proc/self/exe", workerArg}, tt.args...)...)
			if r.code != tt.want || r.stdout != "" || r.stderr != "" {
				t.Errorf("%+v, want exit code %d and no output", r, tt.want)
			}
		})
	}
	t.Run("document", func(t *testing.T) {
		r := demoProcess(t, nil, "hint", "-json", "-pin", dir, "-background", "--", "/proc/self/exe", workerArg, "exit", "5")
		var doc hintReport
		must(t, json.Unmarshal([]byte(r.stdout), &doc))
		if want := []string{"/proc/self/exe", workerArg, "exit", "5"}; r.code != 5 || doc.Exit != 5 || doc.Pid == 0 || !cmp.Equal(doc.Command, want) {
			t.Errorf("exit code %d, document %+v", r.code, doc)
		}
	})
}

// TestHintSignals: signals that kptr-demo gets, the command gets, once.
func TestHintSignals(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	w := startWorker(t, []string{"hint", "-pin", dir, "-background"}, "signals")
	for _, s := range passedOn {
		if s != syscall.SIGTERM {
			must(t, w.cmd.Process.Signal(s))
			w.expect(t, s.String())
		}
	}
	must(t, w.cmd.Process.Signal(syscall.SIGTERM))
	w.expect(t, syscall.SIGTERM.String())
	if code := w.end(t); code != 7 {
		t.Errorf("exit code %d", code)
	}
}

// TestHintTerminal: a terminal sends SIGINT to the command itself, which gets it once.
func TestHintTerminal(t *testing.T) {
	script := kerneltest.NeedTool(t, "script")
	kerneltest.NoLeaks(t)
	dir := hintPins(t)
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(script, "-qec", fmt.Sprintf("%[1]s hint -pin %[2]s -background -- %[1]s %[3]s signals; :", exe, dir, workerArg), "/dev/null")
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	var said []string
	until := func(text string) {
		for lines.Scan() {
			said = append(said, lines.Text())
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("no %q in %q", text, said)
	}
	until("ready")
	worker := topUntil(t, dir, 1)[0].Process
	// While kptr-demo is stopped, so that a second SIGINT would come well after the first.
	demo := parentOf(t, worker)
	must(t, syscall.Kill(demo, syscall.SIGSTOP))
	_, err = io.WriteString(in, "\x03") // VINTR
	must(t, err)
	until("interrupt")
	must(t, syscall.Kill(demo, syscall.SIGCONT))
	time.Sleep(100 * time.Millisecond)
	must(t, syscall.Kill(int(worker), syscall.SIGTERM))
	until("terminated")
	if n := strings.Count(strings.Join(said, "\n"), "interrupt"); n != 1 {
		t.Errorf("%d times SIGINT: %q", n, said)
	}
}

func TestHintErrors(t *testing.T) {
	dir := hintPins(t)
	command := []string{"--", "/proc/self/exe", workerArg, "exit", "0"}
	for _, tt := range []struct {
		name string
		attr *syscall.SysProcAttr
		args []string
		code int
		text []string
	}{
		{"nobody", &nobody, append([]string{"-pin", dir, "-background"}, command...), exitNotPermitted, []string{hintPin(dir), "EACCES", "modes of the pin"}},
		{"no pin", nil, append([]string{"-pin", dir + "/x", "-background"}, command...), exitFailed, []string{dir + "/x/kptr_hint", "ENOENT", "no scheduler has pinned it"}},
		{"no bpffs", nil, append([]string{"-pin", "/proc/self", "-background"}, command...), exitFailed, []string{"/proc/self/kptr_hint"}},
		{"the pin itself", nil, append([]string{"-pin", hintPin(dir), "-background"}, command...), exitFailed, []string{hintPin(dir) + "/kptr_hint", "ENOTDIR", "directory of the pins"}},
		{"no command of the name", nil, []string{"-pin", dir, "-background", "no-such-command", "-h"}, exitFailed, []string{"no-such-command: not in PATH"}},
		{"no file of the name", nil, []string{"-pin", dir, "-background", "./no/such"}, exitFailed, []string{"./no/such: no such file"}},
		{"a directory", nil, []string{"-pin", dir, "-background", "/proc"}, exitFailed, []string{"/proc: permission denied"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.attr != nil {
				kerneltest.NeedRoot(t)
			}
			demoProcess(t, tt.attr, append([]string{"hint"}, tt.args...)...).wantError(t, tt.code, tt.text...)
		})
	}
}
