package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

func TestRun(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		name string
		args []string
		want string // the last line
	}{
		{"no arguments", nil, "result 3"},
		{"verb", []string{"run"}, "result 3"},
		{"flags without a verb", []string{"-a", "40", "-b", "2"}, "result 42"},
		{"zero", []string{"run", "-a", "0", "-b", "0"}, "result 0"},
		{"minus one", []string{"run", "-a", "-3", "-b", "2"}, "result -1"},
		{"wraps", []string{"run", "-a", "2147483647", "-b", "1"}, "result -2147483648"},
		{"wraps down", []string{"run", "-a", "-2147483648", "-b", "-1"}, "result 2147483647"},
		{"object file", []string{"run", "-object", native()}, "result 3"},
		{"object with the other tag", []string{"run", "-object", testObject("uptr")}, "result 3"},
		{"object without a tag", []string{"run", "-object", testObject("notag")}, "result 3"},
		{"object that only declares the struct", []string{"run", "-object", testObject("fwd")}, "result 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := demoRun(tt.args...)
			r.wantDone(t)
			if !strings.HasSuffix(r.stdout, "\n"+tt.want+"\n") {
				t.Errorf("last line is not %q:\n%s", tt.want, r.stdout)
			}
			for _, step := range []string{"kernel", "map", "prog", "share", "store", "set", "attach", "call"} {
				if !regexp.MustCompile(`(?m)^` + step + ` +\S`).MatchString(r.stdout) {
					t.Errorf("no step %q in:\n%s", step, r.stdout)
				}
			}
		})
	}
}

// The process as a whole: main, and what it leaves behind.
func TestRunProcess(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	r := demoProcess(t, nil, "run", "-a", "40", "-b", "2")
	r.wantDone(t)
	if !strings.HasSuffix(r.stdout, "\nresult 42\n") {
		t.Errorf("standard output:\n%s", r.stdout)
	}
}

// A runDocument is what a reader of run -json makes of it.
type runDocument struct {
	Object string
	Steps  []struct{ Step, Text string }
	BPF    []struct {
		Command    string
		Attributes map[string]string
		Result     int
		Errno      string
	}
	Result   *int
	Syscalls int
	Error    string
	Exit     int
}

func runJSON(t *testing.T, args ...string) (runDocument, result) {
	t.Helper()
	r := demoRun(append([]string{"run", "-json"}, args...)...)
	var doc runDocument
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatalf("%v:\n%s", err, r.stdout)
	}
	return doc, r
}

func TestRunJSON(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	doc, r := runJSON(t, "-a", "5")
	r.wantDone(t)
	if doc.Result == nil || *doc.Result != 7 || doc.Syscalls < minSyscalls || doc.Exit != 0 || doc.Error != "" || len(doc.BPF) != 0 || len(doc.Steps) < 8 {
		t.Errorf("document:\n%s", r.stdout)
	}
}

// A job that fails before its first step has no steps, which is not null.
func TestRunJSONFails(t *testing.T) {
	r := demoRun("run", "-json", "-object", "/dev/null")
	if !strings.Contains(r.stdout, "\"steps\": []") || r.code != exitFailed {
		t.Errorf("exit code %d, document:\n%s", r.code, r.stdout)
	}
}

// What the plan of a program lists is what is done, in that order and with those
// attributes, and nothing else until the object is loaded. At most 8 calls make up
// the whole job.
func TestTraceIsPlan(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	for _, file := range []string{native(), testObject("uptr")} {
		var plan planDocument
		r := demoRun("plan", "-json", file)
		r.wantDone(t)
		if err := json.Unmarshal([]byte(r.stdout), &plan); err != nil {
			t.Fatal(err)
		}
		doc, r := runJSON(t, "-trace", "-object", file)
		r.wantDone(t)
		if len(doc.BPF) > 8 {
			t.Errorf("%s: %d bpf(2) calls, want 8 at most", file, len(doc.BPF))
		}
		fds := make(map[string]string) // by step
		for i, s := range plan.Steps {
			call := doc.BPF[i]
			want := make(map[string]string, len(s.Attributes))
			for name, value := range s.Attributes {
				if strings.HasPrefix(value, "step ") {
					value = fds[value]
				}
				if strings.HasPrefix(name, "fd_array[") {
					name, value = "fd_array", "set" // the trace does not look into it
				}
				want[name] = value
			}
			if call.Command != s.Command || call.Errno != s.Expect {
				t.Errorf("%s: call %d is %s %s, the plan has %s %s", file, i+1, call.Command, call.Errno, s.Command, s.Expect)
			}
			for name := range call.Attributes {
				if want[name] != call.Attributes[name] {
					t.Errorf("%s: call %d, %s: %s is %q, the plan has %q", file, i+1, call.Command, name, call.Attributes[name], want[name])
				}
			}
			if len(want) != len(call.Attributes) {
				t.Errorf("%s: call %d has attributes %v, the plan %v", file, i+1, call.Attributes, want)
			}
			if s.Yields == "fd" {
				fds["step "+strconv.Itoa(s.Step)] = strconv.Itoa(call.Result)
			}
		}
	}
}

