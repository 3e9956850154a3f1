package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"-help"}, {"help", "help"}, {"help", "-h"}} {
		r := demoRun(args...)
		r.wantDone(t)
		for _, v := range verbs() {
			if !strings.Contains(r.stdout, v.name) || !strings.Contains(r.stdout, v.summary) {
				t.Errorf("%v does not list %s", args, v.name)
			}
		}
	}
}

// Each verb's help has the synopsis, each of its flags, examples and exit codes, and
// the examples have only flags that there are.
func TestVerbHelp(t *testing.T) {
	for _, v := range verbs() {
		t.Run(v.name, func(t *testing.T) {
			r := demoRun(v.name, "-h")
			r.wantDone(t)
			for _, args := range [][]string{{"help", v.name}, {v.name, "--help"}, {v.name, "-json", "-h"}} {
				if again := demoRun(args...); again != r {
					t.Errorf("%v prints something else than %s -h", args, v.name)
				}
			}
			for _, text := range []string{"usage: kptr-demo " + v.name, v.summary, v.about, exitCodes, "\nexamples:\n  kptr-demo " + v.name} {
				if !strings.Contains(r.stdout, text) {
					t.Errorf("no %q in:\n%s", text, r.stdout)
				}
			}
			fs := v.flags(v.command(), new(output))
			for _, f := range fs {
				if !strings.Contains(r.stdout, "\n  -"+join(f.name, f.arg)+" ") {
					t.Errorf("flag -%s is not listed", f.name)
				}
			}
			for _, line := range strings.Split(strings.TrimSpace(v.examples), "\n") {
				args := strings.Fields(line)
				rest, err := fs.parse(args[2:], v.runs)
				if args[0] != "kptr-demo" || args[1] != v.name || err != nil || len(rest) > 1 && v.args == "FILE" || len(rest) > 0 && v.args == "" {
					t.Errorf("example %q: %v", line, err)
				}
			}
		})
	}
}

func TestUsageErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"unknown verb", []string{"fly"}, `unknown verb "fly"`},
		{"empty verb", []string{""}, `unknown verb ""`},
		{"help of an unknown verb", []string{"help", "fly"}, `unknown verb "fly"`},
		{"help of two verbs", []string{"help", "run", "load"}, `"load"`},
		{"run: argument", []string{"run", "prog.o"}, `run: unexpected argument "prog.o"`},
		{"run: unknown flag", []string{"run", "-c", "1"}, `run: unknown flag "-c"`},
		{"no verb: unknown flag", []string{"-c"}, `run: unknown flag "-c"`},
		{"run: -a without a value", []string{"run", "-a"}, "-a needs a value"},
		{"run: -a is a word", []string{"run", "-a", "one"}, `-a "one": not an integer of 32 bits`},
		{"run: -a too large", []string{"run", "-a", "2147483648"}, `-a "2147483648": not an integer of 32 bits`},
		{"run: -b too small", []string{"run", "-b", "-2147483649"}, `-b "-2147483649": not an integer of 32 bits`},
		{"run: -b empty", []string{"run", "-b="}, `-b "": not an integer`},
		{"run: -object empty", []string{"run", "-object", ""}, "FILE is empty"},
		{"run: -object from standard input", []string{"run", "-object", "-"}, "not read from standard input"},
		{"run: -trace is a word", []string{"run", "-trace=maybe"}, `-trace "maybe": not true or false`},
		{"plan: no FILE", []string{"plan"}, "plan: FILE is missing"},
		{"plan: FILE from standard input", []string{"plan", "-"}, "not read from standard input"},
		{"plan: two FILEs", []string{"plan", "a.o", "b.o"}, `unexpected argument "b.o"`},
		{"plan: empty FILE", []string{"plan", ""}, "FILE is empty"},
		{"plan: unknown tag", []string{"plan", "-tag", "user", "a.o"}, `-tag "user": not uptr or kptr_user`},
		{"plan: page size 0", []string{"plan", "-page-size", "0", "a.o"}, "not a positive number"},
		{"plan: odd page size", []string{"plan", "-page-size", "5000", "a.o"}, "not a power of two"},
		{"plan: no page", []string{"plan", "-page-size", "-1", "a.o"}, "not a positive number"},
		{"plan: -btf from standard input", []string{"plan", "-btf", "-", "a.o"}, "not read from standard input"},
		{"inspect: no FILE", []string{"inspect", "-json"}, "inspect: FILE is missing"},
		{"inspect: unknown flag", []string{"inspect", "a.o", "--trace"}, `inspect: unknown flag "--trace"`},
		{"load: no FILE", []string{"load", "--"}, "load: FILE is missing"},
		{"load: unknown flag", []string{"load", "-object", "a.o"}, `load: unknown flag "-object"`},
		{"sched: argument", []string{"sched", "now"}, `sched: unexpected argument "now"`},
		{"sched: -pin empty", []string{"sched", "-pin="}, `-pin "": DIR is empty`},
		{"sched: -mode is a word", []string{"sched", "-mode", "rw"}, `-mode "rw": not an octal number`},
		{"sched: -mode is decimal", []string{"sched", "-mode", "8"}, `-mode "8": not an octal number`},
		{"sched: -mode too large", []string{"sched", "-mode", "01000"}, `-mode "01000": not an octal number from 0 to 0777`},
		{"hint: no COMMAND", []string{"hint", "-background"}, "hint: COMMAND is missing"},
		{"hint: no COMMAND behind --", []string{"hint", "-background", "--"}, "hint: COMMAND is missing"},
		{"hint: no hint", []string{"hint", "--", "true"}, "hint: no hint: want -background, -critical, -latency or -weight"},
		{"hint: -weight 0", []string{"hint", "-weight", "0", "true"}, `-weight "0": not a number from 1 to 10000`},
		{"hint: -weight too large", []string{"hint", "-weight", "10001", "true"}, `-weight "10001": not a number from 1 to 10000`},
		{"top: argument", []string{"top", "1"}, `top: unexpected argument "1"`},
		{"top: unknown flag", []string{"top", "-n", "1"}, `top: unknown flag "-n"`},
		{"check: argument", []string{"check", "now"}, `check: unexpected argument "now"`},
		{"check: unknown flag", []string{"check", "-v"}, `check: unknown flag "-v"`},
	} {
		t.Run(tt.name, func(t *testing.T) { demoRun(tt.args...).wantError(t, exitUsage, tt.want) })
	}
}

