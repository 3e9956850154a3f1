package main

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// TestClient: what a program in C does through the functions of kptr_hint.h is what BPF sees.
func TestClient(t *testing.T) {
	for _, tt := range []struct {
		compiler string
		args     []string
	}{
		{"cc", []string{"-std=c99"}},
		{"cc", []string{"-std=gnu99"}},
		{"c++", []string{"-x", "c++"}},
	} {
		t.Run(strings.Join(append([]string{tt.compiler}, tt.args...), " "), func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "client")
			args := append(tt.args, "-Wall", "-Wextra", "-Werror", "-O2", "-pthread", "-I../../bpfobj/prebuilt", "-o", program, "testdata/client.c")
			if out, err := exec.Command(kerneltest.NeedTool(t, tt.compiler), args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			kerneltest.NoLeaks(t)
			runClient(t, program)
		})
	}
}

func runClient(t *testing.T, program string) {
	dir := hintPins(t)
	cmd := exec.Command(program, hintPin(dir))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for _, step := range []struct{ done, want string }{
		{"process", "process {Version:1 Size:64 Background:0 Critical:0 Latency:0 Weight:7 Yield:0 Keep:0}"},
		{"store", "process {Version:1 Size:64 Background:0 Critical:0 Latency:1 Weight:7 Yield:0 Keep:0}"},
		{"thread", "process {Version:1 Size:64 Background:0 Critical:0 Latency:1 Weight:7 Yield:0 Keep:0}, " +
			"thread {Version:1 Size:64 Background:0 Critical:1 Latency:0 Weight:0 Yield:0 Keep:0}"},
		{"thread ended", "process {Version:1 Size:64 Background:0 Critical:0 Latency:1 Weight:7 Yield:0 Keep:0}"},
		{"none", ""},
	} {
		if !lines.Scan() || lines.Text() != step.done {
			cmd.Wait()
			t.Fatalf("the client says %q, want %q; standard error %q", lines.Text(), step.done, stderr.String())
		}
		var got []string
		for _, r := range top(t, dir) {
			if int(r.Process) != cmd.Process.Pid {
				t.Errorf("registered is process %d", r.Process)
			}
			got = append(got, fmt.Sprintf("%s %+v", r.Level, *r.Hint))
		}
		if strings.Join(got, ", ") != step.want {
			t.Errorf("%s: registered are %q, want %q", step.done, got, step.want)
		}
		_, err := in.Write([]byte("\n"))
		must(t, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v; standard error %q", err, stderr.String())
	}
}
