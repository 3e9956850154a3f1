package kptr

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"kptr/sys"
)

// A Threads shares all threads of the process, whoever starts or ends them. Its methods may be called by several goroutines
// at once.
type Threads[V any] struct {
	m       *Map[V]
	prepare func(tid int, v *V)
	closer  func() error // what the map knows of it
	ends    *sys.Epoll   // watches the pidfd of each share
	watcher sync.WaitGroup
	users   sync.WaitGroup // functions of With that run

	mu     sync.Mutex
	byTid  map[int]*Shared[V]
	byFD   map[int]*Shared[V]
	others map[int]bool       // threads with a share that is not of this Threads
	looked int                // how many shares of the map were removed before others was looked at
	held   map[*Shared[V]]int // by how many functions of With
	err    error
	closed bool
}

// ShareAll shares every thread of the process, from whichever thread calls it; [Threads.With] and [Threads.All] lead to the blocks.
// With the share of its own thread a goroutine deals rightly only while it is locked to that (runtime.LockOSThread).
//
// Threads that start later are found within a second, and those that end give their slots back. Elements that others have made
// are replaced, but threads with an open share of the map keep that, and are found within a second of its Close. prepare, if it is
// not nil, is called with each new thread's value before BPF sees it, on any goroutine; it must not call methods of the Threads or
// of the Map. It costs one wake-up of the process a second, beside the ends of threads and the fences of the arena (docs/lifetime.md).
//
// The error joins an [*OpError] of each thread that could not be shared; nothing is shared then. A map has one Threads at a time.
func (m *Map[V]) ShareAll(prepare func(tid int, v *V)) (*Threads[V], error) {
	ends, err := sys.NewEpoll()
	if err != nil {
		return nil, fmt.Errorf("map %q: share all threads: %w", m.name, err)
	}
	a := &Threads[V]{
		m: m, prepare: prepare, ends: ends, byTid: make(map[int]*Shared[V]), byFD: make(map[int]*Shared[V]),
		others: make(map[int]bool), held: make(map[*Shared[V]]int),
	}
	a.closer = a.Close
	if !m.threads.CompareAndSwap(nil, &a.closer) {
		_ = ends.Close()
		return nil, fmt.Errorf("map %q: share all threads: %w", m.name, ErrExists)
	}
	for range 3 { // threads may start while the others are listed
		if err := a.look(); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed { // by Map.Close
		return nil, fmt.Errorf("map %q: share all threads: %w", m.name, ErrClosed)
	}
	a.watcher.Go(a.watch)
	return a, nil
}

// add shares threads.
func (a *Threads[V]) add(tids []int) error {
	var errs []error
	for _, tid := range tids {
		if err := a.addOne(tid); err != nil && !errors.Is(err, ErrTaskGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *Threads[V]) addOne(tid int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.byTid[tid] != nil {
		return nil
	}
	delete(a.others, tid)
	var prepare func(*V)
	if a.prepare != nil {
		prepare = func(v *V) { a.prepare(tid, v) }
	}
	var s *Shared[V]
	err := ErrExists
	if !a.m.shares.has(tid) {
		s, err = a.m.share(Thread(tid), sys.BPF_ANY, prepare)
	}
	switch {
	case errors.Is(err, ErrExists):
		a.others[tid] = true
		return nil
	case err != nil:
		return err
	}
	fd := int(s.key.number)
	a.byTid[tid], a.byFD[fd] = s, s
	if err := a.ends.Add(fd); err != nil {
		a.drop(s) // its end would not be seen
		return fmt.Errorf("map %q: watch thread %d: %w", a.m.name, tid, err)
	}
	return nil
}

// end takes back what ended threads have.
func (a *Threads[V]) end(fds []int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fd := range fds {
		if s := a.byFD[fd]; s != nil {
			a.drop(s)
		}
	}
}

// drop forgets a share. A function of With that has it closes it.
func (a *Threads[V]) drop(s *Shared[V]) {
	fd := int(s.key.number)
	delete(a.byTid, s.key.tid)
	delete(a.byFD, fd)
	if err := a.ends.Remove(fd); err != nil && !errors.Is(err, syscall.ENOENT) && !errors.Is(err, os.ErrClosed) {
		a.err = err
	}
	if a.held[s] == 0 {
		a.close(s)
	}
}

func (a *Threads[V]) close(s *Shared[V]) {
	if err := s.Close(); err != nil {
		a.err = err
	}
}

// Err gives what went wrong in the background last, nil if the last look at the threads went well.
func (a *Threads[V]) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Close closes all shares, once no function of With runs. A second Close waits for those too, and gives nil.
func (a *Threads[V]) Close() error {
	a.mu.Lock()
	again := a.closed
	a.closed = true
	a.mu.Unlock()
	if again {
		a.users.Wait()
		return nil
	}
	errs := []error{a.ends.Close()}
	a.watcher.Wait()
	a.users.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.byTid {
		errs = append(errs, s.Close())
	}
	a.byTid, a.byFD = nil, nil
	a.m.threads.CompareAndSwap(&a.closer, nil)
	return errors.Join(errs...)
}
