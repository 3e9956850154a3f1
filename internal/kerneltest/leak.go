package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// settle is how long NoLeaks waits for what the kernel frees late: user kptrs are unpinned after
// two RCU grace periods, 30 to 90 ms on an idle machine and up to seconds on a busy one.
const settle = 10 * time.Second

// NoLeaks fails the test if, after its cleanups, there are more fds, BPF objects or pinned pages
// than now. It is to be called first, since cleanups run in reverse order, and in no test that runs
// in parallel with others. What this process may not count, for want of privilege, is left out and
// logged; [Env] makes that a failure.
func NoLeaks(t testing.TB) {
	t.Helper()
	noLeaks(t, settle)
}

func noLeaks(t testing.TB, wait time.Duration) {
	t.Helper()
	before := takeCounts(t, nil)
	t.Cleanup(func() {
		t.Helper()
		if leaks := waitForNone(t, before, wait); len(leaks) > 0 {
			t.Errorf("leaked:\n\t%s", strings.Join(leaks, "\n\t"))
		}
	})
}

func waitForNone(t testing.TB, before *counts, wait time.Duration) []string {
	t.Helper()
	deadline := time.Now().Add(wait)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		after := takeCounts(t, before)
		if !after.exceed(before) {
			return nil
		}
		if time.Now().After(deadline) {
			return after.leaks(before)
		}
		time.Sleep(pause)
	}
}

// counts is what a test may leave behind. objects is nil and pins is -1 when not permitted.
type counts struct {
	fds     map[int]string
	objects map[Object]bool
	pins    int64
}

// takeCounts counts what before has counted, or, without before, all that it may.
func takeCounts(t testing.TB, before *counts) *counts {
	t.Helper()
	c := &counts{pins: -1}
	var err error
	if c.fds, err = FDs(); err != nil {
		t.Fatal(err)
	}
	if before == nil || before.objects != nil {
		if c.objects, err = BPFObjects(); err != nil {
			uncounted(t, "BPF objects", err)
		}
	}
	if before == nil || before.pins >= 0 {
		if c.pins, err = PinnedPages(); err != nil {
			c.pins = -1
			uncounted(t, "pinned pages", err)
		}
	}
	return c
}

func uncounted(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, os.ErrPermission) || os.Getenv(Env) == "require" {
		t.Fatalf("cannot count %s: %v", what, err)
	}
	t.Logf("%s are not counted: %v", what, err)
}

func (c *counts) exceed(before *counts) bool {
	for n, target := range c.fds {
		if before.fds[n] != target {
			return true
		}
	}
	for o := range c.objects {
		if !before.objects[o] {
			return true
		}
	}
	return c.pins > before.pins
}

// leaks describes what c has and before has not.
func (c *counts) leaks(before *counts) []string {
	var out []string
	for n, target := range c.fds {
		if before.fds[n] != target {
			out = append(out, fmt.Sprintf("fd %d: %s", n, target))
		}
	}
	for o := range c.objects {
		if !before.objects[o] {
			out = append(out, o.String()+", unless another program of this machine has made it meanwhile")
		}
	}
	slices.Sort(out)
	if c.pins > before.pins {
		out = append(out, fmt.Sprintf("pinned pages: %d, %d at the start", c.pins, before.pins))
	}
	return out
}
