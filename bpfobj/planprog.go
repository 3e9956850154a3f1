package bpfobj

import (
	"bytes"
	"fmt"

	"kptr/btf"
	"kptr/sys"
)

// planPrograms adds a step for each program that is to be loaded, after one scan
// of the kernel's BTF for all the names that they ask for.
func (p *planner) planPrograms() (steps []int, err error) {
	var names []btf.Name
	first := make([]int, len(p.spec.ksyms)) // where the names of a ksym start
	for i, k := range p.spec.ksyms {
		first[i] = len(names)
		names = append(names, k.names()...)
	}
	targets := len(names)
	for i := range p.spec.Programs {
		prog := &p.spec.Programs[i]
		if want, ok := prog.rule.target.kernelName(prog.Target); ok && p.wants(i) {
			names = append(names, want)
		}
	}
	ids, err := p.kernel.find(names)
	if err != nil {
		return nil, err
	}
	ksymIDs := make([]btf.ID, len(first))
	for i, k := range p.spec.ksyms {
		for j := range k.names() {
			if ksymIDs[i] == 0 {
				ksymIDs[i] = ids[first[i]+j]
			}
		}
	}
	steps = make([]int, len(p.spec.Programs))
	for i := range p.spec.Programs {
		prog := &p.spec.Programs[i]
		if !p.wants(i) {
			continue
		}
		at := attachPoint{index: prog.AttachType}
		want, inBTF := prog.rule.target.kernelName(prog.Target)
		if inBTF {
			at.id = ids[targets]
			targets++
		}
		step := Step{Subject: programSubject(prog.Name), Yields: true, kind: stepProgram, index: i}
		if prog.rule.target == targetStructOps {
			at = p.ops[i]
		}
		steps[i] = len(p.Steps)
		if inBTF && at.id == 0 {
			err = &NotFoundError{Kind: "kernel " + want.Kind.String(), Name: want.Name}
			err = p.fail(step, fmt.Errorf("section %q: %w", prog.Section, err))
		} else {
			err = p.planProgram(step, prog, at, ksymIDs)
		}
		if err != nil {
			return nil, err
		}
	}
	return steps, nil
}

func (p *planner) planProgram(step Step, prog *ProgramSpec, at attachPoint, ksyms []btf.ID) error {
	c := code{b: bytes.Clone(prog.code.b), order: prog.code.order}
	fds, err := p.fillRefs(c, prog, ksyms)
	if err != nil {
		return p.fail(step, err)
	}
	for i, from := range fds {
		step.Uses = append(step.Uses, Use{Field: fmt.Sprintf("fd_array[%d]", i), Step: from})
	}
	attr := &sys.ProgLoadAttr{
		ProgType: prog.Type, ExpectedAttachType: at.index, AttachBTFID: uint32(at.id),
		ProgName: sys.MakeObjName(prog.Name), License: sys.CString(p.spec.License),
		Insns: sys.Bytes(c.b), InsnCnt: uint32(c.len()),
	}
	if prog.Sleepable {
		attr.ProgFlags |= sys.BPF_F_SLEEPABLE
	}
	if len(prog.funcs) > 0 || len(prog.relos) > 0 {
		step.Uses = append(step.Uses, Use{Field: "prog_btf_fd", Step: p.btf})
	}
	if n := len(prog.funcs) / funcInfoSize; n > 0 {
		attr.FuncInfo, attr.FuncInfoCnt, attr.FuncInfoRecSize = sys.Bytes(prog.funcs), uint32(n), funcInfoSize
	}
	if n := len(prog.lines) / lineInfoSize; n > 0 {
		attr.LineInfo, attr.LineInfoCnt, attr.LineInfoRecSize = sys.Bytes(prog.lines), uint32(n), lineInfoSize
	}
	if n := len(prog.relos) / coreReloSize; n > 0 {
		attr.CoreRelos, attr.CoreReloCnt, attr.CoreReloRecSize = sys.Bytes(prog.relos), uint32(n), coreReloSize
	}
	step.Attr = attr
	p.add(step)
	return nil
}

// fillRefs makes the instructions of a program final. Maps become indexes into
// fd_array (BPF_PSEUDO_MAP_IDX), whose elements are the steps returned.
func (p *planner) fillRefs(c code, prog *ProgramSpec, ksyms []btf.ID) (fds []int, err error) {
	index := func(m int) (int32, error) {
		step := p.maps[m].step
		if step < 0 {
			return 0, fmt.Errorf("%w: map %q", ErrDepends, p.spec.Maps[m].Name)
		}
		for i, from := range fds {
			if from == step {
				return int32(i), nil
			}
		}
		fds = append(fds, step)
		return int32(len(fds) - 1), nil
	}
	for _, r := range prog.refs {
		switch r.kind {
		case refMap, refMapValue:
			i, err := index(r.to)
			if err != nil {
				return nil, err
			}
			c.setImm(r.insn, i)
			if r.kind == refMap {
				c.setSrc(r.insn, sys.BPF_PSEUDO_MAP_IDX)
			} else {
				c.setSrc(r.insn, sys.BPF_PSEUDO_MAP_IDX_VALUE)
			}
		case refKsym, refKfuncCall:
			k := &p.spec.ksyms[r.to]
			id := ksyms[r.to]
			if id == 0 && !k.weak {
				return nil, fmt.Errorf("%w (kfuncs of modules are not supported)", &NotFoundError{Kind: "kernel FUNC", Name: k.name})
			}
			fillKsym(c, r, id)
		}
	}
	return fds, nil
}

// fillKsym puts a kernel symbol's BTF id into the instruction. Of a weak symbol
// that is absent the address is 0; a call of it gets the id 0, which
// add_kfunc_call (kernel/bpf/verifier.c) lets pass where the call is dead code.
func fillKsym(c code, r ref, id btf.ID) {
	c.setImm(r.insn, int32(id))
	switch {
	case r.kind == refKfuncCall:
		c.setSrc(r.insn, sys.BPF_PSEUDO_KFUNC_CALL)
	case id == 0:
		c.setSrc(r.insn, 0)
		c.setImm(r.insn+1, 0)
	default:
		c.setSrc(r.insn, sys.BPF_PSEUDO_BTF_ID)
		c.setImm(r.insn+1, 0)
	}
}
