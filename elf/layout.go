package elf

import "sort"

// byOffset sorts parts of the file. Unlike slices.SortFunc, package sort is
// compiled once for all types.
type byOffset []*Section

func (p byOffset) Len() int           { return len(p) }
func (p byOffset) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p byOffset) Less(i, j int) bool { return p[i].Offset < p[j].Offset }

// checkLayout refuses a file in which two things own the same byte. The gABI
// says so of sections (chapter 4, "Sections"); without it, what a program reads
// of the file would depend on the way it came. It also bounds the size of all
// tables together by the size of the file.
func (f *File) checkLayout() {
	headers := [...]Section{
		{Name: "the file header", Size: ehdrSize},
		{Name: "the section header table", Offset: f.shoff, Size: uint64(len(f.Sections)) * shdrSize},
	}
	parts := append(make([]*Section, 0, len(headers)+len(f.Sections)), &headers[0], &headers[1])
	for i := range f.Sections {
		if s := &f.Sections[i]; len(s.Data) != 0 {
			parts = append(parts, s)
		}
	}
	sort.Stable(byOffset(parts))
	for i, b := range parts[1:] {
		a := parts[i]
		if b.Offset >= a.Offset+a.Size {
			continue
		}
		if a.Index > b.Index { // blame the higher index, which is a section: e_shoff has been checked
			a, b = b, a
		}
		other := a.String()
		if a.Index == 0 {
			other = a.Name
		}
		f.header(b).refuse(ErrMalformed, shOffset, "bytes %#x to %#x overlap %s, bytes %#x to %#x",
			b.Offset, b.Offset+b.Size, other, a.Offset, a.Offset+a.Size)
	}
}
