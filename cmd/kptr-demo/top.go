package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func topVerb() verb {
	return verb{
		name:    "top",
		summary: "show who has registered hints, live",
		about: `Lists each thread that has registered a hint, or the marking word of its Go
collector, in the maps that a scheduler has pinned, and what they say at the moment:
every second until it is interrupted, or once. A hint of a process is for those of
its threads that have none.

Needs Linux 6.13 or later, and CAP_BPF and CAP_PERFMON.
`,
		examples: `  kptr-demo top
  kptr-demo top -once -json -pin /run/kptr
`,
		command: func() command { return new(topCommand) },
	}
}

type topCommand struct {
	pin  string
	once bool
}

func (c *topCommand) flags(fs *flags, _ *output) {
	pinFlag(fs, &c.pin)
	fs.on("once", &c.once, "print the list once, for scripts")
}

// A topReport is the document of top; without -once there is one each second.
type topReport struct {
	Registered []registration `json:"registered"`
}

func (c *topCommand) run(out *output, _ []string) (err error) {
	if err := needCaps(); err != nil {
		return err
	}
	all, err := openRegistered(c.pin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.close()) }()
	if c.once {
		return c.show(out, all)
	}
	stop, tick := interrupted(), every(time.Second)
	for {
		if err := c.show(out, all); err != nil {
			return err
		}
		if err := out.emit(); err != nil {
			return err
		}
		select {
		case <-stop:
			return c.show(out, all)
		case <-tick:
		}
	}
}

// every gives a channel that has something at intervals, for as long as the process lives. A time.Ticker, whose channel is of
// time.Time, would have the linker keep all methods of that, which are a thirtieth of the binary.
func every(interval time.Duration) <-chan struct{} {
	tick := make(chan struct{})
	go func() {
		for {
			time.Sleep(interval)
			tick <- struct{}{}
		}
	}()
	return tick
}

// interrupted gives a channel that has something when the command is to end.
func interrupted() <-chan os.Signal {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	return stop
}

// Of console_codes(4): to the top left, and what is left of a line, or of the screen, is erased.
const (
	home       = "\x1b[H"
	eraseLine  = "\x1b[K\n"
	eraseBelow = "\x1b[J"
)

func (c *topCommand) show(out *output, all *registered) error {
	list, err := all.list()
	switch {
	case err != nil:
		return err
	case out.json:
		out.doc = topReport{list}
	case c.once:
		out.WriteString(topTable(list))
	default:
		out.WriteString(home + strings.ReplaceAll(topTable(list), "\n", eraseLine) + eraseBelow)
	}
	return nil
}

// topTable is for people: what is no number is yes or nothing.
func topTable(list []registration) string {
	var b strings.Builder
	const line = "%-9v %-9v %-8v %-10v %-8v %-7v %-6v %-5v %-7v %s\n"
	fmt.Fprintf(&b, line, "THREAD", "PROCESS", "LEVEL", "BACKGROUND", "CRITICAL", "LATENCY", "WEIGHT", "YIELD", "MARKING", "COMMAND")
	for _, r := range list {
		h := r.Hint
		if h == nil {
			h = new(hintWords)
		}
		marking := r.GC != nil && r.GC.Marking != 0
		fmt.Fprintf(&b, line, r.Thread, r.Process, r.Level, yes(h.Background != 0), yes(h.Critical != 0), yes(h.Latency != 0),
			number(h.Weight), yes(h.Yield != 0), yes(marking), r.Command)
	}
	return b.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "-"
}

func number(n uint32) string {
	if n == 0 {
		return "-"
	}
	return itoa(int(n))
}
