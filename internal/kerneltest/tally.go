package kerneltest

import (
	"bufio"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// excuses hold why a test may skip in a guest without being counted as skipped: a Note, by the test's name.
var excuses sync.Map

func excuse(t testing.TB, end, why string) {
	excuses.Store(t.Name(), Note{t.Name(), end, why})
}

func excused(n Note) Note {
	if excuse, ok := excuses.Load(n.Test); ok && n.End == Skipped {
		return excuse.(Note)
	}
	return n
}

// tally counts how tests ended, from what they print with -test.v=test2json: then testing begins
// each of its own lines with a control character, so that no test's output is taken for one.
type tally struct {
	Passed int
	Notes  []Note
}

var (
	endLine    = regexp.MustCompile(`^\x16 *--- (PASS|FAIL|SKIP): (\S+) \(`)
	nameLine   = regexp.MustCompile(`^\x16=== (?:RUN|NAME|CONT) +(\S*)`)
	reasonLine = regexp.MustCompile(`^ +\S+\.go:\d+: (.*)`)
)

// read counts until the end of r, and copies what it reads to w.
func (t *tally) read(r io.Reader, w io.Writer) error {
	reasons := make(map[string]string) // the last that each test gave
	current := ""
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if _, err := io.WriteString(w, strings.TrimPrefix(line, "\x16")); err != nil {
			return err
		}
		if m := nameLine.FindStringSubmatch(line); m != nil {
			current = m[1]
		} else if m := reasonLine.FindStringSubmatch(line); m != nil {
			reasons[current] = m[1]
		} else if m := endLine.FindStringSubmatch(line); m != nil {
			t.end(m[1], m[2], reasons[m[2]])
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) end(end, test, reason string) {
	switch end {
	case "PASS":
		t.Passed++
	case "FAIL":
		t.Notes = append(t.Notes, Note{test, Failed, ""}) // why is all that the test has written
	case "SKIP":
		t.Notes = append(t.Notes, Note{test, Skipped, reason})
	}
}
