package kptr

import "runtime"

// cacheLine is the unit in bytes that two CPUs cannot write at once without sending it back and forth.
func cacheLine() uintptr {
	switch runtime.GOARCH {
	case "arm64", "ppc64", "ppc64le":
		return 128 // some arm64 cores have 64, others 128; POWER has 128
	case "s390x":
		return 256
	}
	return 64
}

// blockAlign is the alignment of every block: that of the largest scalar that C and Go have.
const blockAlign = 8

// A bundle is the blocks of one share that lie side by side: they belong to one task, so they may share a cache line.
type bundle struct {
	size   uintptr // of a slot for it: a multiple of blockAlign, and of the cache line unless packed densely
	blocks []part
}

// A part is where the block of a user kptr lies in its bundle.
type part struct {
	field  int // index in the list of fields
	offset uintptr
}

// bundles packs the pointees of a value type, in their order, into as few bundles as fit a page each.
func bundles(fields []field, page, unit uintptr) []bundle {
	var out []bundle
	var end uintptr
	for i, f := range fields {
		size := roundUp(f.size, blockAlign)
		if len(out) == 0 || end+size > page {
			out, end = append(out, bundle{}), 0
		}
		b := &out[len(out)-1]
		b.blocks = append(b.blocks, part{i, end})
		end += size
		b.size = roundUp(end, unit)
	}
	return out
}

func roundUp(n, unit uintptr) uintptr { return (n + unit - 1) / unit * unit }
