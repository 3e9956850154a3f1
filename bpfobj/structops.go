package bpfobj

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

// structOps is what a variable in section .struct_ops.link adds to a [MapSpec].
type structOps struct {
	typ btf.ID      // the struct, as the object has it
	ops map[int]int // by member: the index in Spec.Programs of the program that it points to
}

// parseStructOps makes each variable of the sections of struct_ops a map. It comes after the programs, which
// relocations put into the variables, and which are refused if they are no operation of any: nothing would say what they are.
func (s *Spec) parseStructOps() {
	for i := range s.file.Sections {
		sec := &s.file.Sections[i]
		if bare, optional := strings.CutPrefix(sec.Name, "?"); bare == ".struct_ops.link" && sec.Type != elf.SHT_REL {
			first := len(s.Maps)
			for _, v := range s.declared(sec) {
				s.parseOps(sec, v, optional)
			}
			for _, r := range sec.Relocs {
				s.parseOp(sec, s.Maps[first:], r)
			}
		}
	}
	for i := range s.Programs {
		p := &s.Programs[i]
		if p.Type == sys.BPF_PROG_TYPE_STRUCT_OPS && !p.isOp {
			err := errors.New("program is not an operation of any variable in .struct_ops.link")
			p.refuse(&FormatError{Section: p.Section, Offset: p.start, Name: p.Name, Err: err})
		}
	}
}

func (s *Spec) parseOps(sec *elf.Section, v btf.Member, optional bool) {
	at := FormatError{Section: sec.Name, Offset: uint64(v.Offset), Name: s.types.Type(v.Type).Name}
	typ := s.types.Resolve(s.types.Type(v.Type).Type)
	t := s.types.Type(typ)
	want(at, t.Kind == btf.KindStruct, "variable is a %v, not a struct of operations", t.Kind)
	at.want(t.Size == v.Size && at.Offset+uint64(v.Size) <= uint64(len(sec.Data)), "variable and its section differ in size")
	at.want(s.Map(at.Name) == nil, "second map of this name")
	s.Maps = append(s.Maps, MapSpec{
		Name: at.Name, Type: sys.BPF_MAP_TYPE_STRUCT_OPS, KeySize: 4, ValueSize: v.Size, MaxEntries: 1, Flags: sys.BPF_F_LINK,
		Optional: optional, Contents: bytes.Clone(sec.Data[v.Offset:][:v.Size]), section: sec.Index, offset: at.Offset,
		structOps: &structOps{typ, make(map[int]int)},
	})
}

// parseOp reads the relocation of one function pointer.
func (s *Spec) parseOp(sec *elf.Section, maps []MapSpec, r elf.Reloc) {
	sym := &s.file.Symbols[r.Symbol]
	at := FormatError{Section: sec.Name, Offset: r.Offset, Name: sym.Name}
	in := sort.Search(len(maps), func(i int) bool { return maps[i].offset > r.Offset }) - 1
	want(at, r.Type == elf.R_BPF_64_ABS64, "relocation %v is not that of a function pointer", r.Type)
	at.want(in >= 0 && r.Offset+8 <= maps[in].offset+uint64(maps[in].ValueSize), "relocation outside of every variable")
	m, start := &maps[in], sym.Value+s.ByteOrder.Uint64(sec.Data[r.Offset:])
	members, bit := s.types.Type(m.structOps.typ).Members, 8*(r.Offset-m.offset)
	member := sort.Search(len(members), func(i int) bool { return uint64(members[i].BitOffset) > bit }) - 1 // btf wants them ascending
	at.want(member >= 0 && uint64(members[member].BitOffset) == bit && s.types.Type(s.types.Resolve(members[member].Type)).Kind == btf.KindPtr,
		"relocation does not stand at a function pointer")
	program, ok := sort.Find(len(s.Programs), func(i int) int {
		return cmp.Or(cmp.Compare(int(sym.Section), s.Programs[i].section), cmp.Compare(start, s.Programs[i].start))
	})
	at.want(ok && s.Programs[program].Type == sys.BPF_PROG_TYPE_STRUCT_OPS, "operation is not a program of a section struct_ops/")
	m.structOps.ops[member], s.Programs[program].isOp = program, true
	clear(m.Contents[r.Offset-m.offset:][:8])
}

