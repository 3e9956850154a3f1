package kerneltest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"kptr/sys"
)

func TestMain(m *testing.M) { Main(m, nil) }

// recorder is a test whose end is recorded instead of taken.
type recorder struct {
	testing.TB
	end      string // "skip", "fatal" or ""
	text     string
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()             {}
func (r *recorder) Cleanup(f func())    { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(f string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(f, args...))
}
func (r *recorder) Fatal(args ...any)            { r.stop("fatal", fmt.Sprint(args...)) }
func (r *recorder) Fatalf(f string, args ...any) { r.stop("fatal", fmt.Sprintf(f, args...)) }
func (r *recorder) Skipf(f string, args ...any)  { r.stop("skip", fmt.Sprintf(f, args...)) }

func (r *recorder) stop(end, text string) {
	r.end, r.text = end, text
	runtime.Goexit()
}

// record runs f as a test would, in a goroutine that it may end.
func record(t *testing.T, f func(testing.TB)) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r
}

func TestRequire(t *testing.T) {
	privileged := missingCap() == ""
	refusal := &sys.Error{Cmd: sys.BPF_MAP_CREATE, Errno: syscall.EPERM}
	refusalEnd := "skip"
	if privileged {
		refusalEnd = "fatal"
	}
	tests := []struct {
		name string
		err  error
		end  string
		text string
	}{
		{"no error", nil, "", ""},
		{"feature of the future", &sys.NotSupportedError{Feature: "x", Since: "999.0"}, "skip", "needs Linux 999.0"},
		{"feature of no version", &sys.NotSupportedError{Feature: "x"}, "skip", "x: not supported"},
		{"wrapped", fmt.Errorf("map: %w", &sys.NotSupportedError{Feature: "x", Since: "999.0"}), "skip", "map: x"},
		{"feature that this kernel has", &sys.NotSupportedError{Feature: "x", Since: "2.6"}, "fatal", "new enough"},
		{"feature of an odd version", &sys.NotSupportedError{Feature: "x", Since: "soon"}, "fatal", `"soon"`},
		{"refused", refusal, refusalEnd, "EPERM"},
		{"another error", errors.New("broken"), "fatal", "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(Env, "")
			r := record(t, func(tb testing.TB) { Require(tb, tt.err) })
			if r.end != tt.end || !strings.Contains(r.text, tt.text) {
				t.Errorf("got %q with %q, want %q with %q", r.end, r.text, tt.end, tt.text)
			}
		})
		t.Run(tt.name+"/require", func(t *testing.T) {
			t.Setenv(Env, "require")
			r := record(t, func(tb testing.TB) { Require(tb, tt.err) })
			if want := tt.err != nil; (r.end == "fatal") != want {
				t.Errorf("got %q with %q", r.end, r.text)
			}
		})
	}
}

func TestNeedCaps(t *testing.T) {
	const none sys.Cap = 63 // no kernel has so many
	have, err := sys.Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	want := "skip"
	if have.Allows(none) { // CAP_SYS_ADMIN stands for all
		want = ""
	}
	t.Setenv(Env, "")
	if r := record(t, func(tb testing.TB) { NeedCaps(tb, none) }); r.end != want {
		t.Errorf("got %q with %q, want %q", r.end, r.text, want)
	}
	if r := record(t, func(tb testing.TB) { NeedCaps(tb) }); r.end != "" {
		t.Errorf("no capability needed: %q", r.text)
	}
}

func TestLockError(t *testing.T) {
	t.Setenv(lockedEnv, "")
	if err := lock(t.TempDir()); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("got %v, want EISDIR", err)
	}
	if err := lock(t.TempDir() + "/lock"); err != nil || os.Getenv(lockedEnv) != "1" {
		t.Errorf("got %v, %s=%q", err, lockedEnv, os.Getenv(lockedEnv))
	}
	if err := lock("/nonexistent/lock"); err != nil {
		t.Errorf("a process under the lock: %v", err)
	}
}
