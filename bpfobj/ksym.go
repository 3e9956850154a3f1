package bpfobj

import (
	"strings"

	"kptr/btf"
	"kptr/elf"
)

// A ksym is a kfunc that the object refers to: a function declared with __ksym.
type ksym struct {
	name   string
	weak   bool // may be absent from the kernel
	symbol int  // ELF symbol
}

// names gives the names to look for in the kernel's BTF, the first that exists
// counts: the name itself, then the name without its flavour, the part from its
// last "___" on.
func (k ksym) names() []btf.Name {
	names := []btf.Name{{Kind: btf.KindFunc, Name: k.name}}
	if i := strings.LastIndex(k.name, "___"); i > 0 {
		names = append(names, btf.Name{Kind: btf.KindFunc, Name: k.name[:i]})
	}
	return names
}

// parseKsyms lists the undefined symbols, which have to be FUNCs in the object's BTF.
func (s *Spec) parseKsyms() {
	for i := range s.file.Symbols {
		if sym := &s.file.Symbols[i]; sym.Section == elf.SHN_UNDEF && sym.Name != "" {
			s.ksyms = append(s.ksyms, ksym{name: sym.Name, symbol: i, weak: sym.Bind == elf.STB_WEAK})
		}
	}
	kinds := make(map[string]btf.Kind)
	for id := btf.ID(1); len(s.ksyms) > 0 && s.types != nil && int(id) < s.types.Len(); id++ {
		if t := s.types.Type(id); t.Kind == btf.KindFunc || t.Kind == btf.KindVar && kinds[t.Name] == 0 {
			kinds[t.Name] = t.Kind
		}
	}
	for _, k := range s.ksyms {
		at := FormatError{Section: ".symtab", Offset: 24 * uint64(k.symbol), Name: k.name} // sizeof(Elf64_Sym)
		at.want(s.types != nil, "undefined symbol, and the object has no BTF to say what it is: compile with -g")
		at.want(kinds[k.name] != btf.KindVar, "extern variable: link the object that has it (bpftool gen object); of the kernel (__ksym) none is supported, ask a kfunc or a helper")
		at.want(kinds[k.name] == btf.KindFunc, "undefined symbol, not declared as a kfunc")
	}
}

// forKernel puts an object's BTF in the form that BPF_BTF_LOAD takes, and that means what its author meant.
//
// Externs: btf_datasec_check_meta and btf_var_check_meta (kernel/bpf/btf.c) refuse an empty DATASEC, extern linkage and FUNCs
// in a DATASEC. The kernel finds externs by the ids in the instructions and never reads these.
//
// Parameters without a name, which btf_func_check refuses: clang gives those of an extern none, nor any without optimisation, and
// C23 leaves them to the author.
//
// Hidden functions become static, since BTF has no visibility: the verifier then follows each call of one with what it knows of
// the arguments, and does not verify it for all (do_check_subprogs, kernel/bpf/verifier.c). It is what the author of a __hidden
// function in an object of several files relies on.
func (s *Spec) forKernel(types *btf.Spec) {
	hidden := make(map[string]bool)
	for i := range s.file.Symbols {
		sym := &s.file.Symbols[i]
		if sym.Type == elf.STT_FUNC && (sym.Visibility == elf.STV_HIDDEN || sym.Visibility == elf.STV_INTERNAL) {
			hidden[sym.Name] = true
		}
	}
	for id := btf.ID(1); int(id) < types.Len(); id++ {
		t := types.Type(id)
		switch {
		case t.Kind == btf.KindDataSec && t.Name == ".ksyms":
			t.Members, t.Size = nil, 1
		case t.Kind == btf.KindVar && t.Linkage == btf.LinkageExtern:
			t.Linkage = btf.LinkageGlobal
		case t.Kind == btf.KindFunc:
			if t.Linkage == btf.LinkageExtern {
				t.Linkage = btf.LinkageGlobal
			} else if hidden[t.Name] {
				t.Linkage = btf.LinkageStatic
			}
			params := types.Type(t.Type).Members
			for i := range params {
				if params[i].Type != 0 && params[i].Name == "" { // void ends a variadic list
					params[i].Name = "arg"
				}
			}
		}
	}
}