// The trace stands between the steps, each call behind the margin.
func TestTraceText(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	r := demoRun("run", "-trace")
	r.wantDone(t)
	line := regexp.MustCompile(`^ {7}BPF_[A-Z_]+\(.*\) = (-1 E[A-Z]+|\d+)$`)
	calls, lastCall, attach := 0, -1, -1
	for i, l := range strings.Split(r.stdout, "\n") {
		switch {
		case strings.HasPrefix(l, " "):
			if !line.MatchString(l) {
				t.Errorf("line %q", l)
			}
			calls, lastCall = calls+1, i
		case strings.HasPrefix(l, "attach "):
			if attach = i; lastCall != i-1 {
				t.Error("attach does not follow its call")
			}
		}
	}
	doc, _ := runJSON(t, "-trace")
	if calls != len(doc.BPF) || attach < 0 {
		t.Errorf("%d calls in the text, %d in the document", calls, len(doc.BPF))
	}
}

// refusedObject is the built-in one, but its program begins with r0 = r9, where r9
// holds nothing yet.
func refusedObject(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(native())
	if err != nil {
		t.Fatal(err)
	}
	regs := byte(0x90) // struct bpf_insn: dst_reg in the low half of the byte, by the order of bit fields
	if nativeOrder() == "eb" {
		regs = 0x09
	}
	const mov64 = 0xbf // BPF_ALU64 | BPF_MOV | BPF_X
	file := filepath.Join(t.TempDir(), "refused.o")
	if err := os.WriteFile(file, patch(b, section(t, "tp_btf/sys_enter").Offset, mov64, regs, 0, 0, 0, 0, 0, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRunErrors(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"verifier", refusedObject(t), []string{"on_sys_enter", "EACCES", "R9 !read_ok"}},
		{"no such map", testObject("globals"), []string{`map "datamap": not found`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := demoRun("run", "-object", tt.file)
			if r.code != exitFailed || strings.Contains(r.stdout, "result") {
				t.Errorf("exit code %d, standard output %q", r.code, r.stdout)
			}
			r.wantLine(t, append(tt.want, tt.file)...)
			doc, _ := runJSON(t, "-object", tt.file)
			if doc.Result != nil || doc.Exit != exitFailed || "kptr-demo: "+doc.Error+"\n" != r.stderr {
				t.Errorf("document %+v, standard error %q", doc, r.stderr)
			}
		})
	}
}

// -log prints the verifier's log, behind the line.
func TestRunLog(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	r := demoRun("run", "-log", "-object", refusedObject(t))
	if r.code != exitFailed || strings.Count(r.stderr, "\n") < 3 || !strings.Contains(r.stderr, "\nprocessed ") {
		t.Errorf("exit code %d, standard error:\n%s", r.code, r.stderr)
	}
}

// A program that never runs for this thread is found out, in bounded time.
func TestAwaitGivesUp(t *testing.T) {
	d := demo{a: 1, b: 2, say: func(string, string) {}}
	shared := &block{A: 1, B: 2, Result: ^3}
	err := d.await(shared, 1)
	if err == nil || d.syscalls != maxSyscalls || !strings.Contains(err.Error(), "result is -4 and not 3 after 64 syscalls of thread 1") {
		t.Errorf("%d syscalls, %v", d.syscalls, err)
	}
}
