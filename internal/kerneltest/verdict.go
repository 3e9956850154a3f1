package kerneltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// How a test ended in a guest.
const (
	Passed  = "passed"
	Failed  = "failed"
	Refused = "refused"  // the kernel is older than the feature, and was refused with a *sys.NotSupportedError
	LeftOut = "left out" // needs what only a host has: NeedHost
	Skipped = "skipped"
)

// Verdict is what a test program that ran as process 1 of a guest says at its end.
type Verdict struct {
	Release  string // of the kernel
	PageSize int    // bytes
	Code     int    // of testing.M.Run
	Counts   map[string]int
	Notes    []Note `json:"-"`
}

// Note is a test, or subtest, that did not pass.
type Note struct{ Test, End, Why string }

// Why a console has no verdict to go by.
var (
	ErrNoVerdict = errors.New("the guest did not come to its end")
	ErrNoTests   = errors.New("no test was run")
	ErrPanic     = errors.New("the kernel panicked")
	ErrVerdict   = errors.New("the verdict contradicts itself")
)

// Run is how many tests there were.
func (v *Verdict) Run() int {
	n := 0
	for _, count := range v.Counts {
		n += count
	}
	return n
}

// Of what a guest says, the lines that begin so, and go on with the nonce, are for [ReadVerdict].
const (
	noteMark    = "kptr-guest note "
	verdictMark = "kptr-guest verdict "
)

// maxWhy keeps a note within a record of the kernel's log (PRINTKRB_RECORD_MAX, 1024 bytes,
// kernel/printk/internal.h).
const maxWhy = 400

// write writes the verdict to the kernel's log, with the level of an emergency, which no setting
// keeps from the console. A record goes there whole; what a program writes to the console may be
// cut in two by the kernel's messages, and is lost if the machine is powered off too early.
func (v *Verdict) write(nonce string) error {
	log, err := os.OpenFile("/dev/kmsg", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, line := range v.lines(nonce) {
		if _, err := log.WriteString("<0>" + line); err != nil {
			return err
		}
	}
	return log.Close()
}

func (v *Verdict) lines(nonce string) []string {
	var lines []string
	for _, n := range v.Notes {
		n.Why = strings.ToValidUTF8(n.Why[:min(len(n.Why), maxWhy)], "")
		lines = append(lines, line(noteMark, nonce, n))
	}
	return append(lines, line(verdictMark, nonce, v))
}

func line(mark, nonce string, what any) string {
	b, err := json.Marshal(what)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return mark + nonce + " " + string(b) + "\n"
}

// ReadVerdict reads the verdict from what the console of a guest wrote. The nonce is the one that
// the guest was started with: a test that prints a verdict, or a console of another run, has none.
// An error says that the run is not to be trusted, and wraps one of this package's; a verdict says
// nothing of success by itself.
func ReadVerdict(console []byte, nonce string) (*Verdict, error) {
	if bytes.Contains(console, []byte("Kernel panic - not syncing")) {
		return nil, ErrPanic
	}
	var v *Verdict
	var notes []Note
	for line := range strings.Lines(string(console)) {
		if text, ok := after(line, noteMark+nonce+" "); ok {
			var n Note
			if err := json.Unmarshal([]byte(text), &n); err != nil {
				return nil, fmt.Errorf("%w: %q: %w", ErrVerdict, line, err)
			}
			notes = append(notes, n)
		}
		if text, ok := after(line, verdictMark+nonce+" "); ok {
			if v != nil {
				return nil, fmt.Errorf("%w: there are two", ErrVerdict)
			}
			v = new(Verdict)
			if err := json.Unmarshal([]byte(text), v); err != nil {
				return nil, fmt.Errorf("%w: %q: %w", ErrVerdict, line, err)
			}
		}
	}
	if v == nil {
		return nil, ErrNoVerdict
	}
	v.Notes = notes
	return v, v.check()
}

// check holds the counts against the notes, of which one may have been lost.
func (v *Verdict) check() error {
	if v.Run() == 0 {
		return ErrNoTests
	}
	noted := make(map[string]int)
	for _, n := range v.Notes {
		noted[n.End]++
	}
	known := v.Counts[Passed]
	for _, end := range []string{Failed, Refused, LeftOut, Skipped} {
		known += v.Counts[end]
		if noted[end] != v.Counts[end] {
			return fmt.Errorf("%w: %d tests %s, %d are named", ErrVerdict, v.Counts[end], end, noted[end])
		}
	}
	if known != v.Run() {
		return fmt.Errorf("%w: %d tests, of %d it is known how they ended", ErrVerdict, v.Run(), known)
	}
	if (v.Code != 0) != (v.Counts[Failed] > 0) {
		return fmt.Errorf("%w: exit code %d, %d tests failed", ErrVerdict, v.Code, v.Counts[Failed])
	}
	return nil
}

// after gives what follows a mark in a line. The kernel begins its lines with the time.
func after(line, mark string) (string, bool) {
	_, text, ok := strings.Cut(line, mark)
	return strings.TrimRight(text, "\r\n"), ok
}
