package kptr

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"kptr/sys"
)

// TestOpenError has the errnos of pidfd_open(2) that a kernel with user kptrs gives in states that a test does not bring about.
func TestOpenError(t *testing.T) {
	for _, row := range []struct {
		name   string
		task   Task
		errno  syscall.Errno
		rule   error
		advice string
	}{
		{"not a leader", Process(5), syscall.ENOENT, ErrNotLeader, "Thread(5)"},
		{"out of file descriptors", Thread(5), syscall.EMFILE, syscall.EMFILE, "RLIMIT_NOFILE"},
		{"out of memory", Thread(5), syscall.ENOMEM, syscall.ENOMEM, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := row.task.openError(os.NewSyscallError("pidfd_open", row.errno))
			if !errors.Is(err, row.rule) || !errors.Is(err, row.errno) || !strings.Contains(err.Error(), row.advice) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestErrorText shows the errors as people read them.
func TestErrorText(t *testing.T) {
	exists := &sys.Error{Cmd: sys.BPF_MAP_UPDATE_ELEM, Errno: syscall.EEXIST}
	for _, row := range []struct {
		err  error
		want string
	}{
		{
			&OpError{Map: "datamap", Op: "share", Task: Thread(5), Rule: ErrExists, Detail: "use Replace", Err: exists},
			`map "datamap": share thread 5: element exists: use Replace: BPF_MAP_UPDATE_ELEM: file exists (EEXIST)`,
		},
		{
			&OpError{Map: "datamap", Op: "lookup", Task: ThisThread(), Err: syscall.ENOMEM},
			`map "datamap": lookup this thread: cannot allocate memory`,
		},
		{
			&MemoryError{Map: "datamap", Field: "Udata", Addr: 0xc000, Size: 12, Rule: ErrMemory, Detail: "vouch for it"},
			`map "datamap": field "Udata": memory is neither of the arena nor vouched for: 12 bytes at 0xc000: vouch for it`,
		},
		{
			&MapError{Map: "datamap", Rule: ErrNoKptr, Detail: "nothing to share"},
			`map "datamap": no user kptr: nothing to share`,
		},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
	}
	for task, want := range map[Task]string{ThisThread(): "this thread", Thread(1): "thread 1", Process(2): "process 2", Pidfd(3): "pidfd 3"} {
		if task.String() != want {
			t.Errorf("got %q, want %q", task, want)
		}
	}
}
