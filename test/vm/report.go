package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"kptr/test/vm/job"
)

// result is what a job wrote and how it ended.
type result struct {
	output []string // lines
	ended  bool
	code   int
}

// parse sorts the lines of the second serial port by the jobs that wrote them.
func parse(port []byte) map[string]*result {
	results := make(map[string]*result)
	current := new(result)
	for line := range strings.Lines(string(port)) {
		line = strings.TrimRight(line, "\r\n") // a terminal ends lines with both
		if name, ok := job.ParseStart(line); ok {
			current = new(result)
			results[name] = current
		} else if _, code, ok := job.ParseExit(line); ok {
			current.ended, current.code = true, code
		} else {
			current.output = append(current.output, line)
		}
	}
	return results
}

// maxLines is how many lines of a job that failed are printed.
const maxLines = 200

// report prints how the jobs of one virtual machine did.
type report struct {
	verbose bool
	results map[string]*result
	log     []byte // the kernel's
	failed  []string
	crashed bool // a job did not end, or the kernel found a bug in itself
}

// check compares a job's exit code and what it says with what is wanted.
func (r *report) check(name string, code int, says *regexp.Regexp) {
	res := r.results[name]
	if res == nil {
		res = new(result)
	}
	var wrong string
	switch text := strings.Join(res.output, "\n"); {
	case !res.ended:
		wrong = "did not end"
		r.crashed = true
	case res.code != code:
		wrong = fmt.Sprintf("want exit code %d", code)
	case says != nil && !says.MatchString(text):
		wrong = fmt.Sprintf("its output does not match %q", says)
	}
	if wrong == "" {
		fmt.Printf("ok    %-26s %s\n", name, res.summary())
	} else {
		fmt.Printf("FAIL  %-26s %s: %s\n", name, res.summary(), wrong)
		r.failed = append(r.failed, name)
	}
	lines := res.output
	switch {
	case r.verbose:
	case wrong != "":
		lines = telling(lines)
		if more := len(lines) - maxLines; more > 0 {
			lines = append(lines[:maxLines:maxLines], fmt.Sprintf("(%d more lines: -v)", more))
		}
	default:
		lines = nil
	}
	for _, line := range lines {
		fmt.Println("\t" + line)
	}
}

// summary is the exit code and, for tests, how many there were, subtests among them.
func (r *result) summary() string {
	counts := map[string]int{}
	for _, line := range r.output {
		if m := verdict.FindStringSubmatch(line); m != nil {
			counts[m[1]]++
		}
	}
	text := fmt.Sprintf("exit code %d", r.code)
	if len(counts) > 0 {
		text += fmt.Sprintf(", %d passed, %d failed, %d skipped", counts["PASS"], counts["FAIL"], counts["SKIP"])
	}
	return text
}

// telling leaves out of what a test program wrote the lines about tests that passed or were skipped.
func telling(lines []string) []string {
	var told, pending []string
	for _, line := range lines {
		m := verdict.FindStringSubmatch(line)
		switch {
		case m != nil && m[1] == "FAIL":
			told = append(append(told, pending...), line)
			pending = nil
		case strings.HasPrefix(line, "--- "):
			pending = nil
		case m == nil && line != "" && line != "PASS" && !strings.HasPrefix(line, "=== "):
			pending = append(pending, line)
		}
	}
	return append(told, pending...)
}

var (
	verdict = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): `)
	// trouble is how the kernel says that it found a bug in itself.
	trouble = regexp.MustCompile(`WARNING: |BUG: |Oops: |Kernel panic|general protection fault`)
)

var errFailed = errors.New("not as expected")

// end shows the kernel's log after a crash, and says what went wrong.
func (r *report) end() error {
	if trouble.Match(r.log) {
		r.failed = append(r.failed, "the kernel's log")
		r.crashed = true
	}
	if r.crashed || r.verbose {
		fmt.Println("the kernel's log:")
		for line := range strings.Lines(string(r.log)) {
			fmt.Println("\t" + strings.TrimRight(line, "\r\n"))
		}
	}
	if len(r.failed) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", strings.Join(r.failed, ", "), errFailed)
}
