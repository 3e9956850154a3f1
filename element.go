package kptr

import (
	"errors"
	"fmt"
	"syscall"

	"kptr/sys"
)

// set gives the kernel a value, whose user kptrs were checked.
func (m *Map[V]) set(op string, t Task, key *handle, v *V, flags sys.ElemFlags) error {
	if err := m.backend.update(key, bytesOf(v), flags); err != nil {
		return m.explain(op, t, key, err)
	}
	return nil
}

// Lookup reads a task's element. User kptrs of it are nil, and so is what only BPF can use; other fields are as they are. The
// task may be any that can be addressed. Without an element the error is an [*OpError], [ErrNoElement].
func (m *Map[V]) Lookup(t Task) (V, error) {
	var v V
	if err := m.enter(); err != nil {
		return v, err
	}
	defer m.leave()
	key, err := t.open()
	if err != nil {
		return v, m.failed("lookup", t, err)
	}
	defer key.close()
	// Not into v: should the map be plain after all, numbers would be taken for pointers by the collector.
	wire := make([]byte, len(bytesOf(&v)))
	if err := m.backend.lookup(&key, wire); err != nil {
		return v, m.explain("lookup", t, &key, err)
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
	if err := m.enter(); err != nil {
		return err
	}
	defer m.leave()
	key, err := t.open()
	if err != nil {
		return m.failed("delete", t, err)
	}
	defer key.close()
	if err := m.backend.remove(&key); err != nil {
		return m.explain("delete", t, &key, err)
	}
	return nil
}

// A ruled error knows its rule, nil if the errno says it.
type ruled interface{ rule() error }

// explain gives the rule behind an errno of the element commands.
func (m *Map[V]) explain(op string, t Task, key *handle, err error) error {
	e := &OpError{Map: m.name, Op: op, Task: t, Err: err}
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

// failed completes an error with what was to be done.
func (m *Map[V]) failed(op string, t Task, err error) error {
	switch e := err.(type) {
	case *OpError:
		e.Map, e.Op = m.name, op
		return e
	case *MemoryError:
		return e
	}
	return fmt.Errorf("map %q: %s %v: %w", m.name, op, t, err)
}
