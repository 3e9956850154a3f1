package bpfobj

import (
	"reflect"
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
	set := sys.Fields(s.Attr)
	if len(s.Uses) == 0 {
		return set
	}
	out := make([]sys.Field, 0, len(set)+len(s.Uses))
	for _, name := range fieldNames(s.Attr) {
		used := len(out)
		for _, u := range s.Uses {
			if base, _, _ := strings.Cut(u.Field, "["); base == name {
				out = append(out, sys.Field{Name: u.Field, Value: "step " + strconv.Itoa(u.Step+1)})
			}
		}
		if len(out) > used {
			continue
		}
		for _, f := range set {
			if f.Name == name {
				out = append(out, f)
			}
		}
	}
	return out
}

// fieldNames lists the C names of a command's attributes, set or not, in the order
// of the header: the last part of the tag that package sys gives each field.
func fieldNames(a sys.Attr) []string {
	t := reflect.TypeOf(a).Elem()
	names := make([]string, 0, t.NumField())
	for i := range t.NumField() {
		if path, ok := t.Field(i).Tag.Lookup("c"); ok {
			names = append(names, path[strings.LastIndexByte(path, '.')+1:])
		}
	}
	return names
}

// String gives the command with its attributes and what it yields, on one line
// and in the manner of strace(1): `BPF_MAP_CREATE(map_type=..., btf_fd=step 1) = fd`.
func (s *Step) String() string {
	if s.Err != nil {
		return "not possible: " + s.Err.Error()
	}
	var b strings.Builder
	b.WriteString(s.Attr.Cmd().String())
	b.WriteByte('(')
	for i, f := range s.Fields() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name + "=" + f.Value)
	}
	b.WriteString(") = ")
	switch {
	case s.Expect != 0:
		b.WriteString(sys.ErrnoName(s.Expect))
	case s.Yields:
		b.WriteString("fd")
	default:
		b.WriteByte('0')
	}
	return b.String()
}

// String gives the steps, two lines each: the number from 1 and what it is about,
// then the command.
func (p *Plan) String() string {
	var b strings.Builder
	for i := range p.Steps {
		s := &p.Steps[i]
		b.WriteString("step " + strconv.Itoa(i+1) + "  " + s.Subject + "\n")
		b.WriteString("        " + s.String() + "\n")
	}
	return b.String()
}
