package elf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// objects returns the names of the objects in testdata, without ".o".
func objects(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.o")
	if err != nil || len(files) < 8 {
		t.Fatalf("testdata holds %d objects (%v)", len(files), err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".o")
	}
	return files
}

func readObject(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".o"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sectionOf returns the section in which s is defined, or nil.
func sectionOf(f *File, s *Symbol) *Section {
	if s.Section == SHN_UNDEF || s.Section.Reserved() {
		return nil
	}
	return &f.Sections[s.Section]
}

func mustParse(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