// memberNamed finds a member; -1 if there is none. One without a name is like no other.
func memberNamed(t *btf.Type, name string) int {
	return slices.IndexFunc(t.Members, func(m btf.Member) bool { return name != "" && m.Name == name })
}

// An attachPoint is what a program is loaded for.
type attachPoint struct {
	id    btf.ID         // attach_btf_id: the target, or the struct of operations, in the kernel's BTF
	index sys.AttachType // expected_attach_type: of a struct_ops program the index of the member there, which differs from kernel to kernel
}

// A structOpsFit copies the object's struct to the kernel's value type, member by member and by name.
type structOpsFit struct {
	*planner
	m      *MapSpec
	typ    *btf.Type // the object's struct
	kernel *btf.Spec // holds the kernel's struct
	inner  *btf.Type
	id     btf.ID // its id in the kernel's BTF
	data   uint32 // its offset in the value type, in bytes
	value  []byte
	fds    []Use // Step is a program here
}

// maxOpsValue bounds what is allocated for a kernel's value type, in bytes. Those of kernels have less than 4096.
const maxOpsValue = 1 << 20

// planStructOps fits a struct_ops map to the kernel. bpf_struct_ops_map_update_elem (kernel/bpf/bpf_struct_ops.c) wants a value of
// type struct bpf_struct_ops_NAME, whose member data is the struct itself, with file descriptors of programs for function pointers.
func (p *planner) planStructOps(m *plannedMap) {
	if !p.asks(m.Name, m.Optional) {
		return
	}
	fit := &structOpsFit{planner: p, m: m.MapSpec, typ: p.spec.types.Type(m.structOps.typ)}
	err := catch(func() { m.create.BTFVmlinuxValueTypeID = uint32(fit.find()) })
	if err == nil {
		err = fit.members()
	}
	for _, program := range m.structOps.ops {
		if err != nil {
			p.programs[program].lost = m.Name
		}
	}
	check(err)
	m.create.ValueSize = uint32(len(fit.value))
	use := Use{Field: "btf_fd", Step: p.btf, to: &m.create.BTFFD}
	m.step = p.add(Step{Attr: m.create, Uses: []Use{use}, Yields: true, thing: m.thing, kept: true})
	m.ops = fit
}

// kernelOps are the kernel's two structs, extracted once for all maps of the type.
type kernelOps struct {
	types *btf.Spec
	ids   []btf.ID
}

// opsNames gives the names of the kernel's two structs for a struct of operations.
func opsNames(t *btf.Type) (value, ops btf.Name) {
	name, _, _ := strings.Cut(t.Name, "___")
	return btf.Name{Kind: btf.KindStruct, Name: "bpf_struct_ops_" + name}, btf.Name{Kind: btf.KindStruct, Name: name}
}

// find extracts the kernel's two structs, makes room for the value, and gives the id of its type.
func (f *structOpsFit) find() btf.ID {
	value, ops := opsNames(f.typ)
	ids := []btf.ID{f.planner.id(value), f.planner.id(ops)}
	if ids[0] == 0 || ids[1] == 0 {
		check(fmt.Errorf("%w (modules are not searched)", &NotFoundError{Kind: "struct_ops type of the kernel", Name: ops.Name}))
	}
	have, ok := f.kernelOps[ids[1]]
	if !ok {
		types, in, err := btf.Extract(f.planner.kernel.BTF, ids)
		check(err)
		have = kernelOps{types, in}
		f.kernelOps[ids[1]] = have
	}
	kernel, in := have.types, have.ids
	outer := kernel.Type(in[0])
	data := memberNamed(outer, "data")
	if data < 0 || kernel.Resolve(outer.Members[data].Type) != in[1] {
		check(&NotFoundError{Kind: "member of the kernel's struct " + outer.Name, Name: "data"})
	}
	fits(outer.Size <= maxOpsValue, "the value type has %d bytes", outer.Size)
	f.kernel, f.inner, f.id, f.data = kernel, kernel.Type(in[1]), ids[1], outer.Members[data].BitOffset/8
	f.value = make([]byte, outer.Size)
	return ids[0]
}

