package kptr

import (
	"errors"
	"os"

	"kptr/sys"
)

// GCWord mirrors struct kptr_gc of bpfobj/prebuilt/kptr_hint.h: the first word of the runtime's write barrier, which is not 0 exactly
// while the garbage collector marks (setGCPhase, runtime/mgc.go). It is the runtime's: nobody else may store to it.
type GCWord struct{ Marking uint32 }

// GCValue mirrors struct kptr_gc_value, the value of the map "kptr_gc".
type GCValue struct {
	GC *GCWord `btf:"kptr_user"`
}

// A GC is the word of this process's garbage collector, shared.
type GC struct {
	m      *Map[GCValue]
	region *Region
}

// ShareGC has BPF programs see whether this process's garbage collector marks, until Close. It may be called on any thread: the element
// is that of the process, of its first thread, in place of any that this has. Nothing is done at a collection, so it costs nothing,
// and threads that the runtime starts later are covered. Sweeping is not marking.
//
// The errors are those of [Map.Update].
func ShareGC(m *Map[GCValue]) (*GC, error) {
	word := bytesOf(&writeBarrier)
	region, err := m.Vouch("runtime.writeBarrier", word)
	if err != nil {
		return nil, err
	}
	v := GCValue{GC: &writeBarrier}
	if err := m.Update(Process(os.Getpid()), &v, sys.BPF_ANY); err != nil {
		region.Withdraw()
		return nil, err
	}
	return &GC{m, region}, nil
}

// Close takes the element away. One that is gone already is no error.
func (g *GC) Close() error {
	g.region.Withdraw()
	err := g.m.Delete(Process(os.Getpid()))
	if errors.Is(err, ErrNoElement) {
		return nil
	}
	return err
}
