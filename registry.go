package kptr

import "sync"

// A registry holds the open shares of a map, one of a thread at most, in lists by the low bits of the thread id: ids are given
// out one after the other, so that no better hash is needed.
type registry[V any] struct {
	mu    sync.Mutex
	lists []*Shared[V] // a power of two
	n     int
	gone  int // how many were removed so far
}

// add enters a share. It reports false if its thread has one.
func (r *registry[V]) add(s *Shared[V]) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find(s.key.tid) {
		return false
	}
	if r.n == len(r.lists) {
		entered := r.list()
		r.lists = make([]*Shared[V], max(16, 2*r.n))
		for _, s := range entered {
			r.link(s)
		}
	}
	r.link(s)
	r.n++
	return true
}

// at is where the list of a thread id begins; there is one once a share was added.
func (r *registry[V]) at(tid int) **Shared[V] { return &r.lists[tid&(len(r.lists)-1)] }

func (r *registry[V]) link(s *Shared[V]) {
	first := r.at(s.key.tid)
	s.next, *first = *first, s
}

func (r *registry[V]) remove(s *Shared[V]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.at(s.key.tid)
	for *p != s {
		p = &(*p).next
	}
	*p, s.next = s.next, nil
	r.n--
	r.gone++
}

func (r *registry[V]) all() []*Shared[V] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.list()
}

// list is all, with the lock held.
func (r *registry[V]) list() []*Shared[V] {
	shares := make([]*Shared[V], 0, r.n)
	for _, s := range r.lists {
		for ; s != nil; s = s.next {
			shares = append(shares, s)
		}
	}
	return shares
}

func (r *registry[V]) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
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
	if r.n == 0 {
		return false
	}
	for s := *r.at(tid); s != nil; s = s.next {
		if s.key.tid == tid && !s.key.reaped() {
			return true
		}
	}
	return false
}
