package measure

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// The report goes over the console, gzipped JSON in base64, in lines "kptr-sched NONCE I/N TEXT": a line that the kernel
// says among them does no harm, and whatever is lost or changed is found by the numbers and by gzip's checksum.
const (
	mark      = "kptr-sched"
	lineBytes = 600
)

// ErrConsole is what a console without one whole report matches.
var ErrConsole = errors.New("no report")

// Write writes the report to the console. The nonce tells it from that of another run.
func (r *Report) Write(w io.Writer, nonce string) error {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(r), z.Close()); err != nil {
		return err
	}
	b := packed.Bytes()
	n := (len(b) + lineBytes - 1) / lineBytes
	for i := range n {
		part := b[i*lineBytes : min(len(b), (i+1)*lineBytes)]
		if _, err := fmt.Fprintf(w, "%s %s %d/%d %s\n", mark, nonce, i+1, n, base64.StdEncoding.EncodeToString(part)); err != nil {
			return err
		}
	}
	return nil
}

// trouble is what a kernel says that has found a bug in itself: the figures are of no use then.
var trouble = regexp.MustCompile(`Kernel panic|Oops|BUG:|WARNING:|rcu_preempt detected stalls|soft lockup`)

// Read reads the report from a console.
func Read(console []byte, nonce string) (*Report, error) {
	if bad := trouble.Find(console); bad != nil {
		return nil, fmt.Errorf("%w: the kernel says %q", ErrConsole, bad)
	}
	var packed []byte
	next, of := 1, 0
	for line := range strings.Lines(string(console)) {
		at := strings.Index(line, mark+" "+nonce+" ")
		if at < 0 {
			continue
		}
		var i, n int
		var text string
		if _, err := fmt.Sscanf(line[at+len(mark)+len(nonce)+2:], "%d/%d %s", &i, &n, &text); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrConsole, next, err)
		}
		if i != next || of != 0 && n != of {
			return nil, fmt.Errorf("%w: line %d/%d where %d is due", ErrConsole, i, n, next)
		}
		part, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrConsole, i, err)
		}
		packed, next, of = append(packed, part...), next+1, n
	}
	if of == 0 || next != of+1 {
		return nil, fmt.Errorf("%w: %d lines of %d", ErrConsole, next-1, of)
	}
	return unpack(packed)
}

func unpack(packed []byte) (*Report, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConsole, err)
	}
	text, err := io.ReadAll(z) // to the end, where the checksum is
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConsole, err)
	}
	r := new(Report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConsole, err)
	}
	if r.Err != "" {
		return r, fmt.Errorf("%w: %s", ErrConsole, r.Err)
	}
	return r, nil
}
