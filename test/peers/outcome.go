package peers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"syscall"

	"kptr/sys"
)

// A fact is one thing to compare: a verdict, or what the kernel says about what was loaded.
type fact struct{ field, value string }

// A reading is what a loader made of one map or program.
type reading struct {
	err   error  // why it was refused; nil if it was loaded
	facts []fact // nil also of what was loaded, where the loader gives no way to ask
}

// Values of the field verdict.
const (
	verdict = "verdict"
	loads   = "loads"
	refused = "refused"
	unknown = "not there" // the loader does not take the object to have such a thing
)

// An outcome is what a loader made of an object: a reading for each map and program, such as "map datamap".
type outcome struct {
	err      error // why the object as a whole was refused
	readings map[string]reading
}

func newOutcome() *outcome { return &outcome{readings: make(map[string]reading)} }

func mapSubject(name string) string     { return "map " + name }
func programSubject(name string) string { return "program " + name }

// whole is the subject of an object of which neither loader lists any map or program.
const whole = "object"

// subjects lists what the loaders have found in the object.
func subjects(outcomes ...*outcome) []string {
	all := make(map[string]bool)
	for _, o := range outcomes {
		for s := range o.readings {
			all[s] = true
		}
	}
	if len(all) == 0 {
		return []string{whole}
	}
	return slices.Sorted(maps.Keys(all))
}

// of gives the reading of a subject. Of an object that is refused as a whole each is refused.
func (o *outcome) of(subject string) (reading, bool) {
	if o.err != nil {
		return reading{err: o.err}, true
	}
	r, ok := o.readings[subject]
	return r, ok
}

// A finding is one thing in which two loaders differ.
type finding struct{ subject, field, ours, theirs string }

// compare lists what differs: the verdict, else the errno where the kernel refused both, else what the kernel says.
func compare(ours, theirs *outcome) []finding {
	var found []finding
	for _, subject := range subjects(ours, theirs) {
		a, b := ours.factsOf(subject), theirs.factsOf(subject)
		if a[0] != b[0] {
			a, b = a[:1], b[:1] // what follows depends on the verdict
		}
		for i := range min(len(a), len(b)) {
			if a[i].value != b[i].value {
				found = append(found, finding{subject, a[i].field, a[i].value, b[i].value})
			}
		}
	}
	return found
}

// factsOf starts with the verdict.
func (o *outcome) factsOf(subject string) []fact {
	r, ok := o.of(subject)
	if !ok {
		return []fact{{verdict, unknown}}
	}
	facts := []fact{{verdict, loads}}
	if r.err != nil {
		facts[0].value = refused
	}
	var errno syscall.Errno
	if errors.As(r.err, &errno) {
		return append(facts, fact{"errno", sys.ErrnoName(errno)})
	}
	return append(facts, r.facts...)
}

// readMap asks the kernel about a map.
func readMap(fd *sys.FD) reading {
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		return reading{err: err}
	}
	return reading{facts: []fact{
		{"type", info.Type.String()},
		{"key_size", fmt.Sprint(info.KeySize)},
		{"value_size", fmt.Sprint(info.ValueSize)},
		{"max_entries", fmt.Sprint(info.MaxEntries)},
		{"map_flags", info.MapFlags.String()},
		{"map_extra", fmt.Sprint(info.MapExtra)},
		{"name", info.Name.String()},
		{"key has BTF", fmt.Sprint(info.BTFKeyTypeID != 0)},
		{"value has BTF", fmt.Sprint(info.BTFValueTypeID != 0 || info.BTFVmlinuxValueTypeID != 0)},
	}}
}

// readProgram asks the kernel about a program.
func readProgram(fd *sys.FD) reading {
	var info sys.ProgInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		return reading{err: err}
	}
	const insnSize = 8 // struct bpf_insn
	return reading{facts: []fact{
		{"type", info.Type.String()},
		{"name", info.Name.String()},
		{"translated instructions", fmt.Sprint(info.XlatedProgLen / insnSize)},
		{"maps", fmt.Sprint(info.NrMapIDs)},
	}}
}
