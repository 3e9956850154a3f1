//go:build guest

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr/internal/kerneltest"
)

// faultEnv is for how long a fault goes on: a minute in a full run of the kernel matrix, 5 seconds without it.
const faultEnv = "KPTR_FAULT"

func faultTime(t *testing.T) time.Duration {
	t.Helper()
	if text := os.Getenv(faultEnv); text != "" {
		d, err := time.ParseDuration(text)
		must(t, err)
		return d
	}
	return 5 * time.Second
}

// TestFaultSchedulerKilled: the kernel's own scheduler takes over from one whose process is killed; the programs go on, and
// stay registered with the next scheduler.
func TestFaultSchedulerKilled(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startSched(t, dir)
	w := startWorker(t, nil, "spin", hintPin(dir), "critical")
	before := topUntil(t, dir, 1)[0]
	must(t, d.cmd.Process.Kill())
	took := waitForState(t, "disabled")
	turns := cpuTime(t, before.Process)
	time.Sleep(200 * time.Millisecond)
	if cpuTime(t, before.Process) == turns {
		t.Error("the program has stopped")
	}
	startSched(t, dir) // which takes the pins up
	list := topUntil(t, dir, 1)
	if list[0].Thread != before.Thread || list[0].Hint.Critical != 1 {
		t.Errorf("registered with the next scheduler is %+v, before %+v", list[0], before)
	}
	again := startWorker(t, nil, "spin", hintPin(dir), "critical")
	topUntil(t, dir, 2)
	again.endSpin(t)
	r := w.endSpin(t)
	t.Logf("the kernel's scheduler was back %v after the kill; the program's longest pause was %v", took, r.Gap)
}

// cpuTime gives the time that a process has had, in clock ticks: utime of proc_pid_stat(5).
func cpuTime(t *testing.T, pid uint32) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	must(t, err)
	_, rest, _ := strings.Cut(string(text), ") ")
	n, err := strconv.Atoi(strings.Fields(rest)[11])
	must(t, err)
	return n
}

// beside has a program that does something to its hint, and one without a hint, use the CPU side by side.
func beside(t *testing.T, pin, how string) (hinted, plain spinReport) {
	t.Helper()
	h := startWorker(t, nil, "spin", pin, how)
	p := startWorker(t, nil, "spin", "-", "")
	time.Sleep(faultTime(t))
	plain = p.endSpin(t)
	return h.endSpin(t), plain
}

// endSpin ends a worker that spins.
func (w *workerProcess) endSpin(t *testing.T) (r spinReport) {
	t.Helper()
	must(t, w.in.Close())
	if _, err := fmt.Sscan(w.line(t), &r.Turns, (*int64)(&r.CPU), (*int64)(&r.Gap)); err != nil {
		t.Fatal(err)
	}
	must(t, w.cmd.Wait())
	return r
}

// TestFaultRandomBlock: random bytes in a hint block harm nobody: the scheduler stays, and others get their share.
func TestFaultRandomBlock(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startSched(t, dir)
	random, other := beside(t, hintPin(dir), "random")
	d.end(t, syscall.SIGTERM).wantDone(t)
	wantShare(t, other, random)
	t.Logf("%d times random bytes in %v; the other program had %d %% of the CPU, and waited for %v at the most",
		random.Turns, faultTime(t), share(other, random), other.Gap)
}

// TestFaultCriticalForever: who claims to be in a critical section for ever gets no more than its share.
func TestFaultCriticalForever(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	_, alone := beside(t, "-", "")
	d := startSched(t, dir, "-stats")
	critical, other := beside(t, hintPin(dir), "critical")
	r := d.end(t, syscall.SIGTERM)
	r.wantDone(t)
	wantShare(t, other, critical)
	stats, _, _ := strings.Cut(r.stdout, "\n")
	t.Logf("the other program had %d %% of the CPU, and waited for %v at the most, under the kernel's own scheduler for %v; the first second: %s",
		share(other, critical), other.Gap, alone.Gap, stats)
}

// share is a program's part of the time of both, in percent.
func share(p, other spinReport) int { return int(100 * p.CPU / (p.CPU + other.CPU)) }

// wantShare wants a program without hints to get about half of the CPU, beside one that asks for more, and never to wait
// for long: what starved would wait until the other one ends. The bounds are loose, since the machine may be emulated, and the
// host busy.
func wantShare(t *testing.T, p, other spinReport) {
	t.Helper()
	if s := share(p, other); s < 35 {
		t.Errorf("the program without hints had %d %% of the CPU", s)
	}
	if p.Gap > 4*time.Second {
		t.Errorf("the program without hints had to wait for %v", p.Gap)
	}
}

// TestFaultManyPrograms: programs that start, register and die leave nothing behind; 1,000 of them in a full run.
func TestFaultManyPrograms(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startSched(t, dir)
	const atATime = 10
	programs := 100
	if os.Getenv(faultEnv) != "" {
		programs = 1000
	}
	start := time.Now()
	for range programs / atATime {
		var running []*exec.Cmd
		for range atATime {
			cmd := exec.Command("/proc/self/exe", workerArg, "register", hintPin(dir))
			cmd.Stderr = os.Stderr
			must(t, cmd.Start())
			running = append(running, cmd)
		}
		for i, cmd := range running {
			if i%2 == 0 {
				cmd.Process.Kill() // at any moment
			}
			if err := cmd.Wait(); err != nil && i%2 != 0 {
				t.Error(err)
			}
		}
	}
	took := time.Since(start)
	topUntil(t, dir, 0)
	d.end(t, syscall.SIGTERM).wantDone(t)
	t.Logf("%d programs in %v", programs, took)
}

// TestFaultSecondScheduler: one that comes second is told who is first, changes nothing, and leaves nothing behind.
func TestFaultSecondScheduler(t *testing.T) {
	kerneltest.NoLeaks(t)
	dir := needSched(t)
	d := startSched(t, dir)
	pins := entries(t, dir)
	for _, second := range []string{dir, dir + "2"} {
		demoProcess(t, nil, "sched", "-pin", second).wantError(t, exitFailed, "EBUSY", "another scheduler is active: kptr_hint")
	}
	if got := entries(t, dir); strings.Join(got, " ") != strings.Join(pins, " ") {
		t.Errorf("pins %q, before %q", got, pins)
	}
	if _, err := os.Stat(dir + "2"); !os.IsNotExist(err) {
		t.Errorf("the second's directory: %v", err)
	}
	if state, _ := readSchedExt("state"); state != "enabled" {
		t.Errorf("sched_ext is %q", state)
	}
	d.end(t, syscall.SIGTERM).wantDone(t)
}
