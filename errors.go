package kptr

import (
	"errors"
	"fmt"
	"strings"

	"kptr/bpfobj"
)

// What an error of this package is about; match with errors.Is. Errors from the kernel keep their errno, which matches too
// (errors.Is(err, syscall.EEXIST)). A Go type that differs from the map's BTF is a [*btf.LayoutError].
var (
	ErrClosed = errors.New("closed")

	// Rules of a [*MapError], from Open.
	ErrMapType   = bpfobj.ErrMapType
	ErrMapSize   = errors.New("value size differs")
	ErrNoKptr    = errors.New("no user kptr")
	ErrPointee   = errors.New("pointee cannot be shared")
	ErrPlainMap  = bpfobj.ErrPlainMap
	ErrUnchecked = errors.New("not checked") // of Map.Unchecked alone

	// Rules of a [*MemoryError].
	ErrMemory       = errors.New("memory is neither of the arena nor vouched for")
	ErrMisaligned   = errors.New("misaligned address")
	ErrPageCrossing = errors.New("block crosses a page boundary")
	ErrBlockChanged = errors.New("user kptr of a share was changed")
	ErrVouch        = errors.New("memory cannot be vouched for")

	// Rules of an [*OpError].
	ErrExists     = errors.New("element exists")
	ErrNoElement  = errors.New("no element")
	ErrTaskID     = errors.New("not a task id")
	ErrTaskGone   = errors.New("no such task")
	ErrNotLeader  = errors.New("not the leader of a process")
	ErrNotPidfd   = errors.New("not a pidfd")
	ErrForeign    = errors.New("task of another process")
	ErrFlags      = errors.New("flags not allowed")
	ErrUnpinned   = errors.New("memory cannot be pinned")
	ErrPermission = errors.New("file descriptor of the map does not allow it")

	// Rules of errors through a broker alone; see Dial.
	ErrBroker = errors.New("not to be had through a broker")
	ErrQuota  = errors.New("quota of the broker")
	ErrLost   = errors.New("no connection to the broker")
)

// A MapError says why Open did not take a map.
type MapError struct {
	Map    string // map name
	Field  string // of the Go type, such as "Nested.Slots[1]"; empty if the map as a whole is meant
	Rule   error  // one of the sentinels
	Detail string // the value seen, and what to do
	Err    error  // the kernel's answer, if it was asked
}

func (e *MapError) Error() string {
	return text(e.Map, "", e.Field, e.Rule, e.Detail, e.Err)
}

// Is matches the rule.
func (e *MapError) Is(target error) bool { return target == e.Rule }

func (e *MapError) Unwrap() error { return e.Err }

// A MemoryError says which user kptr was not given to the kernel.
type MemoryError struct {
	Map    string  // map name
	Field  string  // of the Go type, such as "Nested.Slots[1]"
	Addr   uintptr // what it points to
	Size   uintptr // of the pointee, in bytes
	Rule   error   // one of the sentinels
	Detail string  // what to do
	Err    error   // the errno that the kernel answers with where it has the same rule
}

func (e *MemoryError) Error() string {
	return text(e.Map, "", e.Field, e.Rule, fmt.Sprintf("%d bytes at %#x: %s", e.Size, e.Addr, e.Detail), e.Err)
}

// Is matches the rule.
func (e *MemoryError) Is(target error) bool { return target == e.Rule }

func (e *MemoryError) Unwrap() error { return e.Err }

// An OpError says what could not be done with a task's element.
type OpError struct {
	Map    string // map name
	Op     string // "share", "update", "lookup", "delete"
	Task   Task
	Rule   error  // one of the sentinels; nil if the errno says it all
	Detail string // what to do
	Err    error  // a *sys.Error or *os.SyscallError with the errno, or nil
}

func (e *OpError) Error() string {
	return text(e.Map, e.Op+" "+e.Task.String(), "", e.Rule, e.Detail, e.Err)
}

// Is matches the rule.
func (e *OpError) Is(target error) bool { return target == e.Rule && target != nil }

func (e *OpError) Unwrap() error { return e.Err }

// text joins what is known, from the outside in.
func text(name, op, field string, rule error, detail string, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "map %q", name)
	if op != "" {
		b.WriteString(": " + op)
	}
	if field != "" {
		fmt.Fprintf(&b, ": field %q", field)
	}
	for _, e := range []error{rule, err} {
		if e != nil {
			b.WriteString(": " + e.Error())
		}
		if detail != "" {
			b.WriteString(": " + detail)
			detail = ""
		}
	}
	return b.String()
}
