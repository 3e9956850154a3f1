package kerneltest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTally has what testing prints with -test.v=test2json, and what tests print that look like it.
func TestTally(t *testing.T) {
	const in = "\x16=== RUN   TestA\n--- FAIL: TestForged (0.00s)\n\x16--- PASS: TestA (0.00s)\n" +
		"\x16=== RUN   TestB\n\x16=== RUN   TestB/one\n    b_test.go:5: first\n    b_test.go:7: no such (CONFIG_X)\n" +
		"\x16    --- SKIP: TestB/one (0.00s)\n\x16=== NAME  TestB\n    b_test.go:9: wrong\n\x16--- FAIL: TestB (0.10s)\nFAIL\n"
	var got tally
	var out strings.Builder
	if err := got.read(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	want := tally{Passed: 1, Notes: []Note{{"TestB/one", Skipped, "no such (CONFIG_X)"}, {"TestB", Failed, ""}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := strings.ReplaceAll(in, "\x16", ""); out.String() != text {
		t.Errorf("the console has %q, want %q", out.String(), text)
	}
}

// TestExcused: an excuse is for a skip of the same test only.
func TestExcused(t *testing.T) {
	excuse(t, Refused, "old")
	for _, row := range []struct{ in, want Note }{
		{Note{t.Name(), Skipped, "text"}, Note{t.Name(), Refused, "old"}},
		{Note{t.Name(), Failed, ""}, Note{t.Name(), Failed, ""}},
		{Note{"TestOther", Skipped, "text"}, Note{"TestOther", Skipped, "text"}},
	} {
		if got := excused(row.in); got != row.want {
			t.Errorf("%+v gives %+v, want %+v", row.in, got, row.want)
		}
	}
}

// TestExcuses: of kerneltest's skips, only those for a version and for want of a host are excused.
func TestExcuses(t *testing.T) {
	t.Setenv(Env, "")
	t.Setenv(guestEnv, nonce)
	for _, row := range []struct {
		name string
		skip func(testing.TB)
		want string
	}{
		{"version", func(tb testing.TB) { NeedLinux(tb, "999.0", "x") }, Refused},
		{"host", func(tb testing.TB) { NeedHost(tb, "the source tree") }, LeftOut},
		{"CPUs", func(tb testing.TB) { NeedCPUs(tb, 1<<20) }, Skipped},
	} {
		t.Run(row.name, func(t *testing.T) {
			if r := record(t, row.skip); r.end != "skip" {
				t.Errorf("got %q", r.end)
			}
			if got := excused(Note{t.Name(), Skipped, ""}); got.End != row.want {
				t.Errorf("got %q, want %q", got.End, row.want)
			}
		})
	}
	if r := record(t, func(tb testing.TB) { NeedLinux(tb, "2.6", "x"); NeedCPUs(tb, 1) }); r.end != "" {
		t.Errorf("got %q, %q", r.end, r.text)
	}
}
