package wire

import (
	"errors"
	"strconv"
	"syscall"
)

// A Reason is why the broker did not do what it was asked for: KPTR_E_* and KPTR_Q_*.
type Reason uint32

// The reasons. Those from Connections on are quotas.
const (
	Protocol    Reason = 1
	BadVersion  Reason = 2
	Sender      Reason = 3
	Executed    Reason = 4
	NotPidfd    Reason = 5
	Foreign     Reason = 6
	Gone        Reason = 7
	Taken       Reason = 8
	BadRef      Reason = 9
	NotMemfd    Reason = 10
	BadSeals    Reason = 11
	BadSize     Reason = 12
	MemoryTaken Reason = 13
	NoMemory    Reason = 14
	MemoryBusy  Reason = 15
	Kernel      Reason = 16
	Full        Reason = 17

	Connections Reason = 32
	Threads     Reason = 33
	Pages       Reason = 34
	Memories    Reason = 35
	Rate        Reason = 36
	OfUID       Reason = 8 // more for the quota of a uid than for that of a process
)

var reasons = [...]string{
	Protocol: "malformed message", BadVersion: "version of the protocol differs", Sender: "message of a process that did not connect",
	Executed: "the process has executed another program", NotPidfd: "not a pidfd", Foreign: "thread of another process", Gone: "the thread has ended",
	Taken: "the element is of another connection", BadRef: "user kptr into no memory of this connection", NotMemfd: "not a memfd of small pages",
	BadSeals: "memfd sealed wrongly", BadSize: "memory of that size", MemoryTaken: "memfd or its id in use", NoMemory: "no memory of that id",
	MemoryBusy: "elements point to the memory", Kernel: "refused by the kernel", Full: "the broker has no file descriptors left",
}

var quotas = [...]string{"connections", "threads", "pages", "memories", "entries a second"}

// String gives the reason in words.
func (r Reason) String() string {
	switch q := r &^ OfUID; {
	case r == 0:
		return "none"
	case int(r) < len(reasons):
		return reasons[r]
	case q >= Connections && int(q-Connections) < len(quotas) && r&OfUID != 0:
		return "quota of the uid: " + quotas[q-Connections]
	case q >= Connections && int(q-Connections) < len(quotas):
		return "quota of the process: " + quotas[q-Connections]
	}
	return "reason " + strconv.Itoa(int(r))
}

// IsQuota tells whether it is a quota that is exceeded.
func (r Reason) IsQuota() bool { return r >= Connections }

// ErrRefused matches every [*Error].
var ErrRefused = errors.New("refused by the broker")

// An Error is a refusal.
type Error struct {
	Reason Reason
	Errno  syscall.Errno // the kernel's, or one that fits
	Limit  uint64        // of a quota; seals of BadSeals; version of BadVersion
}

// Error gives the reason, the limit if there is one, and the errno.
func (e *Error) Error() string {
	s := "broker: " + e.Reason.String()
	switch {
	case e.Reason.IsQuota():
		s += ": at most " + strconv.FormatUint(e.Limit, 10)
	case e.Reason == BadSeals:
		s += ": seals " + strconv.FormatUint(e.Limit, 16)
	case e.Reason == BadVersion:
		s += ": the broker's is " + strconv.FormatUint(e.Limit, 10)
	}
	return s + ": " + e.Errno.Error()
}

// Is matches ErrRefused.
func (e *Error) Is(target error) bool { return target == ErrRefused }

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }
