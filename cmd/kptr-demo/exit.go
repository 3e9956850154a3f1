package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"kptr/bpfobj"
	"kptr/sys"
)

// Exit codes. The help texts and the documentation of the command list them.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotSupported = 3
	exitNotPermitted = 4
)

// exitCodes is how the help texts put them.
const exitCodes = `exit codes:
  0  done
  1  refused or failed: the object, the kernel or the result is not as it should be
  2  mistake on the command line
  3  not supported by this kernel: the message says which version is needed
  4  not permitted: the message says which capability is missing
`

// A usageError is a mistake on the command line.
type usageError struct {
	verb string // empty for the command as a whole
	what string
}

func usageErrorf(verb, format string, args ...any) error {
	return &usageError{verb, fmt.Sprintf(format, args...)}
}

func (e *usageError) Error() string {
	if e.verb == "" {
		return e.what + ` (see "kptr-demo help")`
	}
	return e.verb + ": " + e.what + ` (see "kptr-demo ` + e.verb + ` -h")`
}

// exitCode tells what an error means to whoever called the command. EACCES says
// nothing of the kind: it is also how the verifier refuses, and a file that may not
// be read.
func exitCode(err error) int {
	var usage *usageError
	var child childError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &child):
		return child.code
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, sys.ErrNotSupported), errors.Is(err, syscall.ENOSYS): // ENOSYS: no CONFIG_BPF_SYSCALL
		return exitNotSupported
	case errors.Is(err, bpfobj.ErrPermission), errors.Is(err, syscall.EPERM):
		return exitNotPermitted
	}
	return exitFailed
}

// fail prints an error and gives its exit code.
func fail(stderr io.Writer, err error) int {
	var child childError
	if !errors.As(err, &child) || err.Error() != child.Error() { // which is alone: nothing else has failed
		io.WriteString(stderr, "kptr-demo: "+oneLine(err)+"\n")
	}
	return exitCode(err)
}

// oneLine gives an error's text without line breaks: errors.Join and lists of
// differences have some.
func oneLine(err error) string {
	text := err.Error()
	if !strings.Contains(text, "\n") {
		return text
	}
	var parts []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, "; ")
}

// printLogs writes the verifier logs that an error holds, each whole.
func printLogs(stderr io.Writer, err error) {
	var refused *bpfobj.VerifierError
	if errors.As(err, &refused) {
		fmt.Fprintf(stderr, "%+v\n", refused)
	}
}
