package elf

import (
	"errors"
	"testing"
)

// FuzzParse: an error is an *Error, matches exactly one sentinel and comes
// without a File; a File gives the bytes back that it was decoded from; and
// neither takes more memory than a small multiple of the input.
//
// Run it with -fuzzminimizetime=10x: at the default of a minute for each input
// that is new, minimizing takes all of the time.
func FuzzParse(f *testing.F) {
	for _, name := range objects(f) {
		f.Add(readObject(f, name))
	}
	f.Add(bigObject(4, 4, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		var file *File
		var err error
		got := allocated(func() { file, err = Parse(b) })
		if limit := uint64(memoryFactor*len(b) + memorySlack); got > limit {
			t.Errorf("%d bytes of heap for a file of %d, want at most %d", got, len(b), limit)
		}
		if err == nil {
			checkFile(t, file, b)
			return
		}
		var e *Error
		if file != nil || !errors.As(err, &e) || len(sentinelsOf(err)) != 1 {
			t.Errorf("error %v with file %v matches %v", err, file, sentinelsOf(err))
		}
		if e != nil && (e.Where == "" || e.What == "" || e.Off > uint64(len(b))) {
			t.Errorf("error does not name its place in the file: %v", err)
		}
	})
}

// checkFile checks what the package documentation promises of a File.
func checkFile(t *testing.T, f *File, b []byte) {
	if i := firstDifference(b, encode(f, b)); i >= 0 {
		t.Errorf("what is decoded does not give byte %#x of the file back", i)
	}
	for i := range f.Sections {
		s := &f.Sections[i]
		if s.Type != SHT_NOBITS && uint64(len(s.Data)) != s.Size {
			t.Errorf("%v: %d bytes of data, sh_size %d", s, len(s.Data), s.Size)
		}
		for _, x := range s.Relocs {
			if x.Symbol < 1 || x.Symbol >= len(f.Symbols) {
				t.Errorf("%v: symbol %d of %d", s, x.Symbol, len(f.Symbols))
			}
			if uint64(len(s.Data[x.Offset:])) < x.Type.width() {
				t.Errorf("%v: %v at %#x runs past the end", s, x.Type, x.Offset)
			}
		}
	}
	for i := range f.Symbols {
		if s := &f.Symbols[i]; sectionOf(f, s) != nil {
			if in := sectionOf(f, s); s.Value > in.Size || s.Size > in.Size-s.Value {
				t.Errorf("symbol %d is outside of %v", i, in)
			}
		}
	}
}
