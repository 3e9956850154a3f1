package sys_test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestPidfdEvents: a pidfd is readable from the end of its process on, and hangs up when that is reaped.
func TestPidfdEvents(t *testing.T) {
	kerneltest.NeedLinux(t, "6.9", "POLLHUP of a pidfd")
	kerneltest.NoLeaks(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=sleep")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fd, err := sys.PidfdOpen(cmd.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	poll, err := sys.NewEpoll()
	if err != nil {
		t.Fatal(err)
	}
	if err := poll.Add(fd.Int()); err != nil {
		t.Fatal(err)
	}
	if fds, err := poll.Wait(10 * time.Millisecond); len(fds) != 0 || err != nil {
		t.Errorf("while it runs: %v, %v", fds, err)
	}
	checkEvents(t, "while it runs", fd, 0)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if fds, err := poll.Wait(10 * time.Second); len(fds) != 1 || fds[0] != fd.Int() || err != nil {
		t.Errorf("after its end: %v, %v", fds, err)
	}
	checkEvents(t, "after its end", fd, sys.POLLIN)
	_ = cmd.Wait() // killed
	checkEvents(t, "after it was reaped", fd, sys.POLLIN|sys.POLLHUP)

	if err := poll.Add(-1); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Add(-1): %v, want EBADF", err)
	}
	fd.Close()
	waits := make(chan error)
	go func() {
		_, err := poll.Wait(time.Minute)
		waits <- err
	}()
	time.Sleep(10 * time.Millisecond)
	if err := poll.Close(); err != nil {
		t.Error(err)
	}
	if err := <-waits; !errors.Is(err, os.ErrClosed) {
		t.Errorf("Wait during Close: %v, want %v", err, os.ErrClosed)
	}
	for name, err := range map[string]error{"Add": poll.Add(0), "Close": poll.Close()} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Close: %v, want %v", name, err, os.ErrClosed)
		}
	}
}

func checkEvents(t *testing.T, when string, fd *sys.FD, want int16) {
	t.Helper()
	if got, err := sys.Poll(fd.Int()); got != want || err != nil {
		t.Errorf("%s: events %#x, %v, want %#x", when, got, err, want)
	}
}

func TestIsThread(t *testing.T) {
	for _, row := range []struct {
		name      string
		tgid, tid int
		want      bool
	}{
		{"own thread", os.Getpid(), os.Getpid(), true},
		{"other process", os.Getpid(), otherProcess(), false},
		{"init", 1, 1, true},
		{"nobody", os.Getpid(), 1 << 30, false},
	} {
		if got, err := sys.IsThread(row.tgid, row.tid); got != row.want || err != nil {
			t.Errorf("%s: got %v, %v", row.name, got, err)
		}
	}
	if _, err := sys.IsThread(0, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("got %v, want EINVAL", err)
	}
}

// otherProcess gives a process that is not this one: its parent, or, of process 1, which has none, the kernel's kthreadd.
func otherProcess() int {
	if parent := os.Getppid(); parent != 0 {
		return parent
	}
	return 2
}

// TestEpollRemove: a descriptor that was closed is reported still while a copy of it is open, unless it was removed before.
func TestEpollRemove(t *testing.T) {
	kerneltest.NoLeaks(t)
	for _, row := range []struct {
		name   string
		remove bool
		want   int
	}{
		{"closed", false, 1},
		{"removed and closed", true, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			fd, err := sys.DupFD(int(r.Fd())) // r is the copy that another process would hold
			if err != nil {
				t.Fatal(err)
			}
			poll, err := sys.NewEpoll()
			if err != nil {
				t.Fatal(err)
			}
			defer poll.Close()
			if err := poll.Add(fd.Int()); err != nil {
				t.Fatal(err)
			}
			if row.remove {
				if err := poll.Remove(fd.Int()); err != nil {
					t.Fatal(err)
				}
			}
			fd.Close()
			w.Close() // r hangs up
			if fds, err := poll.Wait(20 * time.Millisecond); len(fds) != row.want || err != nil {
				t.Errorf("%v, %v, want %d", fds, err, row.want)
			}
			if err := poll.Remove(-1); !errors.Is(err, syscall.EBADF) {
				t.Errorf("Remove(-1): %v, want EBADF", err)
			}
		})
	}
}
