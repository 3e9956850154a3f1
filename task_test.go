package kptr_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestTaskRefused has a row for each task that Share does not take.
func TestTaskRefused(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	proc, err := os.Open("/proc/self")
	must(t, err)
	defer proc.Close()
	parent, err := sys.PidfdOpen(otherProcess(), 0)
	must(t, err)
	defer parent.Close()
	reaped, tid := endedThread(t)
	defer reaped.Close()
	lockThread(t)
	other := kptr.Gettid()
	for _, row := range []struct {
		name   string
		task   kptr.Task
		rule   error
		errno  syscall.Errno
		advice string
	}{
		{"thread 0", kptr.Thread(0), kptr.ErrTaskID, 0, "positive"},
		{"process -1", kptr.Process(-1), kptr.ErrTaskID, 0, "positive"},
		{"no such process", kptr.Process(1 << 30), kptr.ErrTaskGone, syscall.ESRCH, ""},
		{"ended thread", kptr.Thread(tid), kptr.ErrTaskGone, syscall.ESRCH, ""},
		{"pidfd of an ended thread", kptr.Pidfd(reaped.Int()), kptr.ErrTaskGone, syscall.ESRCH, ""},
		{"not a leader", kptr.Process(other), kptr.ErrNotLeader, syscall.ENOENT, "use Thread("},
		{"thread id for a pidfd", kptr.Pidfd(other), kptr.ErrNotPidfd, syscall.EBADF, "use Thread"},
		{"directory of /proc", kptr.Pidfd(int(proc.Fd())), kptr.ErrNotPidfd, syscall.EBADF, "pidfd_open"},
		{"PIDFD_SELF_THREAD", kptr.Pidfd(-10000), kptr.ErrNotPidfd, syscall.EBADF, "pidfd_open"}, // linux/pidfd.h
		{"foreign process", kptr.Process(otherProcess()), kptr.ErrForeign, 0, "within it"},
		{"foreign thread", kptr.Thread(otherProcess()), kptr.ErrForeign, 0, "within it"},
		{"foreign pidfd", kptr.Pidfd(parent.Int()), kptr.ErrForeign, 0, "within it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := hints.Share(row.task)
			want(t, err, row.rule, row.errno)
			if !strings.Contains(err.Error(), row.advice) {
				t.Errorf("%v: does not say %q", err, row.advice)
			}
		})
	}
	if got := hints.Stats(); got != (kptr.Stats{}) {
		t.Errorf("%+v", got)
	}
}

// otherProcess gives a process that is not this one: its parent, or, of process 1, which has none, the kernel's kthreadd.
func otherProcess() int {
	if parent := os.Getppid(); parent != 0 {
		return parent
	}
	return 2
}

// endedThread gives the pidfd and the id of a thread that has ended.
func endedThread(t testing.TB) (*sys.FD, int) {
	t.Helper()
	tids, stop := startThreads(1)
	pidfd, err := sys.PidfdOpen(tids[0], sys.PIDFD_THREAD)
	must(t, err)
	stop()
	waitReaped(t, pidfd)
	return pidfd, tids[0]
}

// waitReaped waits until a task cannot be addressed any more.
func waitReaped(t testing.TB, pidfd *sys.FD) {
	t.Helper()
	kerneltest.Eventually(t, "the task to be reaped", func() bool {
		events, err := sys.Poll(pidfd.Int())
		must(t, err)
		return events&sys.POLLHUP != 0
	})
}

// TestElementOfOthers: Lookup and Delete take any task, and Update too where no block of the arena is concerned.
func TestElementOfOthers(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	task := kptr.Process(startEcho(t).pid)
	must(t, hints.Update(task, &Value{}, sys.BPF_NOEXIST))
	_, err := hints.Lookup(task)
	must(t, err)
	must(t, hints.Delete(task))

	lockThread(t)
	s := share(t, hints, kptr.ThisThread())
	want(t, hints.Update(task, s.Value(), sys.BPF_ANY), kptr.ErrForeign, 0)
}

// TestTaskOfOp: what cannot be resolved is refused by every method alike.
func TestTaskOfOp(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	reaped, tid := endedThread(t)
	defer reaped.Close()
	for _, row := range []struct {
		task  kptr.Task
		rule  error
		errno syscall.Errno
	}{
		{kptr.Thread(tid), kptr.ErrTaskGone, syscall.ESRCH},
		{kptr.Pidfd(reaped.Int()), kptr.ErrTaskGone, syscall.ENOENT},
		{kptr.Pidfd(1 << 20), kptr.ErrNotPidfd, syscall.EBADF},
	} {
		_, err := hints.Lookup(row.task)
		want(t, err, row.rule, row.errno)
		want(t, hints.Delete(row.task), row.rule, row.errno)
		want(t, hints.Update(row.task, &Value{}, sys.BPF_ANY), row.rule, row.errno)
	}
}
