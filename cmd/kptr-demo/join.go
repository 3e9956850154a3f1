package main

import (
	"errors"
	"runtime"

	"kptr"
)

func joinVerb() verb {
	return verb{
		name:    "join",
		summary: "share a block through a broker, which \"serve\" is",
		about: `Connects to the broker at PATH, has it register a block of this thread's memory,
stores a and b, calls gettid(2) and reads result from the block: share, for a
program that does not get at the map.

Needs no capability: write permission on the socket is enough.
`,
		examples: `  kptr-demo join -socket /run/kptr.sock
  kptr-demo join -socket /run/kptr.sock -a 40 -b 2
`,
		command: func() command { return &joinCommand{runCommand: runCommand{a: 1, b: 2}} },
	}
}

type joinCommand struct {
	runCommand
	socket string
}

func (c *joinCommand) flags(fs *flags, _ *output) {
	fs.value("socket", "PATH", "the broker's socket", notEmpty(&c.socket))
	c.numbers(fs)
}

func (c *joinCommand) run(out *output, _ []string) error {
	if c.socket == "" {
		return usageErrorf("join", "-socket PATH is missing")
	}
	return c.do(out, &runReport{Socket: c.socket}, func(d *demo) error { return d.join(c.socket) })
}

// join is share without the map.
func (d *demo) join(socket string) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	blocks, err := kptr.Dial[value](socket)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blocks.Close()) }()
	d.sayf("map", "%s, which the broker at %s holds", blocks.Name(), socket)
	return d.shareBlocks(blocks, func(int) error { return nil })
}
