package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"kptr/test/sched/measure"
)

// job is one boot: each workload under each scheduler.
type job struct {
	form                  form
	number                int // of the boots of the form, from 0
	window                time.Duration
	workloads, schedulers []string
}

// outcome is what became of a job.
type outcome struct {
	job
	report  *measure.Report
	took    time.Duration
	crashes []string // why earlier tries gave nothing
}

// tries: two vCPUs crash now and then (see kernel.Guest).
const tries = 3

var errBoot = errors.New("no figures")

func (b *bench) boot(j job) (*outcome, error) {
	o := &outcome{job: j}
	for range tries {
		start := time.Now()
		console, report, err := b.try(j)
		if err == nil {
			o.report, o.took = report, time.Since(start)
			return o, nil
		}
		fmt.Fprintf(os.Stderr, "%s boot %d: %v\n%s\n", j.form.name, j.number+1, err, tail(console))
		if report != nil { // the guest has said why: it would say so again
			return nil, fmt.Errorf("%s boot %d: %w", j.form.name, j.number+1, err)
		}
		o.crashes = append(o.crashes, err.Error())
	}
	return nil, fmt.Errorf("%w of %s boot %d in %d tries", errBoot, j.form.name, j.number+1, tries)
}

func (b *bench) try(j job) (console []byte, report *measure.Report, err error) {
	nonce := rand.Text()
	args := fmt.Sprintf("-window=%v -workloads=%s -schedulers=%s", j.window, strings.Join(j.workloads, ","), strings.Join(j.schedulers, ","))
	g := j.form.guest(b.image, b.initramfs, nonce, args)
	console, err = g.Boot(j.form.limit(len(j.workloads)*len(j.schedulers), j.window))
	if err != nil {
		return console, nil, err
	}
	report, err = measure.Read(console, nonce)
	if err == nil && report.Release != b.release {
		err = fmt.Errorf("the guest ran %s, not %s", report.Release, b.release)
	}
	return console, report, err
}

// tail is the end of a console, without the report.
func tail(console []byte) string {
	var lines []string
	for line := range strings.Lines(string(console)) {
		if !strings.Contains(line, "kptr-sched ") {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
	}
	return strings.Join(lines[max(0, len(lines)-60):], "\n")
}
