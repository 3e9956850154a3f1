package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/sys"
)

func schedVerb() verb {
	return verb{
		name:    "sched",
		summary: "schedule this machine by the hints of its programs, until interrupted",
		about: `Loads the sched_ext scheduler that is built in, and pins the maps that programs
register their hints in as kptr_hint and kptr_gc in DIR, a directory of a bpffs, which
is made if its parent is one. Pins that are there are taken up, with all that is
registered in them; they stay when the scheduler ends, until rm removes them. -mode is
for those that it makes: whoever may write to a pin may set any visible task's hint.

SIGINT and SIGTERM detach it, and so does its death: the kernel's own scheduler takes
over. When the kernel throws it out, the reason is the error, and the exit code 1.

Needs Linux 6.13 or later with CONFIG_SCHED_CLASS_EXT, and CAP_BPF and CAP_PERFMON.
`,
		examples: `  kptr-demo sched -stats
  kptr-demo sched -pin /run/kptr -mode 0622
`,
		command: func() command { return &schedCommand{mode: 0o600, hints: true} },
	}
}

type schedCommand struct {
	pin   string
	mode  uint32
	stats bool
	hints bool
}

func (c *schedCommand) flags(fs *flags, _ *output) {
	pinFlag(fs, &c.pin)
	fs.value("mode", "MODE", "of the pins that are made, octal (default 0600)", func(s string) error {
		n, err := strconv.ParseUint(s, 8, 32)
		if c.mode = uint32(n); err != nil || n > 0o777 {
			return errors.New("not an octal number from 0 to 0777")
		}
		return nil
	})
	fs.on("stats", &c.stats, "each second, print how many decisions each kind of hint has changed")
	fs.on("hints", &c.hints, "look at hints (default true); -hints=false shows what they are good for")
}

// A schedReport is the document of sched, printed when it ends; with -stats there is a decisions for each second before.
type schedReport struct {
	Pins      []pinReport `json:"pins"`
	Decisions decisions   `json:"decisions"` // in all
	Error     string      `json:"error,omitempty"`
	Exit      int         `json:"exit"`
}

func (c *schedCommand) run(out *output, _ []string) error {
	stop := interrupted() // from here on: what is loaded and pinned is put in order
	report := &schedReport{Pins: []pinReport{}}
	err := c.schedule(out, report, stop)
	if !out.json {
		return err
	}
	if report.Exit = exitCode(err); err != nil {
		report.Error = oneLine(err)
	}
	out.doc = report
	return err
}

func (c *schedCommand) schedule(out *output, report *schedReport, stop <-chan os.Signal) (err error) {
	if err := needSchedExt(); err != nil {
		return err
	}
	p := pins{dir: c.pin, mode: c.mode}
	obj, made, err := p.load(c.load)
	if err != nil {
		return err
	}
	if err := obj.Attach(); err != nil {
		if errors.Is(err, syscall.EBUSY) {
			err = busy(err)
		}
		return errors.Join(err, obj.Close(), p.undo())
	}
	report.Pins = made
	c.sayStarted(out, made)
	err = c.watch(out, report, obj, stop)
	if err = errors.Join(err, obj.Close()); err == nil {
		err = isBack()
	}
	if err == nil && !out.json {
		out.WriteString("detach the kernel's own scheduler is back\n")
	}
	return err
}

func (c *schedCommand) load() (*bpfobj.Object, error) {
	spec, err := bpfobj.Parse(prebuilt.Scheduler())
	if err != nil {
		return nil, err
	}
	k, err := bpfobj.Running()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	if err := spec.SetEnums(k, "__SCX_"); err != nil {
		return nil, err
	}
	seq, err := hotplugSeq()
	if err != nil {
		return nil, err
	}
	err = errors.Join(spec.Variable("kptr_sched.hotplug_seq").Set(seq), spec.Variable("hints_on").Set(c.hints))
	if err != nil {
		return nil, err
	}
	return spec.Load(&bpfobj.Options{PinDir: c.pin})
}

func (c *schedCommand) sayStarted(out *output, made []pinReport) {
	if out.json {
		return
	}
	say := func(step, format string, args ...any) {
		fmt.Fprintf(out, "%-*s %s\n", stepWidth, step, fmt.Sprintf(format, args...))
	}
	if release, err := sys.Release(); err == nil {
		say("kernel", "Linux %s", release)
	}
	for _, p := range made {
		if p.Made {
			say("pin", "%s: made, mode %04o", p.Path, c.mode)
		} else {
			say("pin", "%s: taken up", p.Path)
		}
	}
	name, err := readSchedExt("root/ops")
	if err != nil {
		name = err.Error()
	}
	hints := "on"
	if !c.hints {
		hints = "off"
	}
	say("sched", "%s, hints %s", name, hints)
}

// How often the scheduler's end is looked for, and how many times as long a second is.
const (
	lookInterval  = time.Second / 4
	looksInSecond = 4
)

// watch waits for a signal, or for the scheduler's end, which is an error.
func (c *schedCommand) watch(out *output, report *schedReport, obj *bpfobj.Object, stop <-chan os.Signal) error {
	var before decisions
	tick := every(lookInterval)
	for looks := 0; ; looks++ {
		if err := report.look(obj); err != nil {
			return err
		}
		if c.stats && looks > 0 && looks%looksInSecond == 0 {
			second := report.Decisions.since(before)
			before = report.Decisions
			if out.doc = second; !out.json {
				out.WriteString("stats  " + second.String() + "\n")
			}
			if err := out.emit(); err != nil {
				return err
			}
		} else if err := out.Flush(); err != nil {
			return err
		}
		select {
		case <-stop:
			return report.look(obj) // what has been counted since, and whether the kernel was faster
		case <-tick:
		}
	}
}

// look takes the counts over, and says why the scheduler is no longer in charge, if it is not.
func (r *schedReport) look(obj *bpfobj.Object) error {
	if err := obj.Variable("stats").Get(&r.Decisions); err != nil {
		return err
	}
	return thrownOut(obj)
}

// An exitInfo mirrors exit_info of sched.bpf.c, which copies struct scx_exit_info (kernel/sched/ext_internal.h).
type exitInfo struct {
	Kind    int32
	Code    int64
	Reason  [128]int8
	Message [1024]int8
}

var errThrownOut = errors.New("the kernel has thrown the scheduler out")

// thrownOut says why the scheduler is no longer in charge, if it is not.
func thrownOut(obj *bpfobj.Object) error {
	var info exitInfo
	if err := obj.Variable("exit_info").Get(&info); err != nil || info.Kind == 0 {
		return err
	}
	err := fmt.Errorf("%w: %s", errThrownOut, cString(info.Reason[:]))
	if message := cString(info.Message[:]); message != "" {
		err = fmt.Errorf("%w: %s", err, message)
	}
	if info.Code != 0 {
		err = fmt.Errorf("%w (exit code %#x)", err, info.Code)
	}
	return err
}

func cString(chars []int8) string {
	b := make([]byte, len(chars))
	for i, c := range chars {
		b[i] = byte(c)
	}
	return printable(b)
}
