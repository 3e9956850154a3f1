package bpfobj

import (
	"slices"
	"strings"

	"kptr/btf"
	"kptr/elf"
)

// A ksym is a kernel symbol that the object refers to: an extern declared with
// __ksym, a kfunc or a typed variable.
type ksym struct {
	name   string
	kind   btf.Kind // KindFunc or KindVar
	weak   bool     // may be absent from the kernel
	symbol int      // ELF symbol
}

// names gives the names to look for in the kernel's BTF, the first that exists
// counts: the name itself, then the name without its flavour, the part from its
// last "___" on.
func (k ksym) names() []btf.Name {
	names := []btf.Name{{Kind: k.kind, Name: k.name}}
	if i := strings.LastIndex(k.name, "___"); i > 0 {
		names = append(names, btf.Name{Kind: k.kind, Name: k.name[:i]})
	}
	return names
}

// parseKsyms lists the undefined symbols.
func (s *Spec) parseKsyms() error {
	for i := range s.file.Symbols {
		sym := &s.file.Symbols[i]
		if sym.Section != elf.SHN_UNDEF || sym.Name == "" {
			continue
		}
		k := ksym{name: sym.Name, symbol: i, weak: sym.Bind == elf.STB_WEAK}
		var err error
		if k.kind, err = s.ksymKind(sym.Name); err != nil {
			return err
		}
		s.ksyms = append(s.ksyms, k)
	}
	return nil
}

func (s *Spec) ksymKind(name string) (btf.Kind, error) {
	refuse := func(what string) (btf.Kind, error) {
		return 0, &FormatError{Section: ".symtab", Name: name, What: what}
	}
	if s.types == nil {
		return refuse("undefined symbol, and the object has no BTF to say what it is")
	}
	if _, err := s.types.Find(btf.KindFunc, name); err == nil {
		return btf.KindFunc, nil
	}
	id, err := s.types.Find(btf.KindVar, name)
	if err != nil {
		return refuse("undefined symbol, declared neither as a kfunc nor as a kernel variable")
	}
	if s.types.Resolve(s.types.Type(id).Type) == 0 {
		return refuse("extern of type void (an address from kallsyms) is not supported")
	}
	return btf.KindVar, nil
}

// linkageGlobal is BTF_VAR_GLOBAL_ALLOCATED and BTF_FUNC_GLOBAL (include/uapi/
// linux/btf.h), linkageExtern the extern of both.
const (
	linkageGlobal = 1
	linkageExtern = 2
)

// internExterns puts the externs of an object's BTF in the form that BPF_BTF_LOAD
// takes: btf_datasec_check_meta, btf_var_check_meta and btf_func_check (kernel/
// bpf/btf.c) refuse an empty DATASEC, extern linkage, FUNCs in a DATASEC and
// parameters without a name. The kernel finds externs by the ids in the
// instructions and never reads these.
func internExterns(types *btf.Spec) {
	for id := btf.ID(1); int(id) < types.Len(); id++ {
		t := types.Type(id)
		switch {
		case t.Kind == btf.KindDataSec && t.Name == ".ksyms":
			t.Vars, t.Size = nil, 1
		case t.Kind == btf.KindVar && t.Linkage == linkageExtern:
			t.Linkage = linkageGlobal
		case t.Kind == btf.KindFunc && t.Linkage == linkageExtern:
			t.Linkage = linkageGlobal
			proto := namedParams(types, t.Type) // adds a type: t is stale
			types.Type(id).Type = proto
		}
	}
}

// namedParams adds a copy of a prototype whose parameters all have names: clang
// gives those of an extern none.
func namedParams(types *btf.Spec, proto btf.ID) btf.ID {
	p := *types.Type(proto)
	p.Params = slices.Clone(p.Params)
	for i := range p.Params {
		if p.Params[i].Type != 0 { // void ends a variadic list
			p.Params[i].Name = "arg"
		}
	}
	return types.Add(p)
}
