package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/sys"
)

// What Parse and Plan may each allocate, in bytes for each byte of the file and beside that.
const (
	memoryFactor = 64
	memorySlack  = 5 << 20
)

// Errors that say what a mutant has shown.
var (
	errChanged = errors.New("the input has changed")
	errTwice   = errors.New("the second time differs")
	errMemory  = errors.New("too much memory")
	errError   = errors.New("bad error")
)

// planned is the class of a mutant that every step of a plan was made for.
const planned = "planned"

// A finding is what Parse and Plan made of some bytes.
type finding struct {
	parsed bool
	class  string  // planned, or of the first refusal
	factor float64 // the bytes of heap that Parse or Plan took, for each byte of the file, if it has more than 1 KiB
}

// inspect has bytes parsed and planned for, each twice. The error says what should not be.
func inspect(b []byte, k *bpfobj.Kernel) (found finding, err error) {
	before := bytes.Clone(b)
	var spec *bpfobj.Spec
	var refused error
	if err := found.bounded(b, func() { spec, refused = bpfobj.Parse(b) }); err != nil {
		return found, fmt.Errorf("of Parse: %w", err)
	}
	again, refusedAgain := bpfobj.Parse(before)
	switch {
	case !bytes.Equal(b, before):
		return found, fmt.Errorf("of Parse: %w", errChanged)
	case !reflect.DeepEqual(spec, again) || fmt.Sprint(refused) != fmt.Sprint(refusedAgain):
		return found, fmt.Errorf("of Parse: %w: %v, and then %v", errTwice, refused, refusedAgain)
	case refused != nil && spec != nil:
		return found, fmt.Errorf("%w: a Spec beside %v", errError, refused)
	case refused != nil:
		found.class = classOf(refused)
		return found, checkError(refused)
	}
	found.parsed = true
	readVariables(spec)
	err = found.plan(b, spec, k)
	if err == nil && !reflect.DeepEqual(spec, again) {
		err = fmt.Errorf("of Plan: %w", errChanged)
	}
	return found, err
}

// readVariables asks for every variable, by the names that an error lists, and for every member of a struct_ops.
func readVariables(spec *bpfobj.Spec) {
	var value uint64 // whether the types agree is not the question
	var missing *bpfobj.NotFoundError
	if errors.As(spec.Variable("").Get(&value), &missing) {
		for _, name := range missing.Have {
			spec.Variable(name).Get(&value)
		}
	}
	for i := range spec.Maps {
		if m := &spec.Maps[i]; m.Type == sys.BPF_MAP_TYPE_STRUCT_OPS {
			for id := range spec.Types().Len() {
				for _, member := range spec.Types().Type(btf.ID(id)).Members {
					spec.Variable(m.Name + "." + member.Name).Get(&value)
				}
			}
		}
	}
}

// bounded runs f and looks at what it has allocated.
func (found *finding) bounded(b []byte, f func()) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	found.factor = max(found.factor, float64(got)/float64(max(len(b), 1<<10)))
	if limit := uint64(memoryFactor*len(b) + memorySlack); got > limit {
		return fmt.Errorf("%w: %d bytes for a file of %d, at most %d", errMemory, got, len(b), limit)
	}
	return nil
}

func (found *finding) plan(b []byte, spec *bpfobj.Spec, k *bpfobj.Kernel) error {
	opts := &bpfobj.Options{AllPrograms: true, KeepGoing: true, PinDir: "/proc/no_bpffs"}
	var plan *bpfobj.Plan
	var refused error
	if err := found.bounded(b, func() { plan, refused = spec.Plan(k, opts) }); err != nil {
		return fmt.Errorf("of Plan: %w", err)
	}
	again, refusedAgain := spec.Plan(k, opts)
	if fmt.Sprint(refused) != fmt.Sprint(refusedAgain) {
		return fmt.Errorf("of Plan: %w: %v, and then %v", errTwice, refused, refusedAgain)
	}
	if refused != nil {
		found.class = classOf(refused)
		if plan != nil {
			return fmt.Errorf("%w: a Plan beside %v", errError, refused)
		}
		return checkError(refused)
	}
	found.class = planned
	c := planChecker{spec: spec, plan: plan}
	for i := range plan.Steps {
		err := plan.Steps[i].Err
		if err != nil && found.class == planned {
			found.class = classOf(err)
		}
		if err := c.step(i, &again.Steps[i]); err != nil {
			return fmt.Errorf("step %d, %s: %w", i, plan.Steps[i].Subject, err)
		}
	}
	return nil
}
