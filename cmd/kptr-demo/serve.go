package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/broker"
	"kptr/sys"
)

func serveVerb() verb {
	return verb{
		name:    "serve",
		summary: "hold a map, and share it with programs that are not trusted with it",
		about: `Loads an object and attaches its programs, or opens the map at PATH in a bpffs, and
serves the map at a Unix socket: whoever may write to the socket can share
memory through it, as "join" does, but for threads of its own process alone. Without
-object and -pin it is a built-in object that adds the two numbers of every task.

Runs until a signal ends it. Programs that share through a pinned map are not
disturbed by that, and connect again to the next one.

Needs the capabilities CAP_BPF and CAP_PERFMON, with -pin CAP_SYS_ADMIN as well, and
the host's PID namespace. What one process, and all processes of one uid together,
may have is bounded:
` + describeLimits() + "\n",
		examples: `  kptr-demo serve -socket /run/kptr.sock -mode 0666
  kptr-demo serve -socket /run/kptr.sock -object sched.o -map kptr_hint
  kptr-demo serve -socket /run/kptr.sock -pin /sys/fs/bpf/kptr/kptr_hint -limit uid-pages=4096
`,
		command: func() command { return &serveCommand{mode: 0o600, limits: broker.DefaultLimits()} },
	}
}

type serveCommand struct {
	socket, object, pin, name string
	mode                      os.FileMode
	limits                    broker.Limits
}

func (c *serveCommand) flags(fs *flags, _ *output) {
	fs.value("socket", "PATH", "the socket", notEmpty(&c.socket))
	fs.value("mode", "OCTAL", "permissions of the socket (default 0600)", func(s string) error {
		n, err := strconv.ParseUint(s, 8, 9)
		if c.mode = os.FileMode(n); err != nil {
			return errors.New("not permissions, 0 to 0777")
		}
		return nil
	})
	fs.value("object", "FILE", "object to load", file(&c.object))
	fs.value("map", "NAME", "the map to serve, if the object has several with user kptrs", notEmpty(&c.name))
	fs.value("pin", "PATH", "the map, in a bpffs", notEmpty(&c.pin))
	fs.value("limit", "NAME=NUMBER", "a limit of the list above", func(s string) error { return setLimit(&c.limits, s) })
}

func notEmpty(p *string) func(string) error {
	return func(s string) error {
		if *p = s; s == "" {
			return errors.New("it is empty")
		}
		return nil
	}
}

func (c *serveCommand) run(out *output, _ []string) (err error) {
	switch {
	case c.socket == "":
		return usageErrorf("serve", "-socket PATH is missing")
	case c.pin != "" && (c.object != "" || c.name != ""):
		return usageErrorf("serve", "-pin names a map, -object and -map another one")
	}
	var m *bpfobj.Map
	if c.pin != "" {
		if m, err = bpfobj.OpenPinned(c.pin); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.Close()) }()
	} else {
		object, err := c.load()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, object.Close()) }()
		if m, err = c.pick(object); err != nil {
			return err
		}
	}
	b, err := broker.New(m, broker.Options{Path: c.socket, Mode: c.mode, Limits: c.limits, Pin: c.pin})
	if err != nil {
		return err
	}
	if !out.json {
		fmt.Fprintf(out, "map    %s: %v%s\nsocket %s, mode %#o; Ctrl-C ends it\n", m.Name(), m.Type(), describeValue(m), c.socket, uint32(c.mode))
		if err := out.Flush(); err != nil {
			return errors.Join(err, b.Close())
		}
	}
	if err := broker.Confine(); err != nil && !errors.Is(err, sys.ErrNotSupported) {
		return errors.Join(err, b.Close())
	}
	return b.Run()
}

func (c *serveCommand) load() (*bpfobj.Object, error) {
	name, image := "every_task.bpf.o (built in)", prebuilt.EveryTask()
	if c.object != "" {
		var err error
		if image, err = readFile(c.object); err != nil {
			return nil, err
		}
		name = c.object
	}
	object, err := bpfobj.Load(image, nil)
	if err == nil {
		if err = object.Attach(); err == nil {
			return object, nil
		}
		err = errors.Join(err, object.Close())
	}
	return nil, fileError(name, err)
}

// pick finds the map.
func (c *serveCommand) pick(object *bpfobj.Object) (*bpfobj.Map, error) {
	if c.name != "" {
		m := object.Map(c.name)
		_, err := m.FD()
		return m, err
	}
	var found []*bpfobj.Map
	var names []string
	for _, m := range object.Maps() {
		if len(m.UserKptrs()) > 0 {
			found, names = append(found, m), append(names, m.Name())
		}
	}
	switch len(found) {
	case 0:
		return nil, fileError(c.object, fmt.Errorf("%w in any of its maps", broker.ErrNoKptr))
	case 1:
		return found[0], nil
	}
	return nil, usageErrorf("serve", "%s has %d maps with user kptrs, %s: name one with -map", c.object, len(found), strings.Join(names, ", "))
}

// A limit is one of a broker's, by name.
type limit struct {
	name string
	n    *int
}

func limitsOf(l *broker.Limits) []limit {
	var list []limit
	add := func(prefix string, q *broker.Quota) {
		list = append(list, limit{prefix + "connections", &q.Connections}, limit{prefix + "threads", &q.Threads}, limit{prefix + "pages", &q.Pages},
			limit{prefix + "memories", &q.Memories}, limit{prefix + "rate", &q.Rate})
	}
	add("", &l.Process)
	add("uid-", &l.UID)
	return list
}

func setLimit(l *broker.Limits, s string) error {
	name, number, _ := strings.Cut(s, "=")
	for _, known := range limitsOf(l) {
		if known.name == name {
			return positive(known.n)(number)
		}
	}
	return errors.New("not one of the limits")
}

// describeLimits lists names and defaults.
func describeLimits() string {
	l := broker.DefaultLimits()
	var b strings.Builder
	for _, known := range limitsOf(&l) {
		fmt.Fprintf(&b, "  %-16s %d\n", known.name, *known.n)
	}
	return b.String()
}
