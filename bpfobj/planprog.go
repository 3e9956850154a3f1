package bpfobj

import (
	"bytes"
	"fmt"
	"slices"

	"kptr/btf"
	"kptr/sys"
)

// noTarget is what is wrong with SEC("fentry"): a program may be told at run time what it is for.
const noTarget = "section name has no target: put it behind a slash, or set ProgramSpec.Target"

// kernelNames lists what the plan may ask for in the kernel's BTF, which takes long to scan.
func (p *planner) kernelNames() (names []btf.Name) {
	for _, k := range p.spec.ksyms {
		names = append(names, k.names()...)
	}
	for i := range p.maps {
		if m := &p.maps[i]; m.structOps != nil && p.asks(m.Name, m.Optional) {
			outer, inner := opsNames(p.spec.types.Type(m.structOps.typ))
			names = append(names, outer, inner)
		}
	}
	for i := range p.programs {
		prog := &p.programs[i]
		if want := prog.kernelName(); want.Kind != 0 && p.asks(prog.Name, prog.Optional) {
			names = append(names, want)
		}
	}
	return names
}

// id looks a name up among those of the kernel's BTF; 0 if it is not there.
func (p *planner) id(name btf.Name) btf.ID {
	check(p.idsErr)
	return p.ids[name]
}

// planPrograms adds a step for each program that is to be loaded.
func (p *planner) planPrograms() {
	for i := range p.programs {
		if prog := &p.programs[i]; p.wants(prog) {
			prog.step = len(p.Steps)
			p.attempt(prog.thing, p.planProgram)
		}
	}
}

// wants tells whether the plan loads a program; one of struct_ops if a map that is loaded, or that cannot be, has it.
func (p *planner) wants(prog *plannedProgram) bool {
	if prog.Type == sys.BPF_PROG_TYPE_STRUCT_OPS && prog.err == nil {
		return prog.at.id != 0 || prog.lost != ""
	}
	return p.asks(prog.Name, prog.Optional)
}

func (p *planner) planProgram(i int) {
	prog := &p.programs[i]
	check(prog.err)
	at, want := prog.at, prog.kernelName()
	switch {
	case at.id != 0:
	case prog.lost != "":
		check(fmt.Errorf("%w: map %q", ErrDepends, prog.lost))
	default:
		if at.index = prog.AttachType; want.Kind != 0 {
			at.id = p.id(want)
		}
	}
	place := FormatError{Section: prog.Section, Offset: prog.start, Name: prog.Name}
	place.want(want.Kind == 0 || prog.Target != "", noTarget)
	if want.Kind != 0 && at.id == 0 {
		err := &NotFoundError{Kind: "kernel " + want.Kind.String(), Name: want.Name}
		check(fmt.Errorf("section %q: offset %#x: %w (modules are not searched)", prog.Section, prog.start, err))
	}
	c := code{b: bytes.Clone(prog.code.b), order: prog.code.order}
	maps := p.fillRefs(c, prog)
	fds := make([]byte, 4*len(maps))
	attr := &sys.ProgLoadAttr{
		ProgType: prog.Type, ExpectedAttachType: at.index, AttachBTFID: uint32(at.id),
		ProgName: sys.MakeObjName(prog.Name), License: sys.CString(p.spec.License),
		Insns: sys.Bytes(c.b), InsnCnt: uint32(c.len()), FDArray: sys.Bytes(fds),
	}
	if prog.Sleepable {
		attr.ProgFlags |= sys.BPF_F_SLEEPABLE
	}
	step := Step{Attr: attr, Yields: true, thing: prog.thing, kept: true}
	for k, from := range maps {
		step.Uses = append(step.Uses, Use{Field: fmt.Sprintf("fd_array[%d]", k), Step: from, in: fds[4*k:][:4]})
	}
	if len(prog.info[funcInfo]) > 0 || len(prog.info[coreRelos]) > 0 {
		step.Uses = append(step.Uses, Use{Field: "prog_btf_fd", Step: p.btf, to: &attr.ProgBTFFD})
	}
	attr.FuncInfo, attr.FuncInfoCnt, attr.FuncInfoRecSize = prog.info.attr(funcInfo)
	attr.LineInfo, attr.LineInfoCnt, attr.LineInfoRecSize = prog.info.attr(lineInfo)
	attr.CoreRelos, attr.CoreReloCnt, attr.CoreReloRecSize = prog.info.attr(coreRelos)
	p.add(step)
}

// fillRefs makes the instructions of a program final. Maps become indexes into
// fd_array (BPF_PSEUDO_MAP_IDX), whose elements are the steps returned. Of a weak kernel symbol
// that is absent the address is 0; a call of it gets the id 0, which
// add_kfunc_call (kernel/bpf/verifier.c) lets pass where the call is dead code.
func (p *planner) fillRefs(c code, prog *plannedProgram) (maps []int) {
	for _, r := range prog.refs {
		src, imm := r.src, 0
		switch r.src {
		case sys.BPF_PSEUDO_MAP_IDX, sys.BPF_PSEUDO_MAP_IDX_VALUE:
			step := p.maps[r.to].step
			if step < 0 {
				check(fmt.Errorf("%w: map %q", ErrDepends, p.spec.Maps[r.to].Name))
			}
			if !slices.Contains(maps, step) {
				maps = append(maps, step)
			}
			imm = slices.Index(maps, step)
		case sys.BPF_PSEUDO_KFUNC_CALL:
			imm = p.ksym(prog, r)
		case sys.BPF_PSEUDO_BTF_ID:
			if imm = p.ksym(prog, r); imm == 0 {
				src = 0
			}
			c.setImm(r.insn+1, 0)
		}
		c.setSrc(r.insn, src)
		c.setImm(r.insn, int32(imm))
	}
	return maps
}

// ksym gives the id of the kernel symbol that an instruction refers to, 0 if it is absent and may be.
func (p *planner) ksym(prog *plannedProgram, r ref) int {
	k := &p.spec.ksyms[r.to]
	for _, name := range k.names() {
		if id := p.id(name); id != 0 {
			return int(id)
		}
	}
	if !k.weak {
		check(fmt.Errorf("section %q: instruction %d: %w (kfuncs of modules are not supported; what another object has is to be linked with bpftool gen object)",
			prog.Section, r.insn, &NotFoundError{Kind: "kernel FUNC", Name: k.name}))
	}
	return 0
}
