package kptr

import (
	"errors"
	"fmt"
	"reflect"
	"syscall"
	"time"

	"kptr/broker/wire"
	"kptr/btf"
	"kptr/sys"
)

// Dial is Open for a program that does not have the map: it connects to the Unix socket of a broker (package broker), which does. It takes
// write permission on the socket, and compares V with the BTF that the broker sends. All else is as with a map of one's own,
// but that
//
//   - a task is one of this process also for [Map.Lookup], [Map.Delete] and [Map.Update]; another one gives [ErrForeign];
//   - [Map.Update] takes blocks of shares, and no vouched memory: [ErrBroker];
//   - the broker may refuse for a quota, [ErrQuota], and its error names the quota and the limit.
//
// Shares go on without the broker: what is stored in them BPF sees, whether it is there or not. What needs it fails with [ErrLost]
// meanwhile; a share that is closed then loses its element when the broker comes back or has found out that the connection is
// gone. Once a broker listens at path again, the map connects and gives it the open shares anew, on its own.
func Dial[V any](path string, opts ...Option) (*Map[V], error) {
	c, err := newClient(path)
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*Map[V], error) { return nil, errors.Join(fmt.Errorf("%s: %w", path, err), c.close()) }
	types, err := btf.Decode(c.blob)
	if err != nil {
		return fail(err)
	}
	fields, err := check(c.about.Name, types, btf.ID(c.about.ValueType), int(c.about.ValueSize), reflect.TypeFor[V]())
	if err != nil {
		return fail(err)
	}
	m := newMap[V](c.about.Name, c, fields, opts)
	c.asking.Lock()
	c.fields, c.again = fields, m.again
	c.asking.Unlock()
	return m, nil
}

// again gives a new broker the open shares, as the last one had them.
func (m *Map[V]) again() {
	for _, s := range m.shares.all() {
		s.mu.Lock()
		for pause := time.Millisecond; s.slots != nil; pause *= 2 {
			if err := m.backend.update(&s.key, bytesOf(&s.wire), sys.BPF_ANY); !errors.Is(err, syscall.EAGAIN) || pause > time.Second {
				break // EAGAIN: too many at a time
			}
			time.Sleep(pause)
		}
		s.mu.Unlock()
	}
}

// A refusal is what the broker says.
type refusal struct{ said *wire.Error }

func (r refusal) Error() string { return r.said.Error() }

// Is matches the rule.
func (r refusal) Is(target error) bool { return target == r.rule() && target != nil }

func (r refusal) Unwrap() error { return r.said }

// ruleOf has the rules of this package that the broker holds to too. Where the kernel refused, its errno tells.
var ruleOf = map[wire.Reason]error{
	wire.Foreign: ErrForeign, wire.Gone: ErrTaskGone, wire.NotPidfd: ErrNotPidfd, wire.Taken: ErrExists, wire.Kernel: nil,
}

// rule is the one of this package; nil if the errno, the kernel's, tells.
func (r refusal) rule() error {
	rule, known := ruleOf[r.said.Reason]
	switch {
	case known:
		return rule
	case r.said.Reason.IsQuota():
		return ErrQuota
	}
	return ErrBroker
}
