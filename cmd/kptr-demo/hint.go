package main

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"kptr"
	"kptr/sys"
)

func hintVerb() verb {
	return verb{
		name:    "hint",
		args:    "[--] COMMAND [ARGUMENT...]",
		summary: "run any command with a hint to the scheduler, given from outside",
		about: `Runs COMMAND with a hint for the whole process: for each of its threads that gives
no hint itself. The hint is in the memory of kptr-demo, registered for the process
in the map that a scheduler has pinned; COMMAND knows nothing of it. It stays when
COMMAND executes another program in its place; processes that it starts have none.
If COMMAND has registered a hint of its own by then, that one stays.

Signals are passed on to COMMAND: HUP, INT, QUIT, TERM, USR1 and USR2. The exit code
is that of COMMAND, or 128 and the number of the signal that ended it; those below are
kptr-demo's if it prints an error. Needs no capability: write permission on the pin is
enough.
`,
		examples: `  kptr-demo hint -background -- xz -9 backup.tar
  kptr-demo hint -pin /run/kptr -latency -weight 50 -- ./server -v
`,
		command: func() command { return new(hintCommand) },
		runs:    true,
	}
}

type hintCommand struct {
	pin                           string
	background, critical, latency bool
	weight                        uint32
}

func (c *hintCommand) flags(fs *flags, _ *output) {
	pinFlag(fs, &c.pin)
	fs.on("background", &c.background, "what it does can wait")
	fs.on("critical", &c.critical, "should not be preempted")
	fs.on("latency", &c.latency, "should run soon after waking up")
	fs.value("weight", "N", "share of CPU time, 1 to 10000, if that is less than its nice value gives; 100 is nice 0", func(s string) error {
		n, err := strconv.ParseUint(s, 0, 32)
		if c.weight = uint32(n); err != nil || n < 1 || n > 10000 {
			return errors.New("not a number from 1 to 10000")
		}
		return nil
	})
}

// A hintReport is the document of hint, printed when the command has ended.
type hintReport struct {
	Command []string `json:"command"`
	Pid     int      `json:"pid"`
	Exit    int      `json:"exit"`
}

func (c *hintCommand) run(out *output, args []string) (err error) {
	switch {
	case len(args) == 0:
		return usageErrorf("hint", "COMMAND is missing")
	case !c.background && !c.critical && !c.latency && c.weight == 0:
		return usageErrorf("hint", "no hint: want -background, -critical, -latency or -weight")
	}
	m, err := openPin(c.pin, hintMap)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	hints, err := kptr.Open[kptr.HintValue](m)
	if err != nil {
		return err
	}
	return errors.Join(c.give(hints, out, args), hints.Close())
}

// give runs the command with a block of a page of its own.
func (c *hintCommand) give(hints *kptr.Map[kptr.HintValue], out *output, args []string) error {
	// Not of the arena: the blocks there are for tasks of this process. Shared, so that the child between fork and exec
	// has no copy.
	page, err := sys.Mmap(nil, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_ANONYMOUS)
	if err != nil {
		return err
	}
	defer page.Close() // the kernel keeps it for an element that is still there
	region, err := hints.Vouch("hint of "+args[0], page.Bytes())
	if err != nil {
		return err
	}
	hint, err := kptr.At[kptr.Hint](region, 0)
	if err != nil {
		return err
	}
	c.fill(hint)
	return runChild(out, args, func(pid int) error {
		err := hints.Update(kptr.Process(pid), &kptr.HintValue{Hint: hint}, sys.BPF_NOEXIST)
		if errors.Is(err, kptr.ErrExists) {
			return nil // the command was faster, and knows better
		}
		return err
	})
}

func (c *hintCommand) fill(h *kptr.Hint) {
	h.Background.Store(word(c.background))
	h.Critical.Store(word(c.critical))
	h.Latency.Store(word(c.latency))
	h.Weight.Store(c.weight)
	h.Keep.Store(1)
	h.Init()
}

func word(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}
