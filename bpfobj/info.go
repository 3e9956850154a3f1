package bpfobj

import (
	"slices"
	"sort"

	"kptr/btf"
	"kptr/sys"
)

// An info holds the .BTF.ext records about a function or a program, by kind.
type info [3][]byte

// The kinds of records.
const funcInfo, lineInfo, coreRelos = 0, 1, 2

// infoSizes is the size of a record of each kind, in bytes.
var infoSizes = [...]int{btf.FuncInfoSize, btf.LineInfoSize, btf.CORERelocationSize}

// attr gives the records of a kind in the form that BPF_PROG_LOAD takes, zeros if there are none.
func (f *info) attr(kind int) (records sys.Ptr, count, size uint32) {
	if len(f[kind]) == 0 {
		return
	}
	size = uint32(infoSizes[kind])
	return sys.Bytes(f[kind]), uint32(len(f[kind])) / size, size
}

// shareInfo gives each function the .BTF.ext records about it: gcc -O3 does not sort those of a section.
func (l *linker) shareInfo() {
	sections := make(map[string]int) // with functions, by name
	for i := range l.funcs {
		section := l.funcs[i].section
		name := l.file.Sections[section].Name
		if first, seen := sections[name]; seen && first != section {
			section = 0 // nothing says which of the two is meant
		}
		sections[name] = section
	}
	for kind, secs := range [...][]btf.ExtSec{l.ext.Funcs, l.ext.Lines, l.ext.Relos} {
		for _, sec := range secs {
			section, known := sections[sec.Name]
			FormatError{Section: ".BTF.ext", Name: sec.Name}.want(kind != coreRelos || section != 0 || !known && l.file.Section(sec.Name) != nil,
				"CO-RE relocations of a section of this name, of which there is none, or two: the kernel would not see them")
			for r := range slices.Chunk(sec.Records, infoSizes[kind]) {
				off := uint64(l.ByteOrder.Uint32(r))
				// A weak function that another one has replaced keeps its instructions and records, but no symbol (bpftool gen object).
				if fn := l.functionAt(section, off); fn != nil && (kind != funcInfo || off == fn.start) {
					fn.info[kind] = append(fn.info[kind], r...)
					fn.size += len(r)
				}
			}
		}
	}
}

// functionAt finds the function that an offset of a section lies in; nil if it lies in none.
func (l *linker) functionAt(section int, off uint64) *function {
	i := sort.Search(len(l.funcs), func(i int) bool {
		f := &l.funcs[i]
		return f.section > section || f.section == section && f.end > off
	})
	if i == len(l.funcs) || l.funcs[i].section != section || l.funcs[i].start > off {
		return nil
	}
	return &l.funcs[i]
}

// placeInfo copies the records of each placed function to the program, moved to where the function now stands. The kernel wants
// func_info and line_info sorted: placements are in order, and so are the lines of a function. It counts in instructions, and in
// bytes for CO-RE relocations.
func (l *linker) placeInfo(p *ProgramSpec) {
	for _, fn := range l.placed {
		for kind, records := range fn.info {
			all := append(p.info[kind], records...)
			for r := range slices.Chunk(all[len(p.info[kind]):], infoSizes[kind]) {
				off := uint64(fn.at*insnSize) + uint64(l.ByteOrder.Uint32(r)) - fn.start
				if kind != coreRelos {
					off /= insnSize
				}
				l.ByteOrder.PutUint32(r, uint32(off))
			}
			p.info[kind] = all
		}
	}
	// check_btf_func_early (kernel/bpf/verifier.c) wants a record for every
	// subprogram or none at all.
	if len(p.info[funcInfo]) != len(l.placed)*btf.FuncInfoSize {
		p.info[funcInfo], p.info[lineInfo] = nil, nil
	}
	// check_btf_info (kernel/bpf/verifier.c) does not get as far as CO-RE relocations
	// without the other two, and the program would keep the offsets of the build host.
	if len(p.info[coreRelos]) > 0 && len(p.info[funcInfo]) == 0 && len(p.info[lineInfo]) == 0 {
		main := l.placed[0]
		l.refuse(insn{fn: main, off: main.start, name: p.Name}, "CO-RE relocations, but not a func_info record for each function: the kernel would ignore them")
	}
}
