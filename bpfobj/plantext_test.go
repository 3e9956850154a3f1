package bpfobj

import (
	"encoding/binary"
	"errors"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/sys"
)

// The order of the fields is that of union bpf_attr (linux/bpf.h).
func TestStepFields(t *testing.T) {
	for _, tt := range []struct {
		name string
		step Step
		want []sys.Field
		text string
	}{
		{
			"no file descriptors", Step{Attr: &sys.MapCreateAttr{MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4}, Yields: true},
			[]sys.Field{{Name: "map_type", Value: "BPF_MAP_TYPE_ARRAY"}, {Name: "key_size", Value: "4"}},
			"BPF_MAP_CREATE(map_type=BPF_MAP_TYPE_ARRAY, key_size=4) = fd",
		},
		{
			"in the place of the field", Step{Attr: &sys.MapCreateAttr{KeySize: 4, BTFKeyTypeID: 2}, Uses: []Use{{Field: "btf_fd", Step: 0}, {Field: "inner_map_fd", Step: 6}}, Yields: true},
			[]sys.Field{{Name: "key_size", Value: "4"}, {Name: "inner_map_fd", Value: "step 7"}, {Name: "btf_fd", Value: "step 1"}, {Name: "btf_key_type_id", Value: "2"}},
			"BPF_MAP_CREATE(key_size=4, inner_map_fd=step 7, btf_fd=step 1, btf_key_type_id=2) = fd",
		},
		{
			"in memory, over what is there", Step{Attr: &sys.MapUpdateElemAttr{Key: sys.Bytes([]byte{1}), Value: sys.Bytes([]byte{0}), KeySize: 1, ValueSize: 1}, Uses: []Use{{Field: "map_fd", Step: 0}, {Field: "value", Step: 1}}},
			[]sys.Field{{Name: "map_fd", Value: "step 1"}, {Name: "key", Value: "01"}, {Name: "value", Value: "step 2"}},
			"BPF_MAP_UPDATE_ELEM(map_fd=step 1, key=01, value=step 2) = 0",
		},
		{
			"in an array", Step{Attr: &sys.ProgLoadAttr{InsnCnt: 2, CoreReloRecSize: 16}, Uses: []Use{{Field: "fd_array[0]", Step: 3}, {Field: "fd_array[1]", Step: 1}}, Yields: true},
			[]sys.Field{{Name: "insn_cnt", Value: "2"}, {Name: "fd_array[0]", Value: "step 4"}, {Name: "fd_array[1]", Value: "step 2"}, {Name: "core_relo_rec_size", Value: "16"}},
			"BPF_PROG_LOAD(insn_cnt=2, fd_array[0]=step 4, fd_array[1]=step 2, core_relo_rec_size=16) = fd",
		},
		{
			"made to be refused", Step{Attr: &sys.MapFreezeAttr{}, Uses: []Use{{Field: "map_fd", Step: 0}}, Expect: syscall.EFAULT},
			[]sys.Field{{Name: "map_fd", Value: "step 1"}}, "BPF_MAP_FREEZE(map_fd=step 1) = EFAULT",
		},
		{"known not to do", Step{Err: errors.New("no such kfunc"), Yields: true}, nil, "not possible: no such kfunc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.step.Fields()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got := tt.step.String(); got != tt.text {
				t.Errorf("String is %q, want %q", got, tt.text)
			}
		})
	}
}

// A thing is loaded when all steps about it were taken: the outer map of a map of
// maps has four, its template and its slot among them.
func TestResults(t *testing.T) {
	p := mustPlan(t, "mapinmap", binary.LittleEndian, nil)
	refusal := errors.New("refused")
	names := []string{"BTF ", "map inner_a", "map inner_b", "map outer_array", "map outer_hash", "program read_inner"}
	for i := -1; i < len(p.Steps); i++ {
		errs := make([]error, len(p.Steps))
		if i >= 0 {
			errs[i] = refusal
		}
		var got []string
		var refused []string
		for _, r := range p.Results(errs) {
			got = append(got, r.Kind+" "+r.Name)
			if r.Err != nil {
				refused = append(refused, r.Kind+" "+r.Name)
			}
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		var want []string
		if i >= 0 {
			want = []string{thingOf(p.Steps[i].Subject)}
		}
		if diff := cmp.Diff(want, refused); diff != "" {
			t.Errorf("step %d (%s): -want +got:\n%s", i+1, p.Steps[i].Subject, diff)
		}
	}
}

// thingOf turns a step's subject into the kind and name that its result has.
func thingOf(subject string) string {
	switch subject {
	case "BTF":
		return "BTF "
	case `map "outer_array.inner"`, `map "outer_array"`, `map "outer_array" slot 0 (map "inner_a")`, `map "outer_array" slot 2 (map "inner_b")`:
		return "map outer_array"
	case `map "outer_hash.inner"`, `map "outer_hash"`:
		return "map outer_hash"
	case `map "inner_a"`:
		return "map inner_a"
	case `map "inner_b"`:
		return "map inner_b"
	}
	return "program read_inner"
}
