package main

import (
	"bufio"
	"errors"
	"io"
)

// A verb is what the first argument names.
type verb struct {
	name     string
	args     string // what follows the flags
	summary  string // one line
	about    string
	examples string
	command  func() command
	runs     bool // another program, whose flags follow its name
}

// A command is one use of a verb.
type command interface {
	flags(*flags, *output)
	// run prints to out, or sets out.doc where out.json is set. args are what is left
	// after the flags.
	run(out *output, args []string) error
}

// An output collects what goes to standard output, to be written at once.
type output struct {
	*bufio.Writer
	json bool // print doc instead of text
	log  bool // print the verifier log of an error whole
	doc  any
}

// emit shows what there is so far, of a command that goes on.
func (o *output) emit() error {
	if o.json {
		o.Write(appendJSON(nil, o.doc))
		o.doc = nil // an error after it has a document of its own
	}
	return o.Flush()
}

// A failure is the document of a command that failed before it had another one.
type failure struct {
	Error string `json:"error"`
	Exit  int    `json:"exit"`
}

func verbs() []verb {
	return []verb{runVerb(), shareVerb(), serveVerb(), joinVerb(), planVerb(), inspectVerb(), loadVerb(), checkVerb(), schedVerb(), hintVerb(), topVerb()}
}

func findVerb(name string) (verb, bool) {
	for _, v := range verbs() {
		if v.name == name {
			return v, true
		}
	}
	return verb{}, false
}

func (v verb) execute(args []string, stdout, stderr io.Writer) int {
	out := &output{Writer: bufio.NewWriter(stdout)}
	c := v.command()
	rest, err := v.flags(c, out).parse(args, v.runs)
	switch {
	case errors.Is(err, errHelp):
		err = v.help(out)
	case err != nil:
		err = usageErrorf(v.name, "%v", err)
	default:
		err = v.do(c, out, rest)
	}
	if flushErr := out.Flush(); err == nil {
		err = flushErr
	}
	if err == nil {
		return exitDone
	}
	code := fail(stderr, err)
	if out.log {
		printLogs(stderr, err)
	}
	return code
}

// do runs the command and writes its document, if one is asked for.
func (v verb) do(c command, out *output, args []string) error {
	if v.args == "" && len(args) > 0 {
		return usageErrorf(v.name, "unexpected argument %q", args[0])
	}
	if v.args == "FILE" {
		if err := oneFile(v.name, args); err != nil {
			return err
		}
	}
	err := c.run(out, args)
	if !out.json {
		return err
	}
	if out.doc == nil && err != nil {
		out.doc = failure{oneLine(err), exitCode(err)}
	}
	_, writeErr := out.Write(appendJSON(nil, out.doc))
	return errors.Join(err, writeErr)
}

func oneFile(verb string, args []string) error {
	switch {
	case len(args) == 0:
		return usageErrorf(verb, "FILE is missing")
	case len(args) > 1:
		return usageErrorf(verb, "unexpected argument %q: one FILE at a time", args[1])
	}
	if err := checkFileName(args[0]); err != nil {
		return usageErrorf(verb, "%v", err)
	}
	return nil
}

// flags lists the command's, and that of all commands.
func (v verb) flags(c command, out *output) flags {
	fs := make(flags, 0, 8)
	c.flags(&fs, out)
	fs.on("json", &out.json, "print one JSON object instead of text")
	return fs
}
