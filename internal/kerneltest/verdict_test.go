package kerneltest

import (
	"errors"
	"strings"
	"testing"
)

const nonce = "N0NCE"

// consoleOf is what a console shows of a verdict, as the kernel prints it: with the time before, and carriage returns.
func consoleOf(v *Verdict, nonce string) string {
	return "[    0.1] Linux\r\n=== RUN   TestX\r\n[    7.1] " + strings.Join(v.lines(nonce), "[    7.2] ") + "[    7.3] reboot: Power down\r\n"
}

func good() *Verdict {
	return &Verdict{
		Release: "7.3.4", PageSize: 4096, Counts: map[string]int{Passed: 2, Refused: 1},
		Notes: []Note{{"TestOld", Refused, "needs Linux \"9\""}},
	}
}

func TestReadVerdict(t *testing.T) {
	whole := consoleOf(good(), nonce)
	at := strings.Index(whole, verdictMark)
	changed := func(change func(*Verdict)) string {
		v := good()
		change(v)
		return consoleOf(v, nonce)
	}
	for _, row := range []struct {
		name, console string
		want          error
	}{
		{"whole", whole, nil},
		{"nothing", "", ErrNoVerdict},
		{"hangs in a test", whole[:at], ErrNoVerdict},
		{"cut within the verdict", whole[:at+len(verdictMark)+20], ErrVerdict},
		{"cut within the mark", whole[:at+len(verdictMark)-1], ErrNoVerdict},
		{"panics before", "[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n", ErrPanic},
		{"panics after", whole + "[ 9.0] Kernel panic - not syncing: Fatal exception\r\n", ErrPanic},
		{"of another run", consoleOf(good(), "OTHER"), ErrNoVerdict},
		{"printed by a test that guesses", "--- PASS: TestX (0.00s)\nPASS\nok\nkptr-guest verdict {\"Code\":0}\n", ErrNoVerdict},
		{"no test", changed(func(v *Verdict) { v.Counts, v.Notes = map[string]int{}, nil }), ErrNoTests},
		{"no counts", changed(func(v *Verdict) { v.Counts, v.Notes = nil, nil }), ErrNoTests},
		{"a note is lost", strings.Replace(whole, noteMark, "", 1), ErrVerdict},
		{"twice", whole + whole, ErrVerdict},
		{"fails and counts none", changed(func(v *Verdict) { v.Code = 1 }), ErrVerdict},
		{"succeeds and counts a failure", changed(func(v *Verdict) { v.note(Note{"TestY", Failed, ""}) }), ErrVerdict},
		{"unknown end", changed(func(v *Verdict) { v.note(Note{"TestY", "vanished", ""}) }), ErrVerdict},
	} {
		t.Run(row.name, func(t *testing.T) {
			v, err := ReadVerdict([]byte(row.console), nonce)
			if !errors.Is(err, row.want) || (row.want == nil) != (err == nil) {
				t.Errorf("got %+v, %v, want %v", v, err, row.want)
			}
			if err == nil && (v.Run() != 3 || len(v.Notes) != 1 || v.Notes[0] != good().Notes[0] || v.PageSize != 4096) {
				t.Errorf("got %+v", v)
			}
		})
	}
}

// TestNoteFits: a record of /dev/kmsg takes no more.
func TestNoteFits(t *testing.T) {
	v := &Verdict{Counts: map[string]int{}}
	v.note(Note{"TestX", Skipped, strings.Repeat("é", 1000)})
	if line := v.lines(nonce)[0]; len(line) > 976 || strings.Contains(line, "\uFFFD") {
		t.Errorf("%d bytes: %q", len(line), line)
	}
}
