package kptr

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"kptr/sys"
)

// A Threads shares all threads of the process, whoever starts or ends them. Its methods may be called by several goroutines
// at once.
type Threads[V any] struct {
	m       *Map[V]
	prepare func(tid int, v *V)
	closer  func() error // what the map knows of it
	ends    *sys.Epoll   // watches the pidfd of each thread
	watcher sync.WaitGroup

	mu     sync.Mutex
	byTid  map[int]*member[V]
	byFD   map[int]*member[V]
	others int // members that are not shared here
	err    error
	closed bool
}

// A member is a thread of the process.
type member[V any] struct {
	tid   int
	share *Shared[V] // nil if another share of the map has the thread
	pidfd *sys.FD    // of a thread without share
}

func (t *member[V]) fd() int {
	if t.share != nil {
		return int(t.share.key.number)
	}
	return t.pidfd.Int()
}

// checkInterval is how often the number of threads is looked at. The end of a thread is seen at once.
const checkInterval = time.Second

// ShareAll shares every thread of the process, from whichever thread calls it. Threads that start later are found within a
// second, and those that end give their slots back. Elements that others have made are replaced, but threads with an open share of
// the map keep that. prepare, if it is not nil, is called with each new thread's value before BPF sees it, on any goroutine; it must
// not call methods of the Threads or of the Map.
//
// The error joins an [*OpError] of each thread that could not be shared; nothing is shared then. A map has one Threads at a time.
func (m *Map[V]) ShareAll(prepare func(tid int, v *V)) (*Threads[V], error) {
	ends, err := sys.NewEpoll()
	if err != nil {
		return nil, fmt.Errorf("map %q: share all threads: %w", m.name, err)
	}
	a := &Threads[V]{m: m, prepare: prepare, ends: ends, byTid: make(map[int]*member[V]), byFD: make(map[int]*member[V])}
	a.closer = a.Close
	if !m.threads.CompareAndSwap(nil, &a.closer) {
		_ = ends.Close()
		return nil, fmt.Errorf("map %q: share all threads: %w", m.name, ErrExists)
	}
	// Threads may start while the others are listed.
	for range 3 {
		if err := a.scan(); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		if !a.changed() {
			break
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

// watch runs until Close.
func (a *Threads[V]) watch() {
	next := time.Now().Add(checkInterval)
	for {
		ended, err := a.ends.Wait(time.Until(next))
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				a.note(err) // a bug here: epoll_wait(2) has no other reason
			}
			return
		}
		a.end(ended)
		if time.Until(next) > 0 {
			continue
		}
		if a.changed() {
			a.note(a.scan())
		}
		next = time.Now().Add(checkInterval)
	}
}

func (a *Threads[V]) note(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// changed tells whether the process may have threads that are not shared. Each end is reported by a pidfd, so that the number of
// threads tells: it is that of the subdirectories of /proc/self/task (proc_task_getattr, fs/proc/base.c), which costs one
// system call however many there are, and counts the threads that are not Go's too.
func (a *Threads[V]) changed() bool {
	var st syscall.Stat_t
	err := syscall.Stat("/proc/self/task", &st)
	a.mu.Lock()
	defer a.mu.Unlock()
	return err != nil || int(st.Nlink)-2 != len(a.byTid) || a.others > 0
}

// scan shares the threads that are not yet.
func (a *Threads[V]) scan() error {
	dir, err := os.Open("/proc/self/task")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		tid, err := strconv.Atoi(name)
		if err == nil {
			err = a.add(tid)
		}
		if err != nil && !errors.Is(err, ErrTaskGone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// add shares a thread.
func (a *Threads[V]) add(tid int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.byTid[tid]
	if a.closed || old != nil && (old.share != nil || a.m.shares.has(tid)) {
		return nil
	}
	var prepare func(*V)
	if a.prepare != nil {
		prepare = func(v *V) { a.prepare(tid, v) }
	}
	s, err := a.m.share(Thread(tid), sys.BPF_NOEXIST, prepare)
	if errors.Is(err, ErrExists) {
		s, err = a.m.share(Thread(tid), sys.BPF_ANY, prepare)
	}
	t := &member[V]{tid: tid, share: s}
	switch {
	case err == nil && old != nil:
		a.drop(old)
	case errors.Is(err, ErrExists) && old == nil:
		if t.pidfd, err = sys.PidfdOpen(tid, sys.PIDFD_THREAD); err != nil {
			return Thread(tid).openError(err)
		}
		a.others++
	case errors.Is(err, ErrExists):
		return nil
	}
	if err != nil {
		return err
	}
	a.byTid[tid], a.byFD[t.fd()] = t, t
	if err := a.ends.Add(t.fd()); err != nil {
		a.drop(t) // its end would not be seen
		return fmt.Errorf("map %q: watch thread %d: %w", a.m.name, tid, err)
	}
	return nil
}

// end takes back what ended threads have.
func (a *Threads[V]) end(fds []int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fd := range fds {
		if t := a.byFD[fd]; t != nil {
			a.drop(t)
		}
	}
}

func (a *Threads[V]) drop(t *member[V]) {
	delete(a.byTid, t.tid)
	delete(a.byFD, t.fd())
	if err := a.ends.Remove(t.fd()); err != nil && !errors.Is(err, syscall.ENOENT) && !errors.Is(err, os.ErrClosed) {
		a.err = err
	}
	if t.share != nil {
		if err := t.share.Close(); err != nil {
			a.err = err
		}
		return
	}
	a.others--
	_ = t.pidfd.Close()
}

// Get gives the share of a thread, nil if it has none, because it has just started or is shared otherwise. The share belongs to
// the Threads, which closes it when the thread ends: its blocks are for the thread itself, or for others while they know that
// it lives.
func (a *Threads[V]) Get(tid int) *Shared[V] {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.byTid[tid]; t != nil {
		return t.share
	}
	return nil
}

// All gives the shared threads at the moment of the call, by thread id and in no order. See Get for how long a share is good.
func (a *Threads[V]) All() iter.Seq2[int, *Shared[V]] {
	a.mu.Lock()
	defer a.mu.Unlock()
	shares := make([]*member[V], 0, len(a.byTid))
	for _, t := range a.byTid {
		if t.share != nil {
			shares = append(shares, t)
		}
	}
	return func(yield func(int, *Shared[V]) bool) {
		for _, t := range shares {
			if !yield(t.tid, t.share) {
				return
			}
		}
	}
}

// Err gives what went wrong in the background last, nil if the last look at the threads went well.
func (a *Threads[V]) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Close closes all shares. A second Close does nothing and gives nil.
func (a *Threads[V]) Close() error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.closed = true
	a.mu.Unlock()
	errs := []error{a.ends.Close()}
	a.watcher.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.byTid {
		if t.share != nil {
			errs = append(errs, t.share.Close())
		} else {
			errs = append(errs, t.pidfd.Close())
		}
	}
	a.byTid, a.byFD = nil, nil
	a.m.threads.CompareAndSwap(&a.closer, nil)
	return errors.Join(errs...)
}
