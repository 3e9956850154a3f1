package bpfobj

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// structOps is what a variable in section .struct_ops.link adds to a [MapSpec].
type structOps struct {
	typ btf.ID // the struct, as the object has it
	ops []op
}

// An op is a member of the struct that points to a program.
type op struct {
	member  int // index in the struct
	program int // index in Spec.Programs
}

// parseStructOps makes each variable of the sections of struct_ops a map. It comes after the programs, which
// relocations put into the variables.
func (s *Spec) parseStructOps() error {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		bare, optional := strings.CutPrefix(sec.Name, "?")
		switch {
		case sec.Type == elf.SHT_REL:
		case bare == ".struct_ops":
			return &FormatError{Section: sec.Name, What: "what is attached without a link is not supported: use .struct_ops.link"}
		case bare == ".struct_ops.link":
			if err := s.structOpsSection(sec, optional); err != nil {
				return err
			}
		}
	}
	return s.checkOpsUsed()
}

// checkOpsUsed refuses a struct_ops program that is no operation of any map: nothing would say what it is.
func (s *Spec) checkOpsUsed() error {
	used := make(map[int]bool)
	for i := range s.Maps {
		if ops := s.Maps[i].structOps; ops != nil {
			for _, o := range ops.ops {
				used[o.program] = true
			}
		}
	}
	for i := range s.Programs {
		if p := &s.Programs[i]; p.rule.target == targetStructOps && !used[i] {
			return &FormatError{Section: p.Section, Offset: p.start, Name: p.Name, What: "program is not an operation of any variable in .struct_ops.link"}
		}
	}
	return nil
}

func (s *Spec) structOpsSection(sec *elf.Section, optional bool) error {
	if s.types == nil {
		return &FormatError{Section: sec.Name, What: "the object has no BTF to describe it"}
	}
	id, err := s.types.Find(btf.KindDataSec, sec.Name)
	if err != nil {
		return &FormatError{Section: sec.Name, What: "not described in BTF", Err: err}
	}
	first := len(s.Maps)
	for _, v := range s.types.Type(id).Vars {
		name := s.types.Type(v.Type).Name
		typ := s.types.Resolve(s.types.Type(v.Type).Type)
		refuse := func(what string) error {
			return &FormatError{Section: sec.Name, Offset: uint64(v.Offset), Name: name, What: what}
		}
		switch t := s.types.Type(typ); {
		case t.Kind != btf.KindStruct:
			return refuse(fmt.Sprintf("variable is a %v, not a struct of operations", t.Kind))
		case t.Size != v.Size || uint64(v.Offset)+uint64(v.Size) > uint64(len(sec.Data)):
			return refuse("variable and its section differ in size")
		case s.mapIndex(name) >= 0:
			return refuse("second map of this name")
		}
		s.Maps = append(s.Maps, MapSpec{
			Name: name, Type: sys.BPF_MAP_TYPE_STRUCT_OPS, KeySize: 4, ValueSize: v.Size, MaxEntries: 1, Flags: sys.BPF_F_LINK,
			Optional: optional, Contents: bytes.Clone(sec.Data[v.Offset:][:v.Size]), section: sec.Index, offset: uint64(v.Offset),
			structOps: &structOps{typ: typ},
		})
	}
	for _, r := range sec.Relocs {
		if err := s.parseOp(sec, s.Maps[first:], r); err != nil {
			return err
		}
	}
	return nil
}

// memberEnd gives the byte offset behind a member, which btf has found to lie in its struct; of a bit field, not of its type.
func (s *Spec) memberEnd(m btf.Member) (uint64, error) {
	if m.BitSize != 0 {
		return (uint64(m.BitOffset) + uint64(m.BitSize) + 7) / 8, nil
	}
	size, err := s.types.Size(m.Type)
	return uint64(m.BitOffset/8) + size, err
}

