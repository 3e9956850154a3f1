package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"kptr/test/sched/measure"
)

// TestCurve: of five latencies 1, 2, 2, 2, 100, five are at least 1, four at least 2 and one at least 100.
func TestCurve(t *testing.T) {
	h := measure.Histogram{10: 1, 20: 3, 1000: 1}
	want := plotter.XYs{{X: 1, Y: 1}, {X: 2, Y: .8}, {X: 100, Y: .2}}
	got := curve(h)
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if dx, dy := got[i].X-want[i].X, got[i].Y-want[i].Y; dx*dx+dy*dy > 1e-18 {
			t.Errorf("%d: got %v, want %v", i, got[i], want[i])
		}
	}
}

// TestCurveIsThin: the points of two decades are few, and the last is the longest latency.
func TestCurveIsThin(t *testing.T) {
	h := make(measure.Histogram)
	for v := uint64(10); v <= 1000; v++ {
		h[v] = 1
	}
	got := curve(h)
	if n := len(got); n > 2*stepsPerDecade+1 || n < stepsPerDecade {
		t.Errorf("%d points", n)
	}
	if last := got[len(got)-1]; last.X < 99.9 || last.Y > 1./990 {
		t.Errorf("last is %v", last)
	}
}

// A latency of 0 has no place on a logarithmic scale.
func TestCurveOfZero(t *testing.T) {
	if got := curve(measure.Histogram{0: 1}); len(got) != 1 || got[0].X < .0999 || got[0].Y != 1 {
		t.Errorf("got %v", got)
	}
}

func TestDrawLatency(t *testing.T) {
	all := summarize([]*outcome{outcomeOf("icount",
		result(measure.GC, measure.Default, 10, 700, nil), result(measure.GC, measure.HintsOn, 10, 20, nil))})
	var b bytes.Buffer
	if err := drawLatency(&b, all); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "icount, gc", "smp2, locks", ">hints-on<", "#0072B2"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s", want)
		}
	}
	for d := xml.NewDecoder(&b); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
