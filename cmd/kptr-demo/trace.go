package main

import (
	"errors"
	"syscall"

	"kptr/sys"
)

// A bpfCall is one bpf(2) call as it was made.
type bpfCall struct {
	Command    string     `json:"command"`
	Attributes attributes `json:"attributes"`
	Result     int        `json:"result"`          // -1 if refused
	Errno      string     `json:"errno,omitempty"` // C name
}

// tracedCall gives a call for machines.
func tracedCall(a sys.Attr, result int, err error) bpfCall {
	return bpfCall{a.Cmd().String(), sys.Fields(a), result, errnoName(err)}
}

// attributes are those of a command, by C name, in the order of the header.
type attributes []sys.Field

// writeCall prints a call on one line, as strace(1) does.
func writeCall(out *output, a sys.Attr, result int, err error) {
	out.WriteString(a.Cmd().String() + "(")
	for i, f := range sys.Fields(a) {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString(f.Name + "=" + f.Value)
	}
	out.WriteString(") = " + itoa(result))
	if err != nil {
		out.WriteString(" " + errnoName(err))
	}
	out.WriteByte('\n')
}

func errnoName(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return sys.ErrnoName(errno)
	}
	return ""
}
