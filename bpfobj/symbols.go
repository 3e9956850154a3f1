package bpfobj

import "kptr/elf"

// Symbols gives the object's ELF symbols, to which the relocations of [Spec.Sections]
// refer by index. They must not be changed.
func (s *Spec) Symbols() []elf.Symbol { return s.file.Symbols }
