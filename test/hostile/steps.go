package hostile

import (
	"errors"
	"fmt"
	"reflect"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/sys"
)

// A planChecker looks at the steps of a plan.
type planChecker struct {
	spec  *bpfobj.Spec
	plan  *bpfobj.Plan
	types *btf.Spec // as they go to the kernel
}

var errStep = errors.New("not what the kernel is to be given")

// step looks at a step, and at the same one of another plan.
func (c *planChecker) step(i int, again *bpfobj.Step) error {
	s := &c.plan.Steps[i]
	if s.Err != nil {
		if fmt.Sprint(again.Err) != s.Err.Error() {
			return fmt.Errorf("%w: %v, and then %v", errTwice, s.Err, again.Err)
		}
		return checkError(s.Err)
	}
	regions, err := checkAttr(s.Attr)
	if err != nil {
		return err
	}
	more, err := checkAttr(again.Attr)
	if err != nil || !reflect.DeepEqual(regions, more) || s.String() != again.String() {
		return fmt.Errorf("%w: %v, and then %v", errTwice, s, again)
	}
	arrays := 0
	for _, u := range s.Uses {
		if u.Step < 0 || u.Step >= i || !c.plan.Steps[u.Step].Yields {
			return fmt.Errorf("%w: %s of step %d", errStep, u.Field, u.Step)
		}
		if u.Field == fmt.Sprintf("fd_array[%d]", arrays) {
			arrays++
		}
	}
	switch a := s.Attr.(type) {
	case *sys.BTFLoadAttr:
		c.types, err = btf.Decode(find(regions, "BTF"))
	case *sys.MapCreateAttr:
		err = c.ids(a.BTFKeyTypeID, a.BTFValueTypeID)
	case *sys.MapUpdateElemAttr:
		err = c.element(s, a)
	case *sys.ProgLoadAttr:
		err = c.program(a, regions, arrays)
	}
	return err
}

func (c *planChecker) ids(ids ...uint32) error {
	for _, id := range ids {
		if id != 0 && (c.types == nil || c.types.Type(btf.ID(id)) == nil) {
			return fmt.Errorf("%w: type %d, which the BTF does not have", errStep, id)
		}
	}
	return nil
}

// element holds the sizes of an element against those that the map is created with.
func (c *planChecker) element(s *bpfobj.Step, a *sys.MapUpdateElemAttr) error {
	for _, u := range s.Uses {
		made, ok := c.plan.Steps[u.Step].Attr.(*sys.MapCreateAttr)
		if u.Field == "map_fd" && ok && (made.KeySize != a.KeySize || made.ValueSize != a.ValueSize) {
			return fmt.Errorf("%w: an element of %d and %d bytes, the map's have %d and %d", errStep, a.KeySize, a.ValueSize, made.KeySize, made.ValueSize)
		}
	}
	return nil
}

// program holds what stands beside the instructions against them.
func (c *planChecker) program(a *sys.ProgLoadAttr, regions []region, fds int) error {
	insns := find(regions, "Insns")
	if !c.linked(insns) {
		return fmt.Errorf("%w: %d bytes of instructions, which is no program of the object", errStep, len(insns))
	}
	for i := 0; i < len(insns); i += insnSize {
		if err := c.instruction(insns, i, fds); err != nil {
			return err
		}
		if insns[i] == wideImmediate {
			i += insnSize
		}
	}
	for _, t := range []struct {
		field       string
		given       uint32 // size
		size, unit  int
		types, text []int // where a record has type ids, and offsets of strings
	}{
		{"FuncInfo", a.FuncInfoRecSize, 8, 1, []int{4}, nil},
		{"LineInfo", a.LineInfoRecSize, 16, 1, nil, []int{4, 8}},
		{"CoreRelos", a.CoreReloRecSize, 16, insnSize, []int{4}, []int{8}},
	} {
		for b := find(regions, t.field); len(b) > 0; b = b[t.size:] {
			if len(b) < t.size || int(t.given) != t.size || !inside(int(c.spec.ByteOrder.Uint32(b)), len(insns)/insnSize*t.unit) {
				return fmt.Errorf("%w: %s at % x", errStep, t.field, b[:min(len(b), t.size)])
			}
			if err := c.record(b, t.types, t.text); err != nil {
				return err
			}
		}
	}
	return nil
}

// instruction looks at what stands for something that Plan fills in: an index of fd_array, or a function.
func (c *planChecker) instruction(insns []byte, i, fds int) error {
	wide, call, src := insns[i] == wideImmediate, insns[i] == callOpcode, c.source(insns[i+1])
	imm := int(int32(c.spec.ByteOrder.Uint32(insns[i+4:])))
	to := i/insnSize + 1 + imm
	switch {
	case wide && (src == sys.BPF_PSEUDO_MAP_IDX || src == sys.BPF_PSEUDO_MAP_IDX_VALUE) && !inside(imm, fds):
		return fmt.Errorf("%w: fd_array[%d] of %d", errStep, imm, fds)
	case wide && (src == pseudoMapFD || src == pseudoMapValue):
		return fmt.Errorf("%w: fd %d of whoever loads", errStep, imm)
	case (wide && src == sys.BPF_PSEUDO_FUNC || call && src == sys.BPF_PSEUDO_CALL) && !inside(to, len(insns)/insnSize):
		return fmt.Errorf("%w: function at instruction %d", errStep, to)
	}
	return nil
}

// record looks at what a record of func_info, line_info or core_relos refers to.
func (c *planChecker) record(b []byte, types, text []int) error {
	for _, at := range types {
		if err := c.ids(c.spec.ByteOrder.Uint32(b[at:])); err != nil {
			return err
		}
	}
	for _, at := range text {
		if _, err := c.types.String(c.spec.ByteOrder.Uint32(b[at:])); err != nil {
			return err
		}
	}
	return nil
}

// Of linux/bpf.h and bpf_common.h: struct bpf_insn, BPF_LD|BPF_IMM|BPF_DW, BPF_JMP|BPF_CALL, and what src_reg says of a 64-bit
// immediate that is a file descriptor, BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE.
const (
	insnSize       = 8
	wideImmediate  = 0x18
	callOpcode     = 0x85
	pseudoMapFD    = 1
	pseudoMapValue = 2
)

func inside(i, n int) bool { return 0 <= i && i < n }

// source gives src_reg, which is the higher half of the byte on little-endian hosts alone.
func (c *planChecker) source(regs byte) byte {
	if c.spec.ByteOrder.Uint16([]byte{0, 1}) == 1 {
		return regs & 0xf
	}
	return regs >> 4
}

// linked tells whether there is a program of so many instructions, with the same opcodes.
func (c *planChecker) linked(insns []byte) bool {
next:
	for i := range c.spec.Programs {
		want := c.spec.Programs[i].Instructions()
		if len(want) != len(insns) {
			continue
		}
		for j := 0; j < len(want); j += insnSize {
			if want[j] != insns[j] {
				continue next
			}
		}
		return true
	}
	return false
}
