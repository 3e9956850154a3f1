// Package peers compares this project's loader with another one, cilium/ebpf, over a corpus of objects that both load on the
// running kernel. The comparison is its test; see docs/other-loaders.md.
package peers

import (
	"embed"
	"encoding/binary"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Embedded: the test program then needs no files, and can run where there is no source tree.
//
//go:embed corpus/*.o growth/*.o
var files embed.FS

// Corpus gives the objects of the corpus, X.bpfel.o and X.bpfeb.o, for other tests.
func Corpus() fs.FS {
	dir, err := fs.Sub(files, "corpus")
	if err != nil {
		panic(err) // of the name
	}
	return dir
}

// suffix ends the names of the objects in the host's byte order.
func suffix() string {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return ".bpfeb.o"
	}
	return ".bpfel.o"
}

// objects lists the corpus by name, in order.
func objects() []string {
	paths, err := fs.Glob(files, "corpus/*"+suffix())
	if err != nil {
		panic(err) // of the pattern
	}
	names := make([]string, len(paths))
	for i, file := range paths {
		names[i] = strings.TrimSuffix(path.Base(file), suffix())
	}
	return names
}

func object(name string) ([]byte, error) { return files.ReadFile("corpus/" + name + suffix()) }

// growing is the object with n programs and n maps: 1, 10 or 100.
func growing(n int) ([]byte, error) { return files.ReadFile(fmt.Sprint("growth/growth_", n, suffix())) }
