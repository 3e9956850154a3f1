package hostile

import (
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"kptr/bpfobj"
)

var (
	forTime = flag.Duration("for", 0, "make mutants for this `time`")
	only    = flag.String("object", "", "make mutants of this `object` alone, as in the corpus: uptr_kptr.bpfel.o")
	first   = flag.Uint64("seed", 0, "begin with this `number`")
	count   = flag.Uint64("seeds", 50, "try so `many` of each object, if not for a time")
)

// maxShown is how many failures are described; the others are counted.
const maxShown = 20

// hang is how long one mutant may take: far longer than any does, however busy the machine is.
const hang = time.Minute

// TestMutants: of each mutant the loader makes the same twice, in little memory; it refuses with an error that is in order, or
// plans attributes that are.
func TestMutants(t *testing.T) {
	var objects []Object
	kernels := make(map[binary.ByteOrder]*bpfobj.Kernel)
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		all, err := Objects(order)
		if err != nil {
			t.Fatal(err)
		}
		if kernels[order], err = Kernel(order, all); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, slices.DeleteFunc(all, func(o Object) bool { return *only != "" && o.Name != *only })...)
	}
	if len(objects) == 0 {
		t.Fatalf("the corpus has no object %q", *only)
	}
	s := statistics{classes: make(map[string]int), start: time.Now()}
	defer s.log(t)
	for seed := *first; *forTime > 0 && time.Since(s.start) < *forTime || *forTime == 0 && seed < *first+*count; seed++ {
		for i := range objects {
			s.mutant(t, &objects[i], seed, kernels[analyse(objects[i].Bytes).order])
		}
	}
}

// statistics are what is reported at the end.
type statistics struct {
	start          time.Time
	mutants        int
	parsed, failed int
	classes        map[string]int
	factor         float64 // the largest
	factorOf       string
	slowest        time.Duration
	slowestOf      string
}

func (s *statistics) mutant(t *testing.T, o *Object, seed uint64, k *bpfobj.Kernel) {
	m := Mutate(o.Bytes, seed)
	name := fmt.Sprintf("-object %s -seed %d", o.Name, seed)
	watchdog := time.AfterFunc(hang, func() { panic(fmt.Sprintf("hangs: %s: %s", name, strings.Join(m.Done, "; "))) })
	start := time.Now()
	found, err := caught(m.Bytes, k)
	took := time.Since(start)
	if took > s.slowest { // if it was not another program's turn
		start = time.Now()
		caught(m.Bytes, k)
		took = min(took, time.Since(start))
	}
	watchdog.Stop()
	if err != nil {
		if s.failed++; s.failed <= maxShown {
			t.Errorf("%s: %s: %v", name, strings.Join(m.Done, "; "), err)
		}
	}
	s.mutants++
	s.classes[found.class]++
	if found.parsed {
		s.parsed++
	}
	if found.factor > s.factor {
		s.factor, s.factorOf = found.factor, name
	}
	if took > s.slowest {
		s.slowest, s.slowestOf = took, name
	}
}

// caught is inspect, with a panic for an error.
func caught(b []byte, k *bpfobj.Kernel) (found finding, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return inspect(b, k)
}

func (s *statistics) log(t *testing.T) {
	t.Logf("%d mutants in %v: %d parsed, %d failed", s.mutants, time.Since(s.start).Round(time.Second), s.parsed, s.failed)
	for _, class := range slices.SortedFunc(maps.Keys(s.classes), func(a, b string) int { return s.classes[b] - s.classes[a] }) {
		t.Logf("%9d %s", s.classes[class], class)
	}
	t.Logf("most heap: %.1f bytes for each of the file (%s); longest: %v (%s)", s.factor, s.factorOf, s.slowest.Round(time.Millisecond), s.slowestOf)
}

// TestSameMutant: a seed stands for one mutant.
func TestSameMutant(t *testing.T) {
	objects, err := Objects(binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	different := make(map[string]bool)
	for seed := range uint64(100) {
		a, b := Mutate(objects[0].Bytes, seed), Mutate(objects[0].Bytes, seed)
		if string(a.Bytes) != string(b.Bytes) || !slices.Equal(a.Done, b.Done) {
			t.Fatalf("seed %d: %v, and then %v", seed, a.Done, b.Done)
		}
		different[string(a.Bytes)] = true
	}
	if len(different) < 80 {
		t.Errorf("100 seeds make %d mutants", len(different))
	}
}
