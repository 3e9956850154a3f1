package bpfobj

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/elf"
)

// What Parse and Plan may allocate, in bytes for each byte of the file and beside
// that. Each function becomes part of up to maxCopies programs on average, with its
// func and line info, and slices double as they grow; maxInsns are free. Plan writes
// a value of up to 64 KiB for each of up to 11 user kptrs of a map.
const (
	fuzzFactor = 2 * maxCopies
	fuzzSlack  = 2*maxInsns*insnSize + 1<<20
)

var parseSentinels = []error{
	ErrFormat,
	elf.ErrNotELF, elf.ErrUnsupported, elf.ErrTruncated, elf.ErrMalformed,
	btf.ErrNotBTF, btf.ErrTruncated, btf.ErrMalformed, btf.ErrUnsupported, btf.ErrTooLarge,
}

// FuzzParse: an error of Parse matches a sentinel, is one line and comes without a
// Spec; the same bytes give the same Spec and stay as they are; Plan makes the same
// of it twice; memory is bounded by the file.
//
// Run it with -fuzzminimizetime=10x: at the default of a minute for each input
// that is new, minimizing takes all of the time.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.o")
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range append(paths, "prebuilt/task_local.bpfel.o", "prebuilt/task_local.bpfeb.o") {
		b, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	little, big := recordedKernel(f, binary.LittleEndian), recordedKernel(f, binary.BigEndian)
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		var spec *Spec
		var err error
		limit := uint64(fuzzFactor*len(b) + fuzzSlack)
		if got := allocated(func() { spec, err = Parse(b) }); got > limit {
			t.Errorf("Parse takes %d bytes of heap for a file of %d, want at most %d", got, len(b), limit)
		}
		again, err2 := Parse(before)
		if !bytes.Equal(b, before) {
			t.Error("Parse changed its input")
		}
		if err != nil {
			checkFuzzError(t, spec, err, err2)
			return
		}
		if !reflect.DeepEqual(spec, again) {
			t.Error("the second Spec differs")
		}
		k := little
		if spec.ByteOrder == big.ByteOrder {
			k = big
		}
		checkFuzzPlan(t, spec, k)
		if !reflect.DeepEqual(spec, again) {
			t.Error("Plan changed the Spec")
		}
	})
}

func checkFuzzError(t *testing.T, spec *Spec, err, again error) {
	if spec != nil {
		t.Errorf("a Spec beside the error %v", err)
	}
	if again == nil || again.Error() != err.Error() {
		t.Errorf("the second error is %v, the first %v", again, err)
	}
	known := false
	for _, sentinel := range parseSentinels {
		known = known || errors.Is(err, sentinel)
	}
	if !known || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q matches no sentinel, or is of several lines", err)
	}
}

// checkFuzzPlan makes a plan twice, and walks what a user can ask of it.
func checkFuzzPlan(t *testing.T, spec *Spec, k *Kernel) {
	opts := &Options{AllPrograms: true, KeepGoing: true, PinDir: "/proc/no_bpffs"}
	one, err1 := spec.Plan(k, opts)
	two, err2 := spec.Plan(k, opts)
	if (err1 == nil) != (err2 == nil) || err1 != nil && err1.Error() != err2.Error() {
		t.Fatalf("Plan: %v, and then %v", err1, err2)
	}
	if err1 != nil {
		if one != nil {
			t.Errorf("a Plan beside the error %v", err1)
		}
		return
	}
	if one.String() != two.String() {
		t.Error("the second Plan differs")
	}
	for i := range one.Steps {
		for _, u := range one.Steps[i].Uses {
			if u.Step < 0 || u.Step >= i || !one.Steps[u.Step].Yields {
				t.Errorf("step %d uses step %d", i, u.Step)
			}
		}
	}
	for v := range spec.variables {
		var n uint64
		v.Get(&n) // whether the types agree is not the question
	}
}

// allocated gives the bytes of heap that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestMemory: real objects take a few times their size, whatever .bss claims.
func TestMemory(t *testing.T) {
	for _, tt := range parseTests {
		b := readObject(t, tt.object, binary.LittleEndian)
		limit := uint64(4*len(b) + 64<<10)
		if got := allocated(func() { mustParse(t, b) }); got > limit {
			t.Errorf("%s: %d bytes of heap for %d, want at most %d", tt.object, got, len(b), limit)
		}
	}
	im := takeApart(t, readObject(t, "globals", binary.LittleEndian))
	im.section(".bss").size = maxDataSection
	b := im.write()
	k := recordedKernel(t, binary.LittleEndian)
	got := allocated(func() {
		spec := mustParse(t, b)
		if _, err := spec.Plan(k, nil); err != nil {
			t.Error(err)
		}
	})
	if limit := uint64(4*len(b) + 64<<10); got > limit {
		t.Errorf(".bss of 2 GiB: %d bytes of heap, want at most %d", got, limit)
	}
}
