package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/test/sched/measure"
)

// state says whether a sched_ext scheduler is active (Documentation/scheduler/sched-ext.rst).
const state = "/sys/kernel/sched_ext/state"

// scheduler is the one that a workload runs under, nil for the kernel's own.
type scheduler struct{ object *bpfobj.Object }

// loadScheduler loads this project's, which pins the maps that programs register in. It is not active yet.
func loadScheduler(hints bool) (*scheduler, error) {
	k, err := bpfobj.Running()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	spec, err := bpfobj.Parse(prebuilt.Scheduler())
	if err != nil {
		return nil, err
	}
	if err := errors.Join(spec.SetEnums(k, "__SCX_"), spec.Variable("hints_on").Set(hints)); err != nil {
		return nil, err
	}
	object, err := spec.Load(&bpfobj.Options{PinDir: pins})
	if err != nil {
		return nil, err
	}
	return &scheduler{object}, nil
}

func startScheduler(name string) (*scheduler, error) {
	if name == measure.Default {
		return nil, isState("disabled")
	}
	s, err := loadScheduler(name == measure.HintsOn)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.object.Attach(), isState("enabled")); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

var errState = errors.New("the scheduler's state")

func isState(want string) error {
	b, err := os.ReadFile(state)
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(b)); got != want {
		return fmt.Errorf("%w is %s, not %s", errState, got, want)
	}
	return nil
}

// check finds a scheduler that has been thrown out meanwhile, and says why it was.
func (s *scheduler) check() error {
	if s == nil {
		return isState("disabled")
	}
	err := isState("enabled")
	if err == nil {
		return nil
	}
	var info struct {
		Kind    int32
		Code    int64
		Reason  [128]byte
		Message [1024]byte
	}
	if err := s.object.Variable("exit_info").Get(&info); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s: %s", err, text(info.Reason[:]), text(info.Message[:]))
}

// text is what stands before the first zero byte.
func text(b []byte) string {
	before, _, _ := bytes.Cut(b, []byte{0})
	return string(before)
}

func (s *scheduler) stop() error {
	if s == nil {
		return nil
	}
	return s.object.Close()
}
