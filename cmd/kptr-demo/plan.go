package main

import (
	"fmt"

	"kptr/bpfobj"
	"kptr/sys"
)

func planVerb() verb {
	return verb{
		name:    "plan",
		args:    "FILE",
		summary: "list the bpf(2) commands that load an object, and run none",
		about: `Each step is one bpf(2) command with its attributes. "step 2" in place of a file
descriptor is the one that step 2 yields; "= EFAULT" is the answer that the step is
made for, which shows that the map knows its user kptrs. "kptr-demo run -trace"
shows that just these commands are issued.

The facts about the kernel are those of this host, unless flags replace them: with
the BTF of another kernel the plan is made for that one. No privilege is needed.
`,
		examples: `  kptr-demo plan task_local.bpfel.o
  kptr-demo plan -json task_local.bpfel.o
  kptr-demo plan -btf vmlinux.btf -release 6.13.1 -page-size 16384 task_local.bpfel.o
`,
		command: func() command { return new(planCommand) },
	}
}

type planCommand struct {
	kernel kernelFlags
	all    bool
}

func (c *planCommand) flags(fs *flags, _ *output) {
	c.kernel.flags(fs)
	fs.on("all", &c.all, "load the programs too whose section name starts with \"?\"")
}

// A planReport is the document of plan.
type planReport struct {
	File   string       `json:"file"`
	Kernel kernelReport `json:"kernel"`
	Steps  []planStep   `json:"steps"`
}

type kernelReport struct {
	Release   string `json:"release,omitempty"`
	ByteOrder string `json:"byte_order"`
	PageSize  int    `json:"page_size"`
	Tag       string `json:"type_tag"`
}

type planStep struct {
	Step       int        `json:"step"` // from 1
	About      string     `json:"about"`
	Command    string     `json:"command"`
	Attributes attributes `json:"attributes"`       // as text; "step 2" for an fd of step 2
	Yields     string     `json:"yields,omitempty"` // "fd"
	Expect     string     `json:"expect,omitempty"` // errno that the step is made for
}

func (c *planCommand) run(out *output, args []string) error {
	name := args[0]
	spec, err := parseFile(name)
	if err != nil {
		return err
	}
	kernel, err := c.kernel.facts()
	if err != nil {
		return err
	}
	defer kernel.Close()
	plan, err := spec.Plan(kernel, &bpfobj.Options{AllPrograms: c.all})
	if err != nil {
		return fileError(name, err)
	}
	if out.json {
		out.doc = newPlanReport(name, kernel, plan)
		return nil
	}
	fmt.Fprintf(out, "%s: %d bpf(2) commands\n%s\n\n", name, len(plan.Steps), describeKernel(kernel, plan.Tag()))
	_, err = out.WriteString(plan.String())
	return err
}

func describeKernel(k *bpfobj.Kernel, tag string) string {
	release := k.Release
	if release == "" {
		release = "of unknown release"
	}
	how := ""
	if k.Tag == "" {
		how = " (assumed: loading checks it)"
	}
	return fmt.Sprintf("for Linux %s: %s, pages of %d bytes, type tag %q%s",
		release, byteOrder(k.ByteOrder), k.PageSize, tag, how)
}

func newPlanReport(name string, k *bpfobj.Kernel, p *bpfobj.Plan) *planReport {
	report := &planReport{
		File:   name,
		Kernel: kernelReport{k.Release, byteOrder(k.ByteOrder), k.PageSize, p.Tag()},
		Steps:  make([]planStep, len(p.Steps)),
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		step := planStep{Step: i + 1, About: s.Subject, Command: s.Attr.Cmd().String(), Attributes: s.Fields()}
		if s.Yields {
			step.Yields = "fd"
		}
		if s.Expect != 0 {
			step.Expect = sys.ErrnoName(s.Expect)
		}
		report.Steps[i] = step
	}
	return report
}
