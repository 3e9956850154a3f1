package main

import (
	"errors"
	"testing"
	"time"
)

// TestJobs: each boot of each form runs everything, beginning with another scheduler; what is no run of that kind is refused before
// a machine is booted.
func TestJobs(t *testing.T) {
	all := options{forms: names{"icount", "smp2"}, workloads: workloads, schedulers: schedulers, boots: 2, window: time.Second}
	jobs, err := all.jobs()
	if err != nil || len(jobs) != 4 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	if jobs[0].schedulers[0] == jobs[1].schedulers[0] || jobs[2].form.name != "smp2" {
		t.Errorf("jobs %+v", jobs)
	}
	for _, row := range []struct {
		name   string
		change func(*options)
		want   error
	}{
		{"no such form", func(o *options) { o.forms = names{"smp3"} }, errName},
		{"no such workload", func(o *options) { o.workloads = names{"gc", "lock"} }, errName},
		{"no such case", func(o *options) { o.schedulers = names{"hints_on"} }, errName},
		{"part of the workloads", func(o *options) { o.workloads = names{"gc"} }, nil},
		{"the page of a part of the workloads", func(o *options) { o.workloads, o.doc = names{"gc"}, "x.md" }, errPartial},
		{"the page of a part of the cases", func(o *options) { o.schedulers, o.doc = names{"default"}, "x.md" }, errPartial},
		{"the page of one form", func(o *options) { o.forms, o.doc = names{"icount"}, "x.md" }, nil},
	} {
		o := all
		row.change(&o)
		if _, err := o.jobs(); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
	}
}
