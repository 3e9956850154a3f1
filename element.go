package kptr

import (
	"errors"
	"fmt"
	"syscall"

	"kptr/sys"
)

// with calls f with the key of a task's element.
func (m *Map[V]) with(op string, t Task, f func(key *handle) error) error {
	if err := m.enter(); err != nil {
		return err
	}
	defer m.leave()
	key, err := t.open()
	if err == nil {
		defer key.close()
		err = f(&key)
	}
	return m.failed(op, t, err)
}

// set gives the kernel a value, whose user kptrs were checked.
func (m *Map[V]) set(key *handle, v *V, flags sys.ElemFlags) error {
	return explain(key, m.backend.update(key, bytesOf(v), flags))
}

// Lookup reads a task's element. User kptrs of it are nil, and so is what only BPF can use; other fields are as they are. The
// task may be any that can be addressed. Without an element the error is an [*OpError], [ErrNoElement].
func (m *Map[V]) Lookup(t Task) (v V, err error) {
	// Not into v: should the map be plain after all, numbers would be taken for pointers by the collector.
	wire := make([]byte, len(bytesOf(&v)))
	err = m.with("lookup", t, func(key *handle) error { return explain(key, m.backend.lookup(key, wire)) })
	if err != nil {
		return v, err
	}
	for _, f := range m.fields {
		clear(wire[f.offset:][:8])
	}
	copy(bytesOf(&v), wire)
	return v, nil
}

// Delete deletes a task's element. The task may be any that can be addressed; so may the shares of others be. Without an
// element the error is an [*OpError], [ErrNoElement].
func (m *Map[V]) Delete(t Task) error {
	return m.with("delete", t, func(key *handle) error { return explain(key, m.backend.remove(key)) })
}

// A ruled error knows its rule, nil if the errno says it.
type ruled interface{ rule() error }

// explain gives the rule behind an error of the element commands, if it is one: an *OpError for failed to complete.
func explain(key *handle, err error) error {
	if err == nil {
		return nil
	}
	e := &OpError{Err: err}
	var refusal ruled
	switch {
	case errors.As(err, &refusal) && refusal.rule() != nil:
		e.Rule = refusal.rule()
	case errors.Is(err, syscall.EEXIST):
		e.Rule, e.Detail = ErrExists, "close the share that it is of, or use Replace"
	case errors.Is(err, syscall.ENOENT) && key.reaped():
		e.Rule, e.Detail = ErrTaskGone, "it has ended"
	case errors.Is(err, syscall.ENOENT):
		e.Rule = ErrNoElement
	case errors.Is(err, syscall.EBADF):
		e.Rule, e.Detail = ErrNotPidfd, "want a file descriptor of pidfd_open; for a thread id use Thread"
	case errors.Is(err, syscall.EFAULT):
		e.Rule, e.Detail = ErrUnpinned, "vouched memory must be writable, and neither of a disk file mapped shared nor memfd_secret"
	case errors.Is(err, syscall.EPERM):
		e.Rule, e.Detail = ErrPermission, "it is read-only, or write-only"
	}
	return e
}

// failed completes an error, if it is one, with what was to be done.
func (m *Map[V]) failed(op string, t Task, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *MemoryError:
		e.Map = m.name
		return e
	case *OpError:
		e.Map, e.Op, e.Task = m.name, op, t
		return e
	}
	return fmt.Errorf("map %q: %s %v: %w", m.name, op, t, err)
}
