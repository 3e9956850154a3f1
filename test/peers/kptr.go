package peers

import (
	"slices"

	"kptr/bpfobj"
)

// loadKptr loads an object with this project's loader: each map and program that can be, programs under '?' included.
func loadKptr(b []byte) (*outcome, error) {
	out := newOutcome()
	spec, err := bpfobj.Parse(b)
	if err != nil {
		out.err = err
		return out, nil
	}
	k, err := bpfobj.Running()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	if k.Tag, err = bpfobj.HonouredTag(); err != nil {
		return nil, err
	}
	plan, err := spec.Plan(k, &bpfobj.Options{AllPrograms: true, KeepGoing: true})
	if err != nil {
		out.err = err
		return out, nil
	}
	for _, r := range plan.Results(plan.Try()) {
		if r.Kind != "BTF" {
			out.readings[r.Kind+" "+r.Name] = reading{err: r.Err}
		}
	}
	return out, readKptr(spec, out)
}

// readKptr loads what was seen to load, and asks the kernel about it. Where a map was refused there is nothing to ask: an
// object is loaded with all of its maps.
func readKptr(spec *bpfobj.Spec, out *outcome) error {
	for i := range spec.Maps {
		if out.readings[mapSubject(spec.Maps[i].Name)].err != nil {
			return nil
		}
	}
	spec.Programs = slices.DeleteFunc(slices.Clone(spec.Programs), func(p bpfobj.ProgramSpec) bool {
		return out.readings[programSubject(p.Name)].err != nil
	})
	obj, err := spec.Load(&bpfobj.Options{AllPrograms: true})
	if err != nil {
		return err
	}
	defer obj.Close()
	for _, m := range obj.Maps() {
		fd, err := m.FD()
		if err != nil {
			return err
		}
		out.readings[mapSubject(m.Name())] = readMap(fd)
	}
	for _, p := range obj.Programs() {
		fd, err := p.FD()
		if err != nil {
			return err
		}
		out.readings[programSubject(p.Name())] = readProgram(fd)
	}
	return nil
}
