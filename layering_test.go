package kptr_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// layers is the whole of what each package of the product may import besides the
// standard library without unsafe; an import only ever goes down.
var layers = map[string][]string{
	"elf":                 {},
	"btf":                 {},
	"sys":                 {"golang.org/x/sys/unix"},
	"bpfobj/prebuilt":     {},
	"bpfobj":              {"kptr/elf", "kptr/btf", "kptr/sys"},
	".":                   {"kptr/btf", "kptr/sys", "kptr/bpfobj", "kptr/broker/wire"},
	"broker/wire":         {},
	"broker":              {"kptr/sys", "kptr/bpfobj", "kptr/bpfobj/prebuilt", "kptr/broker/wire"},
	"cmd/kptr-demo":       {"kptr/btf", "kptr/elf", "kptr/sys", "kptr/bpfobj", "kptr/bpfobj/prebuilt", "kptr", "kptr/broker", "kptr/internal/btfc"},
	"internal/btfc":       {"kptr/btf"},
	"internal/kerneltest": {"kptr/sys"},
}

// unsafeFiles may import unsafe. Each says at its head why.
func unsafeFile(name string) bool {
	return path.Dir(name) == "sys" && strings.HasSuffix(name, "_unsafe.go") || name == "memory_unsafe.go" || name == "gc_unsafe.go"
}

// linknames are the comments that link something in by its name, by file. Each file says at its head why.
var linknames = map[string]string{"gc_unsafe.go": "//go:linkname writeBarrier runtime.writeBarrier"}

// TestImports holds the house's rules: which package may import which, where
// unsafe stands, and that nothing is linked in through cgo, or go:linkname but
// for one word of the runtime.
func TestImports(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	files := goFiles(t)
	if len(files) < 50 {
		t.Fatalf("found %d Go files: is the test looking in the wrong place?", len(files))
	}
	for _, name := range files {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		allowed, known := layers[path.Dir(name)]
		if !known {
			t.Errorf("%s:1: package %s is not in the table of layers", name, path.Dir(name))
		}
		for _, spec := range f.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if !mayImport(name, imported, allowed) {
				t.Errorf("%v: %s may not import %q", fset.Position(spec.Pos()), path.Dir(name), imported)
			}
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, "//go:linkname") && c.Text != linknames[name] {
					t.Errorf("%v: go:linkname", fset.Position(c.Pos()))
				}
			}
		}
	}
}

func mayImport(file, imported string, allowed []string) bool {
	switch {
	case imported == "C":
		return false
	case imported == "unsafe":
		return unsafeFile(file)
	case !strings.Contains(imported, ".") && imported != "kptr" && !strings.HasPrefix(imported, "kptr/"):
		return true // standard library
	}
	for _, a := range allowed {
		if imported == a {
			return true
		}
	}
	return false
}

// goFiles lists the product's Go files without tests, by slash-separated path.
func goFiles(t *testing.T) []string {
	var files []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if d.IsDir() {
			if name == "test" || name == "vendor" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "." {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
