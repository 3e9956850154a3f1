package kptr

import (
	"strconv"

	"kptr/sys"
)

// A Task names a thread or process. It is resolved anew by each method that takes it: a thread id may belong to another thread
// by then, a pidfd may not.
type Task struct {
	kind taskKind
	id   int
}

type taskKind uint8

const (
	thisThread taskKind = iota
	threadID
	processID
	pidfdNumber
)

// ThisThread is the thread that the calling goroutine runs on. Without runtime.LockOSThread that is another one a moment
// later: see [Map.OnThread]. The zero Task is ThisThread.
func ThisThread() Task { return Task{} }

// Thread is the thread with an id as [Gettid] and /proc/self/task give it; a process's first thread too. It needs Linux 6.9
// (PIDFD_THREAD).
func Thread(tid int) Task { return Task{threadID, tid} }

// Process is the first thread of the process with the id, the leader of its thread group, and none of its other threads.
func Process(pid int) Task { return Task{processID, pid} }

// Pidfd is the task that a file descriptor of pidfd_open(2) refers to. The descriptor stays the caller's, who may close it
// when the method that got the Task returns.
func Pidfd(fd int) Task { return Task{pidfdNumber, fd} }

// Gettid gives the id of the thread that runs the calling goroutine: gettid(2).
func Gettid() int { return sys.Gettid() }

var taskKinds = [...]string{thisThread: "this thread", threadID: "thread", processID: "process", pidfdNumber: "pidfd"}

// String gives "this thread", "thread 42", "process 42" or "pidfd 7".
func (t Task) String() string {
	s := taskKinds[t.kind]
	if t.kind != thisThread {
		s += " " + strconv.Itoa(t.id)
	}
	return s
}
