package bpfobj

import (
	"slices"

	"kptr/btf"
)

// placeInfo copies the .BTF.ext records of each placed function to the program,
// moved to where the function now stands. The kernel wants each kind sorted;
// placements are in order and the records of a section are too. It counts in
// instructions, and in bytes for CO-RE relocations.
func (l *linker) placeInfo(p *ProgramSpec) {
	if l.ext == nil {
		return
	}
	for _, fn := range l.placed {
		p.funcs = l.appendInfo(p.funcs, l.ext.Funcs, btf.FuncInfoSize, fn, fn.start+1, insnSize)
		p.lines = l.appendInfo(p.lines, l.ext.Lines, btf.LineInfoSize, fn, fn.end, insnSize)
		p.relos = l.appendInfo(p.relos, l.ext.Relos, btf.CORERelocationSize, fn, fn.end, 1)
	}
	// check_btf_func_early (kernel/bpf/verifier.c) wants a record for every
	// subprogram or none at all.
	if len(p.funcs) != len(l.placed)*btf.FuncInfoSize {
		p.funcs, p.lines = nil, nil
	}
	// check_btf_info (kernel/bpf/verifier.c) does not get as far as CO-RE relocations
	// without the other two, and the program would keep the offsets of the build host.
	if len(p.relos) > 0 && len(p.funcs) == 0 && len(p.lines) == 0 {
		main := l.placed[0]
		l.refuse(insn{fn: main, off: main.start, name: p.Name}, "CO-RE relocations, but not a func_info record for each function: the kernel would ignore them")
	}
}

// appendInfo appends the records about a function up to an offset of its section.
func (l *linker) appendInfo(b []byte, secs []btf.ExtSec, size int, fn *function, end, unit uint64) []byte {
	name := l.file.Sections[fn.section].Name
	i := slices.IndexFunc(secs, func(s btf.ExtSec) bool { return s.Name == name })
	if i < 0 {
		return b
	}
	for r := range slices.Chunk(secs[i].Records, size) {
		if off := uint64(l.ByteOrder.Uint32(r)); fn.start <= off && off < end {
			b = append(b, r...)
			l.ByteOrder.PutUint32(b[len(b)-size:], uint32((uint64(fn.at*insnSize)+off-fn.start)/unit))
		}
	}
	return b
}
