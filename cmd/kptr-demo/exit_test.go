package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"kptr/bpfobj"
	"kptr/sys"
)

// The codes are those that the help texts promise.
func TestExitCode(t *testing.T) {
	bpf := func(errno syscall.Errno) error { return &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: errno} }
	for _, tt := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, 0},
		{"any", errors.New("x"), 1},
		{"verifier, which says EACCES", &bpfobj.VerifierError{Err: bpf(syscall.EACCES)}, 1},
		{"file that may not be read", &os.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, 1},
		{"usage", fmt.Errorf("x: %w", usageErrorf("run", "y")), 2},
		{"not supported", fmt.Errorf("x: %w", &sys.NotSupportedError{Feature: "y"}), 3},
		{"no bpf(2)", bpf(syscall.ENOSYS), 3},
		{"capability", fmt.Errorf("x: %w", &bpfobj.PermissionError{Err: bpf(syscall.EPERM)}), 4},
		{"EPERM where nobody has said more", bpf(syscall.EPERM), 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := exitCode(tt.err); got != tt.want {
				t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                      "plain",
		"two\nlines":                 "two; lines",
		"list:\n\tone\n\ttwo\n\n":    "list:; one; two",
		"\n leading and trailing \n": "leading and trailing",
	} {
		if got := oneLine(errors.New(in)); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}