// parseOp reads the relocation of one function pointer.
func (s *Spec) parseOp(sec *elf.Section, maps []MapSpec, r elf.Reloc) error {
	sym := &s.file.Symbols[r.Symbol]
	refuse := func(what string) error {
		return &FormatError{Section: sec.Name, Offset: r.Offset, Name: sym.Name, What: what}
	}
	if r.Type != elf.R_BPF_64_ABS64 {
		return refuse("relocation " + r.Type.String() + " is not that of a function pointer")
	}
	for i := range maps {
		m := &maps[i]
		if r.Offset < m.offset || r.Offset+8 > m.offset+uint64(m.ValueSize) {
			continue
		}
		member := s.memberAt(m.structOps.typ, r.Offset-m.offset)
		if member < 0 {
			return refuse("relocation does not stand at a function pointer")
		}
		start := sym.Value + s.ByteOrder.Uint64(sec.Data[r.Offset:])
		for p := range s.Programs {
			if prog := &s.Programs[p]; prog.rule.target == targetStructOps && prog.section == int(sym.Section) && prog.start == start {
				m.structOps.ops = append(m.structOps.ops, op{member, p})
				clear(m.Contents[r.Offset-m.offset:][:8])
				return nil
			}
		}
		return refuse("operation is not a program of a section struct_ops/")
	}
	return refuse("relocation outside of every variable")
}

// memberAt finds the pointer among a struct's members that lies at a byte offset; -1 if there is none.
func (s *Spec) memberAt(id btf.ID, off uint64) int {
	for i, m := range s.types.Type(id).Members {
		if uint64(m.BitOffset) == 8*off && s.types.Type(s.types.Resolve(m.Type)).Kind == btf.KindPtr {
			return i
		}
	}
	return -1
}

// An attachPoint is the operation that a struct_ops program implements.
type attachPoint struct {
	id    btf.ID         // attach_btf_id: the struct in the kernel's BTF
	index sys.AttachType // expected_attach_type: the index of the member there, which differs from kernel to kernel
}

// A structOpsFit copies the object's struct to the kernel's value type, member by member and by name.
type structOpsFit struct {
	*planner
	m      *MapSpec
	typ    *btf.Type // the object's struct
	kernel *btf.Spec // holds the two types below
	inner  *btf.Type // the kernel's struct
	id     btf.ID    // its id in the kernel's BTF
	data   uint32    // its offset in the value type, in bytes
	value  []byte
	fds    []programFD
}

// A programFD is where a program's file descriptor goes in the value, 8 bytes.
type programFD struct {
	program int
	offset  uint32
}

// maxOpsValue bounds what is allocated for a kernel's value type, in bytes. Those of kernels have less than 4096.
const maxOpsValue = 1 << 20

// planStructOps fits a struct_ops map to the kernel. bpf_struct_ops_map_update_elem (kernel/bpf/bpf_struct_ops.c) wants a value of
// type struct bpf_struct_ops_NAME, whose member data is the struct itself, with file descriptors of programs for function pointers.
func (p *planner) planStructOps(i int, create Step) error {
	m := &p.spec.Maps[i]
	fit := structOpsFit{planner: p, m: m, typ: p.spec.types.Type(m.structOps.typ)}
	wrapper, size, err := fit.find()
	if err == nil && size > maxOpsValue {
		err = fmt.Errorf("%w: the value type has %d bytes", ErrOpType, size)
	}
	if err == nil {
		fit.value = make([]byte, size)
		err = fit.members()
	}
	if err != nil {
		return p.fail(create, err)
	}
	create.Attr = &sys.MapCreateAttr{
		MapType: m.Type, KeySize: m.KeySize, ValueSize: size, MaxEntries: m.MaxEntries, MapFlags: m.Flags,
		MapName: sys.MakeObjName(m.Name), BTFVmlinuxValueTypeID: uint32(wrapper),
	}
	create.Uses = []Use{{Field: "btf_fd", Step: p.btf}}
	p.maps[i].step, p.maps[i].maxEntries, p.maps[i].ops = p.add(create), m.MaxEntries, &fit
	return nil
}

// find looks the kernel's two structs up, and gives the id and the size of the value type.
func (f *structOpsFit) find() (wrapper btf.ID, size uint32, err error) {
	name, _, _ := strings.Cut(f.typ.Name, "___")
	ids, err := f.planner.kernel.find([]btf.Name{{Kind: btf.KindStruct, Name: "bpf_struct_ops_" + name}, {Kind: btf.KindStruct, Name: name}})
	if err != nil {
		return 0, 0, err
	}
	if ids[0] == 0 || ids[1] == 0 {
		return 0, 0, &NotFoundError{Kind: "struct_ops type of the kernel", Name: name}
	}
	var in []btf.ID
	if f.kernel, in, err = btf.Extract(f.planner.kernel.BTF, ids); err != nil {
		return 0, 0, err
	}
	outer := f.kernel.Type(in[0])
	f.inner, f.id = f.kernel.Type(in[1]), ids[1]
	data := memberNamed(outer, "data")
	if data < 0 || f.kernel.Resolve(outer.Members[data].Type) != in[1] {
		return 0, 0, &NotFoundError{Kind: "member of the kernel's struct " + outer.Name, Name: "data"}
	}
	f.data = outer.Members[data].BitOffset / 8
	return ids[0], outer.Size, nil
}

