package sys_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestParseCPUList(t *testing.T) {
	good := []struct {
		name, list string
		want       int
	}{
		{"one", "0\n", 1},
		{"range", "0-3\n", 4},
		{"mixed", "0-3,6,8-9\n", 7},
		{"does not start at 0", "4-7", 4},
		{"large", "0-8191\n", 8192},
	}
	for _, tt := range good {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := sys.ParseCPUList(tt.list); got != tt.want || err != nil {
				t.Errorf("got %d, %v, want %d", got, err, tt.want)
			}
		})
	}
	bad := []struct{ name, list, part string }{
		{"empty", "", ""},
		{"newline alone", "\n", ""},
		{"word", "all\n", "all"},
		{"descending range", "3-0", "3-0"},
		{"overlap", "0-3,3", "3"},
		{"descending", "4,1", "1"},
		{"open range", "0-", "0-"},
		{"negative", "-1", "-1"},
		{"two ranges", "0-1-2", "0-1-2"},
		{"trailing comma", "0,", ""},
		{"too large", "0-65536", "0-65536"},
		{"space", "0, 1", " 1"},
	}
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sys.ParseCPUList(tt.list)
			var e *sys.CPUListError
			if got != 0 || !errors.Is(err, sys.ErrCPUList) || !errors.As(err, &e) || e.Part != tt.part || e.List != tt.list {
				t.Errorf("got %d, %v, want the part %q", got, err, tt.part)
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	good := []struct {
		release string
		want    sys.Version
	}{
		{"6.18.44-generic", sys.Version{Major: 6, Minor: 18}},
		{"6.13", sys.Version{Major: 6, Minor: 13}},
		{"7.0-rc1", sys.Version{Major: 7}},
		{"6.1.0-27-amd64", sys.Version{Major: 6, Minor: 1}},
	}
	for _, tt := range good {
		if got, err := sys.ParseVersion(tt.release); got != tt.want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", tt.release, got, err, tt.want)
		}
	}
	for _, release := range []string{"", "6", "6.", "six.1", ".18", "6.x", "99999.1", "6.99999"} {
		got, err := sys.ParseVersion(release)
		var e *sys.VersionError
		if got != (sys.Version{}) || !errors.Is(err, sys.ErrVersion) || !errors.As(err, &e) || e.Release != release {
			t.Errorf("%q: got %v, %v", release, got, err)
		}
	}
}

func TestVersionBefore(t *testing.T) {
	v := func(s string) sys.Version {
		v, err := sys.ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		a, b string
		want bool
	}{
		{"6.9", "6.13", true}, {"6.13", "6.9", false}, {"6.13", "6.13", false}, {"5.19", "6.0", true}, {"7.0", "6.18", false},
	}
	for _, tt := range tests {
		if got := v(tt.a).Before(v(tt.b)); got != tt.want {
			t.Errorf("%s before %s: got %v", tt.a, tt.b, got)
		}
	}
	if got := v("6.18.44").String(); got != "6.18" {
		t.Errorf("got %q", got)
	}
}

// TestRelease compares uname(2) with procfs.
func TestRelease(t *testing.T) {
	want, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	got, err := sys.Release()
	if err != nil || got+"\n" != string(want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// TestCapabilities compares capget(2) with the CapEff line of procfs.
func TestCapabilities(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "CapEff:\t")
	line, _, _ := strings.Cut(rest, "\n")
	want, err := strconv.ParseUint(line, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sys.Capabilities()
	if err != nil || uint64(got) != want {
		t.Errorf("got %#x, %v, want %#x", uint64(got), err, want)
	}
}

func TestCapSet(t *testing.T) {
	tests := []struct {
		name        string
		set         sys.CapSet
		has, allows bool // CAP_BPF
	}{
		{"none", 0, false, false},
		{"CAP_BPF", 1 << 39, true, true},
		{"CAP_SYS_ADMIN", 1 << 21, false, true},
		{"CAP_PERFMON", 1 << 38, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.set.Has(sys.CAP_BPF) != tt.has || tt.set.Allows(sys.CAP_BPF) != tt.allows {
				t.Errorf("has %v, allows %v", tt.set.Has(sys.CAP_BPF), tt.set.Allows(sys.CAP_BPF))
			}
		})
	}
	if sys.CapSet(^uint64(0)).Has(64) {
		t.Error("a set has no capability 64")
	}
}

func TestPidfdOpen(t *testing.T) {
	onThread(t, func(tid int) {
		fd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
		if errors.Is(err, syscall.EINVAL) {
			err = &sys.NotSupportedError{Feature: "PIDFD_THREAD", Since: "6.9", Err: err}
		}
		kerneltest.Require(t, err)
		defer fd.Close()
		link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd.Int()))
		if err != nil || !strings.Contains(link, "pidfd") {
			t.Errorf("got %q, %v, want a pidfd", link, err)
		}
		_, err = sys.PidfdOpen(tid, 0)
		var call *os.SyscallError
		// pidfd_prepare() (kernel/fork.c) gives EINVAL in 6.12 and ENOENT in 6.18.
		refused := errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.EINVAL)
		if !errors.As(err, &call) || call.Syscall != "pidfd_open" || !refused {
			t.Errorf("a thread without PIDFD_THREAD: %v, want ENOENT or EINVAL", err)
		}
	})
	if _, err := sys.PidfdOpen(1<<30, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("no process: %v, want ESRCH", err)
	}
	if _, err := sys.PidfdOpen(os.Getpid(), 1); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("unknown flag: %v, want EINVAL", err)
	}
}

// onThread runs f with the id of a live thread that is not the process's leader, and checks the id
// against procfs.
func onThread(t *testing.T, f func(tid int)) {
	t.Helper()
	// This goroutine keeps its thread: if that is the leader, another goroutine runs on another.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := sys.Gettid()
	if tid == os.Getpid() {
		started, stop := make(chan int), make(chan struct{})
		defer close(stop)
		go func() {
			runtime.LockOSThread() // the thread ends with the goroutine
			started <- sys.Gettid()
			<-stop
		}()
		tid = <-started
	}
	if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid)); err != nil || tid == os.Getpid() {
		t.Fatalf("thread %d of process %d: %v", tid, os.Getpid(), err)
	}
	f(tid)
}
