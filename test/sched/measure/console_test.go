package measure

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// long gives a report of several lines.
func long() *Report {
	h := make(Histogram)
	random := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		h.Add(time.Duration(random.IntN(1e9)))
	}
	return &Report{Release: "7.3.4", Results: []Result{{
		Workload: GC, Scheduler: Default, Latency: h, Counts: map[string]float64{Throughput: 2.5},
	}}}
}

func written(t *testing.T, r *Report, nonce string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, nonce); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestConsole(t *testing.T) {
	text := written(t, long(), "N")
	noise := "[    9.9] reboot\r\n" + strings.ReplaceAll(text, "\n", "\r\n") // as a terminal ends lines
	noise = strings.Replace(noise, "kptr-sched N 2/", "[   10.0] the kernel says\r\n[   10.1] kptr-sched N 2/", 1)
	for name, console := range map[string]string{"as written": text, "among the kernel's lines": noise} {
		t.Run(name, func(t *testing.T) {
			got, err := Read([]byte(console), "N")
			if err != nil || !reflect.DeepEqual(got, long()) {
				t.Errorf("got %.200s, %v", fmt.Sprint(got), err)
			}
		})
	}
}

func TestConsoleRefuses(t *testing.T) {
	text := written(t, long(), "N")
	lines := strings.SplitAfter(text, "\n")
	last := len(lines) - 2 // of an empty one
	if last < 3 {
		t.Fatalf("only %d lines", last+1)
	}
	without := func(i int) string { return strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "") }
	for _, row := range []struct{ name, console, says string }{
		{"nothing", "", "0 lines of 0"},
		{"another run's", written(t, long(), "M"), "0 lines of 0"},
		{"no first line", without(0), "where 1 is due"},
		{"no line in the middle", without(2), "where 3 is due"},
		{"no last line", without(last), " lines of "},
		{"a line cut", without(last) + lines[last][:len(lines[last])/2], ""},
		{"a line twice", text + lines[last], " is due"},
		{"all twice", text + text, "line 1/"},
		{"a letter changed", strings.Replace(text, lines[1][40:44], "AAAA", 1), ""},
		{"no base64", strings.Replace(text, lines[1][40:44], "****", 1), "line 2: "},
		{"no number", "kptr-sched N x/y AAAA\n", "line 1: "},
		{"no gzip", "kptr-sched N 1/1 AAAA\n", ""},
		{"panic", text + "Kernel panic - not syncing: Oops\n", "Kernel panic"},
		{"oops", "Oops: int3: 0000 [#1]\n" + text, "Oops"},
		{"warning", "WARNING: CPU: 0 PID: 1\n" + text, "WARNING:"},
		{"stall", "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n" + text, "detected stalls"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if r, err := Read([]byte(row.console), "N"); !errors.Is(err, ErrConsole) || r != nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %.100s, %v", fmt.Sprint(r), err)
			}
		})
	}
}

// TestConsoleOfFailure: what the guest says itself is not lost.
func TestConsoleOfFailure(t *testing.T) {
	r, err := Read([]byte(written(t, &Report{Err: "no scheduler"}, "N")), "N")
	if !errors.Is(err, ErrConsole) || !strings.Contains(err.Error(), "no scheduler") || r == nil {
		t.Errorf("got %v, %v", r, err)
	}
}
