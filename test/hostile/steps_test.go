package hostile

import (
	"encoding/binary"
	"testing"

	"kptr/bpfobj"
	"kptr/sys"
)

// TestSteps: a plan is as it should be, and is found not to be once one thing in it is changed.
func TestSteps(t *testing.T) {
	objects, err := Objects(binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	k, err := Kernel(binary.LittleEndian, objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(s *bpfobj.Step) (changed bool)
	}{
		{"nothing", nil},
		{"BTF cut", on(func(a *sys.BTFLoadAttr) { a.BTFSize-- })},
		{"type that the BTF lacks", on(func(a *sys.MapCreateAttr) { a.BTFValueTypeID = 1 << 20 })},
		{"larger key", on(func(a *sys.MapUpdateElemAttr) { a.KeySize++ })},
		{"no value", on(func(a *sys.MapUpdateElemAttr) { a.ValueSize = 0 })},
		{"fewer instructions", on(func(a *sys.ProgLoadAttr) { a.InsnCnt-- })},
		{"other instructions", on(func(a *sys.ProgLoadAttr) { a.Insns = sys.Bytes(make([]byte, 8*a.InsnCnt)) })},
		{"records of another size", on(func(a *sys.ProgLoadAttr) { a.FuncInfoRecSize, a.FuncInfoCnt = 4, a.FuncInfoCnt*2 })},
		{"record beyond the program", on(func(a *sys.ProgLoadAttr) {
			memory(a.LineInfo, 16)[3] = 1 // insn_off
		})},
		{"use of itself", func(s *bpfobj.Step) bool {
			if len(s.Uses) > 0 {
				s.Uses[0].Step = 1 << 10
			}
			return len(s.Uses) > 0
		}},
		{"a map that is not listed", func(s *bpfobj.Step) bool {
			_, program := s.Attr.(*sys.ProgLoadAttr)
			if program {
				s.Uses = nil
			}
			return program
		}},
	} {
		if found := findings(t, objects, k, tt.change); found == 0 != (tt.change == nil) {
			t.Errorf("%s: %d findings", tt.name, found)
		}
	}
}

// on changes the attributes of one command.
func on[A any](change func(A)) func(*bpfobj.Step) bool {
	return func(s *bpfobj.Step) bool {
		a, ok := s.Attr.(A)
		if ok {
			change(a)
		}
		return ok
	}
}

// findings counts what is found in the plan of an object with a map, variables and a program, after a change of its first step that
// takes it.
func findings(t *testing.T, objects []Object, k *bpfobj.Kernel, change func(*bpfobj.Step) bool) (found int) {
	t.Helper()
	for _, o := range objects {
		if o.Name != "uptr_kptr.bpfel.o" && o.Name != "data_plain.bpfel.o" {
			continue
		}
		spec, err := bpfobj.Parse(o.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := spec.Plan(k, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := spec.Plan(k, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range plan.Steps {
			if change != nil && change(&plan.Steps[i]) {
				change(&again.Steps[i])
				break
			}
		}
		c := planChecker{spec: spec, plan: plan}
		for i := range plan.Steps {
			if c.step(i, &again.Steps[i]) != nil {
				found++
			}
		}
	}
	return found
}
