package main

import (
	"errors"
	"fmt"
	"strings"

	"kptr/bpfobj"
	"kptr/sys"
)

func loadVerb() verb {
	return verb{
		name:    "load",
		args:    "FILE",
		summary: "load every map and program of an object, and report each",
		about: `Has the kernel take each map and program, those whose section name starts with "?"
included, goes on after a refusal, and then gives all of it up. Nothing is
attached, and nothing stays behind. Each refusal comes with its kind: "verifier",
"rule" (of user kptrs), "permission", "not supported", "not found", "format",
"depends" (on something that was refused), "pinned map differs" or "kernel" (any other errno).

The exit code is 0 only if all were loaded, else that of the first refusal.
`,
		examples: `  kptr-demo load task_local.bpfel.o
  kptr-demo load -log prog.o
  kptr-demo load -json prog.o
`,
		command: func() command { return new(loadCommand) },
	}
}

type loadCommand struct{ log bool }

func (c *loadCommand) flags(fs *flags, _ *output) {
	fs.on("log", &c.log, "print the verifier's log of each refusal whole; -json always has it")
}

// A loadReport is the document of load.
type loadReport struct {
	File    string       `json:"file"`
	Results []loadResult `json:"results"`
	Loaded  int          `json:"loaded"`
	Refused int          `json:"refused"`
	Exit    int          `json:"exit"`
}

type loadResult struct {
	Kind   string `json:"kind"` // "BTF", "map" or "program"
	Name   string `json:"name,omitempty"`
	Loaded bool   `json:"loaded"`
	Reason string `json:"reason,omitempty"` // see reason
	Errno  string `json:"errno,omitempty"`  // C name
	Error  string `json:"error,omitempty"`
	Log    string `json:"log,omitempty"` // of the verifier
}

func (c *loadCommand) run(out *output, args []string) error {
	name := args[0]
	spec, err := parseFile(name)
	if err != nil {
		return err
	}
	results, err := tryLoad(spec)
	if err != nil {
		return fileError(name, err)
	}
	report := loadReport{File: name, Results: make([]loadResult, len(results))}
	var first error
	for i, r := range results {
		report.Results[i] = newLoadResult(r)
		switch {
		case r.Err == nil:
			report.Loaded++
			continue
		case first == nil:
			first = r.Err
		}
		report.Refused++
	}
	if first != nil {
		err = fmt.Errorf("%s: %d of %d not loaded, the first: %w", name, report.Refused, len(results), first)
	}
	if report.Exit = exitCode(err); out.json {
		out.doc = report
		return err
	}
	c.print(out, &report)
	return err
}

// tryLoad plans for the running kernel and tries each step. The tag that it
// honours is asked for where the one that was assumed proves wrong.
func tryLoad(spec *bpfobj.Spec) ([]bpfobj.Result, error) {
	k, err := bpfobj.Running()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	for {
		plan, err := spec.Plan(k, &bpfobj.Options{AllPrograms: true, KeepGoing: true})
		if err != nil {
			return nil, err
		}
		errs := plan.Try()
		doubted := inDoubt(plan, errs)
		if k.Tag != "" || len(doubted) == 0 {
			return plan.Results(errs), nil
		}
		if k.Tag, err = bpfobj.HonouredTag(); errors.Is(err, sys.ErrNotSupported) {
			for _, i := range doubted {
				errs[i] = err // the reason behind what the kernel said
			}
			return plan.Results(errs), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// inDoubt lists the steps whose errors the kernel's not knowing the type tag would
// explain.
func inDoubt(plan *bpfobj.Plan, errs []error) []int {
	var steps []int
	for i, err := range errs {
		if plan.TagInDoubt(err) {
			steps = append(steps, i)
		}
	}
	return steps
}

func newLoadResult(r bpfobj.Result) loadResult {
	lr := loadResult{Kind: r.Kind, Name: r.Name, Loaded: r.Err == nil}
	if r.Err == nil {
		return lr
	}
	lr.Reason, lr.Errno, lr.Error = reason(r.Err), errnoName(r.Err), oneLine(r.Err)
	var refused *bpfobj.VerifierError
	if errors.As(r.Err, &refused) {
		lr.Log = refused.Log
	}
	return lr
}

// reason puts a refusal into one word or two.
func reason(err error) string {
	var rule *bpfobj.RuleError
	switch {
	case errors.Is(err, bpfobj.ErrVerifier):
		return "verifier"
	case errors.Is(err, bpfobj.ErrPermission):
		return "permission"
	case errors.Is(err, sys.ErrNotSupported):
		return "not supported"
	case errors.As(err, &rule):
		return "rule"
	case errors.Is(err, bpfobj.ErrNotFound), errors.Is(err, bpfobj.ErrNoOp):
		return "not found"
	case errors.Is(err, bpfobj.ErrFormat):
		return "format"
	case errors.Is(err, bpfobj.ErrMismatch):
		return "pinned map differs"
	case errors.Is(err, bpfobj.ErrDepends):
		return "depends"
	}
	return "kernel"
}

func (c *loadCommand) print(out *output, report *loadReport) {
	fmt.Fprintf(out, "%s: %d loaded, %d refused\n", report.File, report.Loaded, report.Refused)
	for _, r := range report.Results {
		if r.Loaded {
			fmt.Fprintf(out, "loaded  %s\n", r.thing())
			continue
		}
		fmt.Fprintf(out, "refused %s (%s): %s\n", r.thing(), r.Reason, strings.TrimPrefix(r.Error, r.thing()+": "))
		if c.log && r.Log != "" {
			out.WriteString(indent(r.Log, "        "))
		}
	}
}

func (r *loadResult) thing() string {
	if r.Name == "" {
		return r.Kind
	}
	return fmt.Sprintf("%s %q", r.Kind, r.Name)
}

// indent puts a margin before each line, and ends the last one.
func indent(text, margin string) string {
	if text == "" {
		return ""
	}
	return margin + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+margin) + "\n"
}
