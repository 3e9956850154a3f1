package kptr

import (
	"iter"
	"maps"
	"slices"
)

// With calls f with the share of a thread, and tells whether there is one: a thread that has just started has none, nor one with
// another share of the map. The share belongs to the Threads. It stays open while f runs, though the thread may end, and is not to
// be used afterwards. f must not call Close of the Threads or of the Map, which wait for it.
//
// A thread's own goroutine, locked to it, may run all its work in a With of [Gettid].
func (a *Threads[V]) With(tid int, f func(*Shared[V])) bool {
	s := a.hold(tid)
	if s == nil {
		return false
	}
	defer a.release(s)
	f(s)
	return true
}

// All gives the shared threads by thread id, in no order; without those that start or end meanwhile. The share stays open during
// its turn of the loop, as in [Threads.With].
func (a *Threads[V]) All() iter.Seq2[int, *Shared[V]] {
	return func(yield func(int, *Shared[V]) bool) {
		a.mu.Lock()
		tids := slices.Collect(maps.Keys(a.byTid))
		a.mu.Unlock()
		more := true
		for _, tid := range tids {
			if a.With(tid, func(s *Shared[V]) { more = yield(tid, s) }); !more {
				return
			}
		}
	}
}

func (a *Threads[V]) hold(tid int) *Shared[V] {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byTid[tid]
	if s == nil || a.closed {
		return nil
	}
	a.users.Add(1)
	a.held[s]++
	return s
}

func (a *Threads[V]) release(s *Shared[V]) {
	defer a.users.Done()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[s]--; a.held[s] > 0 {
		return
	}
	delete(a.held, s)
	if a.byTid[s.key.tid] != s { // the thread has ended
		a.close(s)
	}
}
