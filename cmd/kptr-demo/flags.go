package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errHelp is what -h gives.
var errHelp = errors.New("help asked for")

// Flags are those of a verb. Package flag would be a thirtieth of the binary.
type flags []flagDef

type flagDef struct {
	name  string
	arg   string // what its value is called; empty for one that is on or off
	usage string
	set   func(value string) error
}

// on adds a flag that sets *p.
func (f *flags) on(name string, p *bool, usage string) {
	*f = append(*f, flagDef{name, "", usage, func(value string) (err error) {
		if *p, err = strconv.ParseBool(value); err != nil {
			return errors.New("not true or false")
		}
		return nil
	}})
}

// value adds a flag whose value set takes.
func (f *flags) value(name, arg, usage string, set func(string) error) {
	*f = append(*f, flagDef{name, arg, usage, set})
}

// parse takes flags, with one dash or two, before, between and after the other
// arguments, which it returns; after "--" there are no flags, nor after the name of a
// command, whose own they are. A value follows its flag as "-a 1" or "-a=1".
func (f flags) parse(args []string, command bool) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			if rest = append(rest, arg); command {
				return append(rest, args...), nil
			}
		default:
			if args, err = f.one(arg, args); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}

// one takes a flag, and its value if that follows.
func (f flags) one(arg string, args []string) ([]string, error) {
	name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
	if name == "h" || name == "help" {
		return nil, errHelp
	}
	for _, def := range f {
		if def.name != name {
			continue
		}
		switch {
		case given:
		case def.arg == "":
			value = "true"
		case len(args) == 0:
			return nil, fmt.Errorf("-%s needs a value, %s", name, def.arg)
		default:
			value, args = args[0], args[1:]
		}
		if err := def.set(value); err != nil {
			return nil, fmt.Errorf("-%s %q: %w", name, value, err)
		}
		return args, nil
	}
	return nil, fmt.Errorf("unknown flag %q", arg)
}

// print lists the flags for a help text.
func (f flags) print(out *output) {
	for _, def := range f {
		fmt.Fprintf(out, "  -%-18s %s\n", join(def.name, def.arg), def.usage)
	}
}

// int32Value sets *p to a number that the BPF program sees as an int.
func int32Value(p *int32) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseInt(s, 0, 32)
		if err != nil {
			return errors.New("not an integer of 32 bits, -2147483648 to 2147483647")
		}
		*p = int32(n)
		return nil
	}
}

// positive sets *p to a number that is not 0.
func positive(p *int) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseUint(s, 0, 31)
		if err != nil || n == 0 {
			return errors.New("not a positive number")
		}
		*p = int(n)
		return nil
	}
}

// file sets *p to a file's name, unless that is more likely a slip.
func file(p *string) func(string) error {
	return func(name string) error {
		*p = name
		return checkFileName(name)
	}
}

func checkFileName(name string) error {
	switch name {
	case "":
		return errors.New("FILE is empty")
	case "-":
		return errors.New("not read from standard input: name a FILE")
	}
	return nil
}