// fits ends planning of a map unless ok.
func fits(ok bool, format string, args ...any) {
	if !ok {
		check(fmt.Errorf("%w: "+format, append([]any{ErrOpType}, args...)...))
	}
}

// members copies all of them, and gives the first error.
func (f *structOpsFit) members() (err error) {
	for i := range f.typ.Members {
		if e := catch(func() { f.member(i) }); e != nil && err == nil {
			err = fmt.Errorf("struct %s: member %q: %w", f.typ.Name, f.typ.Members[i].Name, e)
		}
	}
	return err
}

// memberBytes gives a member's value; of a bit field, the bytes that it touches.
func (f *structOpsFit) memberBytes(m *btf.Member) []byte {
	start, end := uint64(m.BitOffset/8), (uint64(m.BitOffset)+uint64(m.BitSize)+7)/8
	if m.BitSize == 0 {
		end = start + must(f.spec.types.Size(m.Type))
	}
	// btf has checked that an INT's bits lie in the struct, not that its bytes do.
	fits(end <= uint64(len(f.m.Contents)), "it ends at byte %d of %d", end, len(f.m.Contents))
	return f.m.Contents[start:end]
}

// member copies one member. One that the kernel does not have is left out if it is zero, or an operation that
// Options.DropOps names.
func (f *structOpsFit) member(i int) {
	mem, types := &f.typ.Members[i], f.spec.types
	from := f.memberBytes(mem)
	zero := allZero(from)
	program, isOp := f.m.structOps.ops[i]
	k := memberNamed(f.inner, mem.Name)
	if k < 0 {
		if isOp && !slices.Contains(f.opts.DropOps, mem.Name) || !isOp && !zero {
			check(fmt.Errorf("%w: this kernel's struct %s does not have it: set it to 0, or name an operation in Options.DropOps", ErrNoOp, f.inner.Name))
		}
		return
	}
	to := &f.inner.Members[k]
	size := must(f.kernel.Size(to.Type))
	offset := f.data + to.BitOffset/8 // in the value, as btf has checked
	fits(mem.BitSize == 0 && to.BitSize == 0, "it is a bit field")
	if isOp {
		fits(size == 8, "the kernel's is no function pointer")
		f.op(program, attachPoint{f.id, sys.AttachType(k)}, offset)
		return
	}
	fits(zero || uint64(len(from)) == size, "it has %d bytes, the kernel's %d", len(from), size)
	fits(zero || types.Type(types.Resolve(mem.Type)).Kind != btf.KindPtr, "it is a pointer to no program")
	copy(f.value[offset:], from[:min(uint64(len(from)), size)])
}

// op ties a program to the operation that it implements.
func (f *structOpsFit) op(program int, at attachPoint, offset uint32) {
	prog := &f.programs[program]
	fits(prog.at.id == 0 || prog.at == at, "program %q is a different operation elsewhere", prog.thing.name)
	prog.at = at
	f.fds = append(f.fds, Use{Field: fmt.Sprintf("value[%d]", offset), Step: program, in: f.value[offset:][:8]})
}

// planOps fills a struct_ops map, after the programs.
func (p *planner) planOps(m *plannedMap) {
	if m.ops == nil {
		return
	}
	step := p.update(m, 0, m.ops.value)
	for _, u := range m.ops.fds {
		u.Step = p.programs[u.Step].step
		step.Uses = append(step.Uses, u)
	}
}
