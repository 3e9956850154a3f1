package kptr

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"kptr/sys"
)

// ownPID is the id of this process, which never changes: asked once, not by each share.
var ownPID = os.Getpid()

// A handle is an open Task: the key of its element.
type handle struct {
	number uint32  // the pidfd as the map's key
	fd     *sys.FD // nil if the pidfd is the caller's
	tid    int     // 0 if not known
}

func (h *handle) close() error { return h.fd.Close() }

// open resolves a task. The error is an *OpError for Map.failed to complete, as is that of belongs.
func (t Task) open() (handle, error) {
	flags := uint(sys.PIDFD_THREAD)
	tid := t.id
	switch t.kind {
	case pidfdNumber:
		return handle{number: uint32(t.id)}, nil
	case processID:
		flags = 0
	case thisThread:
		tid = sys.Gettid()
	}
	if tid <= 0 {
		return handle{}, &OpError{Rule: ErrTaskID, Detail: "ids of threads and processes are positive"}
	}
	fd, err := sys.PidfdOpen(tid, flags)
	if err != nil {
		return handle{}, t.openError(err)
	}
	return handle{number: fd.Uint32(), fd: fd, tid: tid}, nil
}

// named is the task under a name that other threads understand too.
func (t Task) named(h *handle) Task {
	if t.kind == thisThread {
		return Thread(h.tid)
	}
	return t
}

// openError explains an error of pidfd_open(2) (kernel/fork.c, pidfd_prepare).
func (t Task) openError(err error) error {
	e := &OpError{Err: err}
	switch {
	case errors.Is(err, syscall.ESRCH):
		e.Rule = ErrTaskGone
	case errors.Is(err, syscall.ENOENT):
		e.Rule, e.Detail = ErrNotLeader, fmt.Sprintf("use Thread(%d)", t.id)
	case errors.Is(err, syscall.EMFILE):
		e.Detail = "each share keeps a pidfd open: raise RLIMIT_NOFILE"
	}
	return e
}

// belongs checks that a task is one of this process.
func (t Task) belongs(h *handle) error {
	if t.kind == thisThread {
		return nil
	}
	if t.kind == pidfdNumber {
		if err := h.readTid(); err != nil {
			return &OpError{Rule: ErrNotPidfd, Detail: "want a file descriptor of pidfd_open; for a thread id use Thread", Err: err}
		}
	}
	if h.tid < 0 {
		return &OpError{Rule: ErrTaskGone, Err: syscall.ESRCH}
	}
	if h.tid == 0 {
		return &OpError{Rule: ErrForeign, Detail: "it is of another pid namespace"}
	}
	ours, err := sys.IsThread(ownPID, h.tid)
	switch {
	case err != nil:
		return &OpError{Err: err}
	case ours:
		return nil
	case h.reaped():
		return &OpError{Rule: ErrTaskGone, Err: syscall.ESRCH}
	}
	return &OpError{Rule: ErrForeign, Detail: "its hints would come from this process's memory: share from within it, or update with memory that both map"}
}

// own makes the handle independent of the caller's file descriptor.
func (h *handle) own() error {
	if h.fd != nil {
		return nil
	}
	fd, err := sys.DupFD(int(int32(h.number)))
	if err != nil {
		return err
	}
	h.fd, h.number = fd, fd.Uint32()
	return nil
}

// readTid finds the thread that a pidfd refers to: the line "Pid:" of its fdinfo (pidfd_show_fdinfo, fs/pidfs.c), -1 for
// one that was reaped and 0 for one of another pid namespace. EBADF says that it is no pidfd, as bpf(2) would.
func (h *handle) readTid() error {
	info, err := sys.ReadFile("/proc/self/fdinfo/"+strconv.Itoa(int(int32(h.number))), 1<<16)
	if errors.Is(err, os.ErrNotExist) {
		return syscall.EBADF
	}
	if err != nil {
		return err
	}
	for line := range bytes.Lines(info) {
		if pid, ok := bytes.CutPrefix(line, []byte("Pid:")); ok {
			h.tid, err = strconv.Atoi(string(bytes.TrimSpace(pid)))
			return err
		}
	}
	return syscall.EBADF
}

// reaped tells whether nobody can address the task any more. A pidfd hangs up then (Linux 6.9).
func (h *handle) reaped() bool {
	events, err := sys.Poll(int(int32(h.number)))
	return err == nil && events&sys.POLLHUP != 0
}
