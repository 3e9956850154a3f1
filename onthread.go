package kptr

import (
	"errors"
	"runtime"
)

// OnThread locks the calling goroutine to its thread, shares that thread, calls f, and undoes both: Shared.Close, UnlockOSThread.
// It gives the error of Share, or that of f, joined with that of Close if there is one. f may panic.
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
