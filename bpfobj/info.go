package bpfobj

import "kptr/btf"

// Sizes in bytes of the records of .BTF.ext as the kernel takes them: struct
// bpf_func_info, bpf_line_info and bpf_core_relo (include/uapi/linux/bpf.h).
const (
	funcInfoSize = 8
	lineInfoSize = 16
	coreReloSize = 16
)

// placeInfo copies the .BTF.ext records of each placed function to the program,
// moved to where the function now stands. The kernel wants each kind sorted;
// placements are in order and the records of a section are too.
func (l *linker) placeInfo() error {
	ext := l.spec.ext
	if ext == nil {
		return nil
	}
	order, p := l.spec.ByteOrder, l.prog
	for _, at := range l.placed {
		section := l.spec.file.Sections[at.fn.section].Name
		for _, r := range records(ext.Funcs, section) {
			if uint64(r.InsnOff) == at.fn.start {
				r.InsnOff = at.moved(r.InsnOff)
				p.funcs = btf.AppendFuncInfo(p.funcs, order, r)
			}
		}
		for _, r := range records(ext.Lines, section) {
			if at.holds(r.InsnOff) {
				r.InsnOff = at.moved(r.InsnOff)
				p.lines = btf.AppendLineInfo(p.lines, order, r)
			}
		}
		for _, r := range records(ext.Relos, section) {
			if at.holds(r.InsnOff) {
				r.InsnOff = at.moved(r.InsnOff)
				p.relos = btf.AppendCORERelo(p.relos, order, r)
			}
		}
	}
	// check_btf_func_early (kernel/bpf/verifier.c) wants a record for every
	// subprogram or none at all.
	if len(p.funcs) != len(l.placed)*funcInfoSize {
		p.funcs, p.lines = nil, nil
	}
	// check_btf_info (kernel/bpf/verifier.c) does not get as far as CO-RE relocations
	// without the other two, and the program would keep the offsets of the build host.
	if len(p.relos) > 0 && len(p.funcs) == 0 && len(p.lines) == 0 {
		return l.refuse(l.placed[0].fn, 0, p.Name, "CO-RE relocations, but not a func_info record for each function: the kernel would ignore them")
	}
	return nil
}

// holds tells whether the instruction at a byte offset of the section belongs to
// the placed function.
func (p placement) holds(off uint32) bool {
	return p.fn.start <= uint64(off) && uint64(off) < p.fn.end
}

// moved gives the byte offset in the program of an offset in the section.
func (p placement) moved(off uint32) uint32 {
	return uint32(p.at*insnSize) + off - uint32(p.fn.start)
}

func records[R any](secs []btf.ExtSec[R], section string) []R {
	for i := range secs {
		if secs[i].Name == section {
			return secs[i].Records
		}
	}
	return nil
}
