package kptr

import (
	"errors"
	"fmt"
	"sync"
	"syscall"

	"kptr/sys"
)

// A Shared is the element of one task, and the blocks that it points to. It keeps a pidfd open. Its methods may be called by
// several goroutines at once, on any thread.
type Shared[V any] struct {
	m     *Map[V]
	task  Task
	at    int // index in registry.open
	mu    sync.Mutex
	key   handle
	slots []slot  // nil once closed
	first [1]slot // room for the slots of most value types
	value V       // what Value gives
	wire  V       // what the kernel is given
}

// Share gives a task of this process an element whose user kptrs point to blocks of zeroes, one for each, in the map's arena.
// Both sides then read and write the blocks directly, until Close.
//
// The error is an [*OpError]: [ErrExists] if the task has an open share of this map, or an element, whoever set it (see
// [Map.Replace]); [ErrForeign] if it is not a task of this process, whose hints are its own affair; [ErrTaskGone],
// [ErrNotLeader] or [ErrNotPidfd] as the Task says.
func (m *Map[V]) Share(t Task) (*Shared[V], error) {
	return m.share(t, sys.BPF_NOEXIST, nil)
}

// Replace does what Share does, in place of an element that the task may have: the one that a program made with
// BPF_LOCAL_STORAGE_GET_F_CREATE, say, before the task was shared, or that another process left. Only a task with an open
// share of this map is refused, with [ErrExists].
func (m *Map[V]) Replace(t Task) (*Shared[V], error) {
	return m.share(t, sys.BPF_ANY, nil)
}

// share calls prepare, if there is one, before the kernel gets the value.
func (m *Map[V]) share(t Task, flags sys.ElemFlags, prepare func(*V)) (*Shared[V], error) {
	if err := m.enter(); err != nil {
		return nil, err
	}
	defer m.leave()
	key, err := t.open()
	if err != nil {
		return nil, m.failed("share", t, err)
	}
	s := &Shared[V]{m: m, task: t.named(&key), key: key}
	s.mu.Lock() // a new broker gets it when it is whole, or not at all
	defer s.mu.Unlock()
	if err := s.register(t, flags, prepare); err != nil {
		m.shares.remove(s)
		release := m.arena.unused
		if errors.Is(err, ErrLost) { // the broker may have set the element
			release = m.arena.abandon
		}
		for _, slot := range s.slots {
			release(slot)
		}
		s.slots = nil
		_ = s.key.close()
		return nil, m.failed("share", s.task, err)
	}
	return s, nil
}

// register leaves it to the caller to undo what it has done before an error.
func (s *Shared[V]) register(t Task, flags sys.ElemFlags, prepare func(*V)) error {
	if err := t.belongs(&s.key); err != nil {
		return err
	}
	if err := s.key.own(); err != nil {
		return err
	}
	// Entered before the element is there: no other share replaces it.
	if !s.m.shares.add(s) {
		return &OpError{Rule: ErrExists, Detail: "it is of another share", Err: syscall.EEXIST}
	}
	s.m.arena.startFence(&s.key, flags, len(bytesOf(&s.wire)), s.m.fields[0].offset)
	s.slots = s.first[:0]
	for _, b := range s.m.bundles {
		slot, mem, err := s.m.arena.take(b.size)
		if err != nil {
			return err
		}
		s.slots = append(s.slots, slot)
		for _, part := range b.blocks {
			f := &s.m.fields[part.field]
			setAt(&s.value, f.offset, mem[part.offset:][:f.size])
		}
	}
	s.wire = s.value
	if prepare != nil {
		prepare(&s.value)
	}
	return s.publish(flags)
}

// publish gives the kernel the value, if its user kptrs are still the blocks of the share.
func (s *Shared[V]) publish(flags sys.ElemFlags) error {
	for _, f := range s.m.fields {
		if was, is := addrAt(&s.wire, f.offset), addrAt(&s.value, f.offset); was != is {
			return f.refuse(is, ErrBlockChanged, fmt.Sprintf("the block is at %#x", was), nil)
		}
	}
	s.wire = s.value
	return s.m.set(&s.key, &s.wire, flags)
}

// Value gives the value: its user kptrs point to the shared blocks. What is stored there BPF sees at once; results that BPF
// writes are read with sync/atomic when another CPU may be writing them. Other fields are copied to the kernel by Update
// alone, and what BPF writes to those is seen by [Map.Lookup] alone. The user kptrs are not to be changed. After Close they
// are nil.
func (s *Shared[V]) Value() *V { return &s.value }

// Update gives the kernel all fields of Value anew. The element is replaced as a whole, so a __kptr that BPF left in it is
// dropped; the blocks stay. It fails with an [*OpError], [ErrNoElement] if somebody else deleted the element, or with a
// [*MemoryError], [ErrBlockChanged], if a user kptr of Value is not what Share set: [Map.Update] takes any.
func (s *Shared[V]) Update() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots == nil {
		return s.m.failed("update", s.task, ErrClosed)
	}
	return s.m.failed("update", s.task, s.publish(sys.BPF_EXIST))
}

// Close deletes the element and gives the blocks back, which must not be touched any more. No other element gets them before
// BPF has left them. An element that somebody else has put in its place is deleted too; one that is gone already, or whose
// task has ended, is no error. A second Close does nothing and gives nil.
func (s *Shared[V]) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.slots == nil {
		return nil
	}
	release := s.m.arena.quarantine
	err := s.m.backend.remove(&s.key)
	none := errors.Is(err, syscall.ENOENT)
	if err != nil && (!none || s.key.reaped()) {
		// The task may be gone and the kernel not through with it: as long as anybody holds its task_struct, a BPF program
		// may find the element, and nothing tells when that ends.
		release = s.m.arena.abandon
	}
	if none {
		err = nil
	}
	for _, f := range s.m.fields {
		setAt(&s.value, f.offset, nil)
		setAt(&s.wire, f.offset, nil)
	}
	for _, slot := range s.slots {
		release(slot)
	}
	s.slots, s.first = nil, [1]slot{} // the arena may be unmapped, and this share kept
	s.m.shares.remove(s)
	return errors.Join(s.m.failed("delete", s.task, err), s.key.close())
}
