package bpfobj

import (
	"strconv"
	"strings"

	"kptr/sys"
)

// Fields decodes the step's attributes, in the order of the header. A field that
// a Use fills reads "step 2": the file descriptor that step yields, counted from 1
// as [Plan.String] numbers them. Of a step whose Err is set there may be none.
func (s *Step) Fields() []sys.Field {
	if s.Attr == nil {
		return nil
	}
	used := make([]sys.Field, len(s.Uses))
	for i, u := range s.Uses {
		used[i] = sys.Field{Name: u.Field, Value: "step " + strconv.Itoa(u.Step+1)}
	}
	return sys.Fields(s.Attr, used...)
}

// String gives the command with its attributes and what it yields, on one line
// and in the manner of strace(1): `BPF_MAP_CREATE(map_type=..., btf_fd=step 1) = fd`.
func (s *Step) String() string {
	if s.Err != nil {
		return "not possible: " + s.Err.Error()
	}
	fields := s.Fields()
	text := make([]string, len(fields))
	for i, f := range fields {
		text[i] = f.Name + "=" + f.Value
	}
	yields := "0"
	switch {
	case s.Expect != 0:
		yields = sys.ErrnoName(s.Expect)
	case s.Yields:
		yields = "fd"
	}
	return s.Attr.Cmd().String() + "(" + strings.Join(text, ", ") + ") = " + yields
}

// String gives the steps, two lines each: the number from 1 and what it is about,
// then the command.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Steps {
		s := &p.Steps[i]
		b.WriteString("step " + strconv.Itoa(i+1) + "  " + s.Subject + "\n        " + s.String() + "\n")
	}
	return b.String()
}
