package main

import (
	"errors"
	"strings"
	"testing"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
)

// TestSchedNotSupported: a kernel without sched_ext is told so, whoever asks, before anything is pinned.
func TestSchedNotSupported(t *testing.T) {
	if _, err := readSchedExt("state"); err == nil {
		return // what comes then, the tests of guests see
	}
	kerneltest.NoLeaks(t)
	demoRun("sched", "-pin", "/nonexistent/x").wantError(t, exitNotSupported, "sched_ext", "CONFIG_SCHED_CLASS_EXT")
}

// TestPinsRefused: before anything is loaded, whether the directory is there or would have to be made.
func TestPinsRefused(t *testing.T) {
	for _, dir := range []string{"/proc/self", "/proc/self/kptr"} {
		p := pins{dir: dir}
		if _, _, err := p.load(nil); !errors.Is(err, bpfobj.ErrNotBPFFS) || !strings.HasPrefix(err.Error(), "/proc/self: ") || p.made != nil {
			t.Errorf("%s: %v, made %q", dir, err, p.made)
		}
	}
}

// TestSchedVariables: what the command knows of the scheduler's variables is as the object has them.
func TestSchedVariables(t *testing.T) {
	spec, err := bpfobj.Parse(prebuilt.Scheduler())
	must(t, err)
	for name, v := range map[string]any{
		"stats": new(decisions), "exit_info": new(exitInfo), "hints_on": new(bool), "kptr_sched.hotplug_seq": new(uint64),
	} {
		if err := spec.Variable(name).Get(v); err != nil {
			t.Error(err)
		}
	}
}

func TestDecisions(t *testing.T) {
	d := decisions{BackgroundQueued: 7, WeightLowered: 1}.since(decisions{BackgroundQueued: 5})
	const want = "background_queued=2 background_preempted=0 background_due=0 critical_spared=0 critical_extended=0 " +
		"critical_expired=0 latency_first=0 weight_lowered=1"
	if d.String() != want {
		t.Errorf("%v, want %s", d, want)
	}
}
