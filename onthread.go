package kptr

import (
	"errors"
	"runtime"
)

// OnThread is for what a goroutine must not do unlocked, since it moves to another thread at any time: share [ThisThread]. It locks the
// goroutine to its thread, shares that, calls f, and undoes both: Shared.Close, UnlockOSThread. Goroutines that f starts run
// elsewhere. It gives the error of Share, or that of f, joined with that of Close if there is one. f may panic.
func (m *Map[V]) OnThread(f func(*Shared[V]) error) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s, err := m.Share(ThisThread())
	if err != nil {
		return err
	}
	defer func() {
		if closing := s.Close(); closing != nil {
			err = errors.Join(err, closing)
		}
	}()
	return f(s)
}
