package peers

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/cilium/ebpf"

	"kptr/sys"
)

// loadCilium loads an object with cilium/ebpf, each map and program by itself with what it refers to.
func loadCilium(b []byte) (*outcome, error) {
	out := newOutcome()
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(b))
	if err != nil {
		out.err = err
		return out, nil
	}
	for name := range spec.Maps {
		out.readings[mapSubject(name)] = loadMap(spec, name)
	}
	for name := range spec.Programs {
		out.readings[programSubject(name)] = loadProgram(spec, name)
	}
	return out, nil
}

func loadMap(spec *ebpf.CollectionSpec, name string) reading {
	want := []string{name}
	if spec.Maps[name].Type == ebpf.StructOpsMap { // which is filled with the programs that were asked for
		for p := range spec.Programs {
			want = append(want, p)
		}
	}
	loaded, err := load(spec, want)
	if err != nil {
		return reading{err: err}
	}
	defer loaded.close()
	return readFD(loaded.Field(0).Interface().(*ebpf.Map).FD(), readMap)
}

func loadProgram(spec *ebpf.CollectionSpec, name string) reading {
	loaded, err := load(spec, []string{name})
	if err != nil {
		return reading{err: err}
	}
	defer loaded.close()
	return readFD(loaded.Field(0).Interface().(*ebpf.Program).FD(), readProgram)
}

// collection is a struct with a field for each map and program, in the order asked for.
type collection struct{ reflect.Value }

// load has LoadAndAssign load maps and programs by name, and nothing that those do not need.
func load(spec *ebpf.CollectionSpec, names []string) (collection, error) {
	var fields []reflect.StructField
	for i, name := range names {
		t := reflect.TypeFor[*ebpf.Program]()
		if spec.Maps[name] != nil {
			t = reflect.TypeFor[*ebpf.Map]()
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprint("F", i), Type: t, Tag: reflect.StructTag(`ebpf:"` + name + `"`),
		})
	}
	to := reflect.New(reflect.StructOf(fields))
	err := spec.Copy().LoadAndAssign(to.Interface(), nil)
	return collection{to.Elem()}, err
}

func (c collection) close() {
	for i := range c.NumField() {
		c.Field(i).Interface().(interface{ Close() error }).Close()
	}
}

func readFD(n int, read func(*sys.FD) reading) reading {
	fd, err := sys.DupFD(n)
	if err != nil {
		return reading{err: err}
	}
	defer fd.Close()
	return read(fd)
}
