//go:build guest

package hostile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// How many mutants are loaded: such that every step could be planned for, and such as they come.
const (
	plannedMutants = 2000
	rawMutants     = 500
	batch          = 100             // after which maps, programs and BTFs are counted
	longEnough     = 5 * time.Minute // where QEMU translates, that is the end before all have been loaded
)

// TestLoad has the kernel load mutants, with the build tag "guest" alone: it is for a machine that may panic.
//
// Linux 6.12.117, 6.19.14 and 7.2.13 do, of call_timer.bpfel.o with seed 6734, which hands bpf_wq_init() what is no map.
func TestLoad(t *testing.T) {
	kerneltest.NeedLinux(t, "7.3", "a verifier that looks at what is no map before it takes it for one (check_kfunc_call)")
	l := loads{t: t, outcomes: make(map[string]int), start: time.Now()}
	var err error
	if l.running, err = bpfobj.Running(); err != nil {
		t.Fatal(err)
	}
	defer l.running.Close()
	if l.objects, err = Objects(l.running.ByteOrder); err != nil {
		t.Fatal(err)
	}
	if l.madeUp, err = Kernel(l.running.ByteOrder, l.objects); err != nil {
		t.Fatal(err)
	}
	if l.running.Tag, err = bpfobj.HonouredTag(); err != nil {
		l.running.Tag = bpfobj.TagUptr // before Linux 6.13: steps will be refused
	}
	sys.SetTrace(func(a sys.Attr, _ int, _ error) {
		l.calls++
		if _, err := checkAttr(a); err != nil {
			t.Error(err)
		}
	})
	defer sys.SetTrace(nil)
	l.run("planned", plannedMutants, l.planned)
	l.run("raw", rawMutants, l.raw)
	t.Logf("%d mutants tried by %d bpf(2) calls, the longest for %v (%s)", l.tried, l.calls, l.longest.Round(time.Millisecond), l.longestOf)
	for _, outcome := range slices.Sorted(maps.Keys(l.outcomes)) {
		t.Logf("%5d %s", l.outcomes[outcome], outcome)
	}
}

// loads loads mutants.
type loads struct {
	t               *testing.T
	objects         []Object
	madeUp, running *bpfobj.Kernel
	next            uint64 // of all mutants
	start           time.Time
	tried, calls    int
	outcomes        map[string]int
	longest         time.Duration
	longestOf       string
}

// run tries so many mutants, in batches that leave nothing behind.
func (l *loads) run(kind string, n int, try func(b []byte) string) {
	for done := 0; done < n && time.Since(l.start) < longEnough; done += batch {
		l.t.Run(fmt.Sprint(kind, " from ", done), func(t *testing.T) {
			kerneltest.NoLeaks(t)
			for i := 0; i < batch; l.next++ {
				o := &l.objects[l.next%uint64(len(l.objects))]
				m := Mutate(o.Bytes, l.next)
				name := fmt.Sprintf("-object %s -seed %d", o.Name, l.next)
				if err := l.one(kind, m, try, name); err == errNotWanted {
					continue
				} else if err != nil {
					t.Errorf("%s: %s: %v", name, strings.Join(m.Done, "; "), err)
				}
				i++
			}
		})
	}
}

var (
	errNotWanted = errors.New("not wanted here")
	errLeft      = errors.New("left behind")
)

// one tries one mutant, on a kernel whose log names it, should it be the last.
func (l *loads) one(kind string, m Mutant, try func([]byte) string, name string) error {
	found, err := inspect(m.Bytes, l.madeUp)
	if err == nil && (found.class != planned && kind == "planned" || tooLarge(m.Bytes)) {
		err = errNotWanted
	}
	if err != nil {
		return err
	}
	if err := os.WriteFile("/dev/kmsg", []byte("<6>"+name), 0); err != nil {
		return err
	}
	watchdog := time.AfterFunc(hang, func() { panic("hangs: " + name) })
	defer watchdog.Stop()
	before, err := kerneltest.FDs()
	if err != nil {
		return err
	}
	start := time.Now()
	outcome := try(m.Bytes)
	if took := time.Since(start); took > l.longest {
		l.longest, l.longestOf = took, name
	}
	l.tried++
	l.outcomes[kind+": "+outcome]++
	after, err := kerneltest.FDs()
	if err == nil && len(after) != len(before) {
		err = fmt.Errorf("%w: %d fds, %d before", errLeft, len(after), len(before))
	}
	pins, readErr := os.ReadDir(pinDir)
	if len(pins) > 0 {
		err = errors.Join(err, fmt.Errorf("%w: pin %s", errLeft, pins[0].Name()))
	}
	return errors.Join(err, readErr)
}

// pinDir is the directory that kerneltest mounts a bpffs on.
const pinDir = "/sys/fs/bpf"

// planned tries each step, and then loads.
func (l *loads) planned(b []byte) string {
	spec, err := bpfobj.Parse(b)
	if err != nil {
		return outcomeOf(err)
	}
	plan, err := spec.Plan(l.running, &bpfobj.Options{AllPrograms: true, KeepGoing: true})
	if err != nil {
		return outcomeOf(err)
	}
	for _, err := range plan.Try() {
		if err != nil {
			return outcomeOf(err)
		}
	}
	return l.loaded(plan.Load())
}

// raw is what a user does.
func (l *loads) raw(b []byte) string {
	return l.loaded(bpfobj.Load(b, &bpfobj.Options{AllPrograms: true}))
}

// loaded gives up what was loaded. What the object pins stays, as it should, until it is removed.
func (l *loads) loaded(obj *bpfobj.Object, err error) string {
	if err != nil {
		return outcomeOf(err)
	}
	for _, m := range obj.Maps() {
		os.Remove(pinDir + "/" + m.Name()) // most have none
	}
	if err := obj.Close(); err != nil {
		l.t.Errorf("Close: %v", err)
	}
	return "loaded"
}

func outcomeOf(err error) string {
	var verifier *bpfobj.VerifierError
	var call *sys.Error
	switch class := classOf(err); {
	case errors.As(err, &verifier) && verifier.Subject == "BTF":
		return "refused by the kernel: BTF"
	case errors.As(err, &verifier):
		return "refused by the kernel: program"
	case errors.As(err, &call):
		return "refused by the kernel: " + call.Cmd.String()
	case class != "":
		return "refused by us: " + class
	}
	return "refused by us: " + err.Error()
}

// largest is what the maps of a mutant may take together, in bytes: more is the kernel's own to refuse or to run out of.
const largest = 64 << 20

// tooLarge tells whether maps of this object would fill the machine's memory.
func tooLarge(b []byte) bool {
	spec, err := bpfobj.Parse(b)
	if err != nil {
		return false
	}
	room := uint64(largest)
	for i := range spec.Maps {
		m := &spec.Maps[i]
		const overhead = 64 // of an element of a hash table
		element, n := uint64(m.KeySize)+uint64(m.ValueSize)+overhead, max(uint64(m.MaxEntries), 1)
		if element > room/n {
			return true
		}
		room -= element * n
	}
	return false
}
