package main

import (
	"fmt"

	"kptr/bpfobj"
	"kptr/sys"
)

func checkVerb() verb {
	return verb{
		name:    "check",
		summary: "show what this host offers, and what to do about what it lacks",
		about: `Looks at the kernel and at this process, and asks where only an answer tells: for
the type tag, two BPF objects are made and given up. "ok" is there, "no" is not,
"?" could not be found out. What run does not need is marked optional and does not
count for the exit code: 3 if the kernel lacks something, else 4 if the process does.
`,
		examples: `  kptr-demo check
  kptr-demo check -json
`,
		command: func() command { return new(checkCommand) },
	}
}

type checkCommand struct{}

func (c *checkCommand) flags(*flags, *output) {}

// A state is what was found out about a feature.
type state string

const (
	stateYes     state = "ok"
	stateNo      state = "no"
	stateUnknown state = "?"
)

// A finding is one feature of the host.
type finding struct {
	Feature  string `json:"feature"`
	State    state  `json:"state"`
	Detail   string `json:"detail"`
	Optional bool   `json:"optional"`
	Do       string `json:"do,omitempty"` // what to do about it

	lack error // why run will not do; nil if it will, as far as this goes
}

type checkReport struct {
	Findings []finding `json:"findings"`
	Error    string    `json:"error,omitempty"`
	Exit     int       `json:"exit"`
}

func (c *checkCommand) run(out *output, _ []string) error {
	report := checkReport{Findings: probe()}
	err := lacking(report.Findings)
	report.Exit = exitCode(err)
	if out.json {
		if err != nil {
			report.Error = oneLine(err)
		}
		out.doc = report
		return err
	}
	for _, f := range report.Findings {
		optional := ""
		if f.Optional {
			optional = " (optional)"
		}
		fmt.Fprintf(out, "%-2s  %-25s %s%s\n", f.State, f.Feature, f.Detail, optional)
		if f.Do != "" {
			fmt.Fprintf(out, "    %-25s to do: %s\n", "", f.Do)
		}
	}
	return err
}

// lacking gives the first lack that run would meet, the kernel's before the
// process's: more privilege does not help on a kernel that is too old.
func lacking(findings []finding) error {
	var first error
	for _, f := range findings {
		if f.lack == nil {
			continue
		}
		err := fmt.Errorf("%s: %w", f.Feature, f.lack)
		if exitCode(err) == exitNotSupported {
			return err
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// permission is a lack of a capability.
func permission(c sys.Cap) error {
	return &bpfobj.PermissionError{Missing: []string{c.String()}, Err: errNotEffective}
}
