package main

import (
	"errors"
	"fmt"
	"runtime"

	"kptr/bpfobj"
)

func shareVerb() verb {
	return verb{
		name:    "share",
		summary: "share a block through a map that another process has pinned",
		about: `Opens the task-storage map at PATH in a bpffs, registers a block of this thread's
memory in it, stores a and b, calls gettid(2) and reads result from the block: the
second half of run, for a map of the same shape whose program looks at every task
that has an element.

Needs no capability: write permission on the pin, and search permission on the
directories above it, are enough. What could not be checked without CAP_SYS_ADMIN
is said in a line "check".
`,
		examples: `  kptr-demo share -pin /run/kptr/datamap
  kptr-demo share -pin /run/kptr/datamap -a 40 -b 2 -trace
`,
		command: func() command { return &shareCommand{runCommand: runCommand{a: 1, b: 2}} },
	}
}

type shareCommand struct {
	runCommand
	pin string
}

func (c *shareCommand) flags(fs *flags, _ *output) {
	fs.value("pin", "PATH", "the map, in a bpffs", func(path string) error {
		if c.pin = path; path == "" {
			return errors.New("PATH is empty")
		}
		return nil
	})
	c.numbers(fs)
	c.tracing(fs)
}

func (c *shareCommand) run(out *output, _ []string) error {
	if c.pin == "" {
		return usageErrorf("share", "-pin PATH is missing")
	}
	return c.do(out, &runReport{Pin: c.pin}, func(d *demo) error { return d.share(c.pin) })
}

// share is run without loading.
func (d *demo) share(pin string) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m, err := bpfobj.OpenPinned(pin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	d.sayf("map", "%s: %v%s", m.Name(), m.Type(), describeValue(m))
	if err := d.shareThrough(m, func(int) error { return nil }); err != nil {
		return fmt.Errorf("%s: %w", pin, err)
	}
	return nil
}
