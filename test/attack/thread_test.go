//go:build !race

package attack

import (
	"testing"

	"kptr/broker/wire"
)

// uses checks that BPF works in the memory of a process on behalf of one of its threads: 0 is the first.
func (p *process) uses(offset, tid int, yes bool) {
	p.t.Helper()
	p.do("write", offset, 1, 2).ok()
	p.do("call", tid).ok()
	p.do("result", offset).gives(map[bool]int64{true: 3}[yes])
}

// shares gives a process's first thread an element, and checks that it works.
func (w *way) shares(t *testing.T, uid uint32) *process {
	t.Helper()
	p := w.actor(t, uid)
	p.do("set", p.pid).ok()
	p.uses(0, 0, true)
	return p
}

// TestAnothersThread: a thread of another user, with an element and without.
func TestAnothersThread(t *testing.T) {
	both(t, func(t *testing.T, w *way) {
		v, a := w.shares(t, victim), w.actor(t, nobody)
		bare := int(v.do("thread").ok())
		for _, tid := range []int{v.pid, bare} {
			a.do("write", 0, 40, 2).ok()
			a.do("set", tid).refusedBy(w, wire.Foreign)
			v.do("call", tid).ok()
			a.do("result", 0).gives(map[string]int64{"pin": 42}[w.kind]) // on behalf of the victim
		}
		v.uses(0, 0, w.kind == "broker")
	})
}

// TestAnothersDelete: the element of another user's thread is deleted.
func TestAnothersDelete(t *testing.T) {
	both(t, func(t *testing.T, w *way) {
		v, a := w.shares(t, victim), w.actor(t, nobody)
		a.do("delete", v.pid).refusedBy(w, wire.Foreign)
		v.uses(0, 0, w.kind == "broker")
	})
}
