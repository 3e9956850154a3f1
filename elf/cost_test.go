package elf

import (
	"bytes"
	stdelf "debug/elf"
	"encoding/binary"
	"runtime"
	"testing"
)

// memoryFactor and memorySlack bound what Parse may allocate: the structures
// are up to three times as large as those of the file, and a size class is
// rounded up.
const (
	memoryFactor = 4
	memorySlack  = 64 << 10
)

// allocated returns the bytes of heap that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAllocations(t *testing.T) {
	for _, name := range objects(t) {
		b := readObject(t, name)
		n := testing.AllocsPerRun(10, func() { mustParse(t, b) })
		if n > 10 {
			t.Errorf("%s: %v allocations, want at most 10", name, n)
		}
	}
}

// TestMemory parses files that hold little but section headers and symbols,
// which grow most, and names that all start at the first byte.
func TestMemory(t *testing.T) {
	for _, row := range []struct {
		name              string
		sections, symbols int
		names             int
	}{
		{"section headers", 60000, 1, 0},
		{"symbols", 3, 100000, 0},
		{"symbols with one long name", 3, 20000, maxName - 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := bigObject(row.sections, row.symbols, row.names)
			var f *File
			got := allocated(func() { f = mustParse(t, b) })
			if len(f.Sections) != row.sections || len(f.Symbols) != row.symbols {
				t.Errorf("%d sections, %d symbols", len(f.Sections), len(f.Symbols))
			}
			if limit := uint64(memoryFactor*len(b) + memorySlack); got > limit {
				t.Errorf("%d bytes of heap for a file of %d, want at most %d", got, len(b), limit)
			}
		})
	}
}

// bigObject makes an object with that many section headers and symbols; every
// symbol has one and the same name, of n bytes.
func bigObject(sections, symbols, n int) []byte {
	names := append(append([]byte{0}, bytes.Repeat([]byte{'n'}, n)...), 0)
	strOff, shOff := 64, (64+len(names)+7)&^7
	symOff := shOff + sections*64
	h := stdelf.Header64{
		Type: 1, Machine: 247, Version: 1, Shoff: uint64(shOff), Ehsize: 64, Shentsize: 64,
		Shnum: uint16(sections), Shstrndx: 1,
	}
	copy(h.Ident[:], "\x7fELF\x02\x01\x01")
	headers := make([]stdelf.Section64, sections)
	headers[1] = stdelf.Section64{Type: 3, Off: uint64(strOff), Size: uint64(len(names))}
	headers[2] = stdelf.Section64{Type: 2, Off: uint64(symOff), Size: uint64(symbols * 24), Link: 1, Entsize: 24}
	for i := 3; i < sections; i++ {
		headers[i] = stdelf.Section64{Type: 8}
	}
	table := make([]stdelf.Sym64, symbols)
	for i := range table[1:] {
		table[1+i].Name = 1
	}
	b := make([]byte, symOff+symbols*24)
	for off, v := range map[int]any{0: h, strOff: names, shOff: headers, symOff: table} {
		if _, err := binary.Encode(b[off:], binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return b
}

func BenchmarkParse(b *testing.B) {
	data := readObject(b, "task.bpfel")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
