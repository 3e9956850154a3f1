package main

import (
	"bufio"
	"fmt"
	"io"
)

const overview = `kptr-demo shares memory with a BPF program through task storage, on bpf(2) alone.

usage: kptr-demo [VERB] [flags] [FILE]

verbs:
`

// help prints the overview, or the help of the verb that args name.
func help(args []string, stdout, stderr io.Writer) int {
	out := bufio.NewWriter(stdout)
	err := printHelp(out, args)
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err != nil {
		return fail(stderr, err)
	}
	return exitDone
}

func printHelp(out *bufio.Writer, args []string) error {
	if len(args) > 1 {
		return usageErrorf("", "help: unexpected argument %q", args[1])
	}
	if len(args) == 1 && args[0] != "help" && args[0] != "-h" {
		v, ok := findVerb(args[0])
		if !ok {
			return usageErrorf("", "help: unknown verb %q", args[0])
		}
		return v.help(&output{Writer: out})
	}
	out.WriteString(overview)
	for _, v := range verbs() {
		fmt.Fprintf(out, "  %-14s %s\n", join(v.name, v.args), v.summary)
	}
	fmt.Fprintf(out, "  %-14s %s\n", "help [VERB]", "print this, or what VERB -h prints")
	_, err := out.WriteString("\nWithout a verb it is run.\n\n" + exitCodes)
	return err
}

func join(name, args string) string {
	if args == "" {
		return name
	}
	return name + " " + args
}

// help prints all about a verb.
func (v verb) help(out *output) error {
	fmt.Fprintf(out, "%s: %s\n\nusage: kptr-demo %s\n\n%s\nflags:\n", v.name, v.summary, join(v.name+" [flags]", v.args), v.about)
	v.flags(v.command(), new(output)).print(out)
	_, err := fmt.Fprintf(out, "\nexamples:\n%s\n%s", v.examples, exitCodes)
	return err
}