func TestFlags(t *testing.T) {
	for _, tt := range []struct {
		name    string
		args    []string
		command bool
		a       int32
		on      bool
		rest    string
	}{
		{"none", nil, false, 7, false, ""},
		{"value behind", []string{"-a", "1"}, false, 1, false, ""},
		{"value with =", []string{"--a=-1", "-on"}, false, -1, true, ""},
		{"negative value", []string{"-a", "-5"}, false, -5, false, ""},
		{"hexadecimal", []string{"-a", "0x10"}, false, 16, false, ""},
		{"smallest", []string{"-a", "-2147483648"}, false, -1 << 31, false, ""},
		{"largest", []string{"-a", "2147483647"}, false, 1<<31 - 1, false, ""},
		{"last wins", []string{"-a", "1", "-a", "2"}, false, 2, false, ""},
		{"switched off", []string{"-on", "-on=false"}, false, 7, false, ""},
		{"flags behind an argument", []string{"x", "-on", "y"}, false, 7, true, "x y"},
		{"no flags behind --", []string{"-on", "--", "-a", "--"}, false, 7, true, "-a --"},
		{"a dash is no flag", []string{"-"}, false, 7, false, "-"},
		{"the command's own flags", []string{"-a", "1", "x", "-on", "-z", "--"}, true, 1, false, "x -on -z --"},
		{"the command behind --", []string{"-on", "--", "-a", "--"}, true, 7, true, "-a --"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, on := int32(7), false
			var fs flags
			fs.value("a", "N", "", int32Value(&a))
			fs.on("on", &on, "")
			rest, err := fs.parse(tt.args, tt.command)
			if err != nil || a != tt.a || on != tt.on || strings.Join(rest, " ") != tt.rest {
				t.Errorf("a %d, on %v, rest %q, %v", a, on, rest, err)
			}
		})
	}
}

// A full disk must not look like success.
func TestWriteError(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"help", "run"}, {"run", "-h"}, {"inspect", native()}, {"inspect", "-json", native()}} {
		var stderr strings.Builder
		if code := run(args, full{}, &stderr); code != exitFailed || !strings.Contains(stderr.String(), errFull.Error()) {
			t.Errorf("%v: exit code %d, standard error %q", args, code, stderr.String())
		}
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var _ io.Writer = full{}
