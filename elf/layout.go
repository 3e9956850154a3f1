package elf

import "sort"

// An extent is a part of the file that something owns.
type extent struct {
	off, end uint64
	section  int // 0 stands for the section header table
}

// byOffset sorts extents; the section header table, which comes first, stays before
// a section at the same offset. Unlike slices.SortFunc, package sort is compiled once
// for all types.
type byOffset []extent

func (e byOffset) Len() int           { return len(e) }
func (e byOffset) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e byOffset) Less(i, j int) bool { return e[i].off < e[j].off }

// checkLayout refuses a file in which two things own the same byte. The gABI
// says so of sections (chapter 4, "Sections"); without it, what a program reads
// of the file would depend on the way it came. It also bounds the size of all
// tables together by the size of the file.
func (p *parser) checkLayout() error {
	h := &p.header
	extents := make([]extent, 0, h.shnum)
	extents = append(extents, extent{h.shoff, h.shoff + uint64(h.shnum)*shdrSize, 0})
	for i := range p.file.Sections {
		s := &p.file.Sections[i]
		if len(s.Data) == 0 {
			continue
		}
		if s.Offset < ehdrSize {
			return malformed("sh_offset %#x is inside of the file header", s.Offset).at(p.field(s, shOffset), headerPlace{s})
		}
		extents = append(extents, extent{s.Offset, s.Offset + s.Size, i})
	}
	sort.Stable(byOffset(extents))
	for i := range extents[1:] {
		if a, b := extents[i], extents[i+1]; b.off < a.end {
			return p.overlap(a, b)
		}
	}
	return nil
}

// overlap blames the section with the higher index: the section header table
// counts as the lowest.
func (p *parser) overlap(a, b extent) error {
	if a.section > b.section {
		a, b = b, a
	}
	other := "the section header table"
	if a.section != 0 {
		other = p.file.Sections[a.section].String()
	}
	s := &p.file.Sections[b.section]
	return malformed("bytes %#x to %#x overlap %s, bytes %#x to %#x",
		b.off, b.end, other, a.off, a.end).at(p.field(s, shOffset), headerPlace{s})
}
