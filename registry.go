package kptr

import (
	"slices"
	"sync"
)

// A registry holds the open shares of a map, one of a thread at most.
type registry[V any] struct {
	mu    sync.Mutex
	open  []*Shared[V]
	byTid map[int]*Shared[V] // the last one of each thread id: threads of earlier ones have ended
	gone  int                // how many were removed so far
}

// add enters a share. It reports false if its thread has one.
func (r *registry[V]) add(s *Shared[V]) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find(s.key.tid) {
		return false
	}
	s.at = len(r.open)
	r.open = append(r.open, s)
	r.byTid[s.key.tid] = s
	return true
}

// remove takes a share off, if it was entered.
func (r *registry[V]) remove(s *Shared[V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.at >= len(r.open) || r.open[s.at] != s {
		return
	}
	last := len(r.open) - 1
	r.open[s.at], r.open[last].at = r.open[last], s.at
	r.open[last] = nil // for the collector
	r.open = r.open[:last]
	if r.byTid[s.key.tid] == s {
		delete(r.byTid, s.key.tid)
	}
	r.gone++
}

func (r *registry[V]) all() []*Shared[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.open)
}

func (r *registry[V]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open)
}

// removed counts the shares that were removed so far.
func (r *registry[V]) removed() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// has tells whether a share of a thread is open.
func (r *registry[V]) has(tid int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(tid)
}

// find is has, with the lock held. A share whose thread has ended does not count, should the id be of another thread by now.
func (r *registry[V]) find(tid int) bool {
	s := r.byTid[tid]
	return s != nil && !s.key.reaped()
}
