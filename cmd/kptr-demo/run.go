package main

import (
	"fmt"
	"strconv"

	"kptr/bpfobj/prebuilt"
	"kptr/sys"
)

func runVerb() verb {
	return verb{
		name:    "run",
		summary: "share a block of memory with a BPF program, and let it add two numbers",
		about: `Loads an object with a task-storage map "datamap" whose value holds a user kptr to
struct user_data, a variable "target_pid" and programs that store a + b into
result; registers a block of this thread's memory, stores a and b, attaches, calls
gettid(2) twice and reads result from the block. The last line is "result" and the
sum, which wraps around as an int of C does.

Needs Linux 6.13 or later, and CAP_BPF and CAP_PERFMON.
`,
		examples: `  kptr-demo run -a 40 -b 2
  kptr-demo run -trace
  kptr-demo run -object task_local.bpfel.o -json
`,
		command: func() command { return &runCommand{a: 1, b: 2} },
	}
}

type runCommand struct {
	a, b   int32
	object string
	trace  bool
}

func (c *runCommand) flags(fs *flags, out *output) {
	c.numbers(fs)
	fs.value("object", "FILE", "load the object in FILE, of the same shape as the one that is built in", file(&c.object))
	c.tracing(fs)
	fs.on("log", &out.log, "print the verifier's log whole when it refuses, on standard error")
}

func (c *runCommand) numbers(fs *flags) {
	fs.value("a", "N", "store N in a, an int of 32 bits (default 1)", int32Value(&c.a))
	fs.value("b", "N", "store N in b, an int of 32 bits (default 2)", int32Value(&c.b))
}

func (c *runCommand) tracing(fs *flags) {
	fs.on("trace", &c.trace, "print each bpf(2) call as it is made, with its attributes, between the steps")
}

// builtIn names the object of package prebuilt where a file's name would stand.
const builtIn = "task_local.bpf.o (built in)"

// A runReport is the document of run and share.
type runReport struct {
	Object   string    `json:"object,omitempty"`
	Pin      string    `json:"pin,omitempty"`    // of share
	Socket   string    `json:"socket,omitempty"` // of join
	Steps    []runStep `json:"steps"`
	BPF      []bpfCall `json:"bpf,omitempty"` // with -trace
	Result   *int32    `json:"result"`        // null if there is none
	Syscalls int       `json:"syscalls"`      // made until the result was there
	Error    string    `json:"error,omitempty"`
	Exit     int       `json:"exit"`
}

// A runStep is a step of the main job that is done.
type runStep struct {
	Step string `json:"step"`
	Text string `json:"text"`
}

func (c *runCommand) run(out *output, _ []string) error {
	name, object := builtIn, prebuilt.TaskLocal()
	if c.object != "" {
		var err error
		name = c.object
		if object, err = readFile(name); err != nil {
			return err
		}
	}
	return c.do(out, &runReport{Object: name}, func(d *demo) error {
		if err := d.run(object); err != nil {
			return fileError(name, err)
		}
		return nil
	})
}

// do runs a job and prints its result, or its document.
func (c *runCommand) do(out *output, report *runReport, job func(*demo) error) error {
	d := demo{a: c.a, b: c.b, say: func(step, text string) { c.say(out, report, step, text) }, flush: out.Flush}
	if c.trace {
		sys.SetTrace(func(a sys.Attr, result int, err error) { c.call(out, report, a, result, err) })
		defer sys.SetTrace(nil)
	}
	report.Steps = []runStep{} // [] in JSON, not null, if there are none
	err := job(&d)
	if !out.json {
		if err == nil {
			out.WriteString("result " + itoa(int(d.result)) + "\n")
		}
		return err
	}
	report.Syscalls, report.Exit = d.syscalls, exitCode(err)
	if err == nil {
		report.Result = &d.result
	} else {
		report.Error = oneLine(err)
	}
	out.doc = report
	return err
}

// stepWidth lines the steps up behind the longest of their names.
const stepWidth = 6

func (c *runCommand) say(out *output, report *runReport, step, text string) {
	if out.json {
		report.Steps = append(report.Steps, runStep{step, text})
		return
	}
	fmt.Fprintf(out, "%-*s %s\n", stepWidth, step, text)
}

func (c *runCommand) call(out *output, report *runReport, a sys.Attr, result int, err error) {
	if out.json {
		report.BPF = append(report.BPF, tracedCall(a, result, err))
		return
	}
	fmt.Fprintf(out, "%*s", stepWidth+1, "")
	writeCall(out, a, result, err)
}

func itoa(n int) string { return strconv.Itoa(n) }