// memberNamed finds a member; -1 if there is none. One without a name is like no other.
func memberNamed(t *btf.Type, name string) int {
	return slices.IndexFunc(t.Members, func(m btf.Member) bool { return name != "" && m.Name == name })
}

func (f *structOpsFit) members() error {
	for i := range f.typ.Members {
		if err := f.member(i); err != nil {
			return fmt.Errorf("struct %s: member %q: %w", f.typ.Name, f.typ.Members[i].Name, err)
		}
	}
	return nil
}

// member copies one member. One that the kernel does not have is left out if it is zero, or an operation that
// Options.DropOps names.
func (f *structOpsFit) member(i int) error {
	mem := &f.typ.Members[i]
	types := f.spec.types
	end, err := f.spec.memberEnd(*mem)
	if err != nil {
		return err
	}
	from := f.m.Contents[mem.BitOffset/8 : end]
	size := uint64(len(from))
	at := slices.IndexFunc(f.m.structOps.ops, func(o op) bool { return o.member == i })
	k := memberNamed(f.inner, mem.Name)
	if k < 0 {
		dropped := slices.Contains(f.opts.DropOps, mem.Name)
		if at >= 0 && dropped || at < 0 && allZero(from) {
			return nil
		}
		return fmt.Errorf("%w: this kernel's struct %s does not have it", ErrNoOp, f.inner.Name)
	}
	to := &f.inner.Members[k]
	kernelSize, err := f.kernel.Size(to.Type)
	offset := f.data + to.BitOffset/8 // in the value, as btf has checked
	switch {
	case err != nil:
		return err
	case mem.BitSize != 0 || to.BitSize != 0:
		return fmt.Errorf("%w: it is a bit field", ErrOpType)
	case at >= 0 && kernelSize != 8:
		return fmt.Errorf("%w: the kernel's is no function pointer", ErrOpType)
	case at >= 0:
		return f.op(f.m.structOps.ops[at].program, sys.AttachType(k), offset)
	case size != kernelSize && !allZero(from):
		return fmt.Errorf("%w: it has %d bytes, the kernel's %d", ErrOpType, size, kernelSize)
	case types.Type(types.Resolve(mem.Type)).Kind == btf.KindPtr && !allZero(from):
		return fmt.Errorf("%w: it is a pointer to no program", ErrOpType)
	}
	copy(f.value[offset:], from[:min(size, kernelSize)])
	return nil
}

// op ties a program to the operation that it implements.
func (f *structOpsFit) op(program int, index sys.AttachType, offset uint32) error {
	at := attachPoint{f.id, index}
	if f.ops == nil {
		f.ops = make(map[int]attachPoint)
	}
	if old, ok := f.ops[program]; ok && old != at {
		return fmt.Errorf("%w: program %q is a different operation elsewhere", ErrOpType, f.spec.Programs[program].Name)
	}
	f.ops[program] = at
	f.fds = append(f.fds, programFD{program, offset})
	return nil
}

// planOps fills the struct_ops maps, after the programs, whose steps are given.
func (p *planner) planOps(programs []int) {
	for i := range p.maps {
		fit := p.maps[i].ops
		if fit == nil {
			continue
		}
		uses := []Use{{Field: "map_fd", Step: p.maps[i].step}}
		for _, fd := range fit.fds {
			uses = append(uses, Use{Field: fmt.Sprintf("value[%d]", fd.offset), Step: programs[fd.program], offset: int(fd.offset)})
		}
		key := p.bytes32(0)
		p.add(Step{
			Subject: mapSubject(fit.m.Name),
			Attr:    &sys.MapUpdateElemAttr{Key: sys.Bytes(key), Value: sys.Bytes(fit.value), KeySize: 4, ValueSize: uint32(len(fit.value))},
			Uses:    uses, kind: stepOps, index: i, value: fit.value,
		})
	}
}
