package kptr

import (
	"slices"
	"sync"
)

// A registry lists the open shares of a map.
type registry[V any] struct {
	mu     sync.Mutex
	shares []*Shared[V]
}

// add enters a share. It reports false if it is to be the only open one of its thread, and is not.
func (r *registry[V]) add(s *Shared[V], only bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if only && r.find(s.key.tid) {
		return false
	}
	s.at = len(r.shares)
	r.shares = append(r.shares, s)
	return true
}

func (r *registry[V]) remove(s *Shared[V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.shares) - 1
	r.shares[s.at] = r.shares[last]
	r.shares[s.at].at = s.at
	r.shares[last] = nil
	r.shares = r.shares[:last]
}

func (r *registry[V]) all() []*Shared[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.shares)
}

func (r *registry[V]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.shares)
}

// has tells whether a share of a thread is open.
func (r *registry[V]) has(tid int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.find(tid)
}

// find is has, with the lock held. A share whose thread has ended does not count, should the id be of another thread by now.
func (r *registry[V]) find(tid int) bool {
	return slices.ContainsFunc(r.shares, func(s *Shared[V]) bool { return s.key.tid == tid && !s.key.reaped() })
}
