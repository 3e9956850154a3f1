package main

import (
	"path"
	"path/filepath"
	"strings"

	"kptr/test/vm/kernel"
)

// demoPackage is kptr-demo's, whose tests find the binary itself beside them.
const demoPackage = "kptr/cmd/kptr-demo"

// programs are the static binaries of an architecture.
type programs struct {
	dir      string
	packages []string // those that have tests, by import path
}

// modules are the directories of the modules whose tests run in guests: the project, and those beside it that need kernels.
var modules = []string{".", "test/hostile", "test/peers"}

// build builds kptr-demo and the tests of every package of the project that has any. The tag
// "guest" has the test programs carry the files that they read.
func build(root, arch, dir string) (*programs, error) {
	p := &programs{dir: dir, packages: []string{alone}}
	if _, err := kernel.GoTool(root, arch, "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./cmd/kptr-demo"); err != nil {
		return nil, err
	}
	for _, module := range modules {
		module = filepath.Join(root, module)
		if _, err := kernel.GoTool(module, arch, "test", "-c", "-trimpath", "-tags=guest", "-ldflags=-s -w", "-o", dir+"/", "./..."); err != nil {
			return nil, err
		}
		list, err := kernel.GoTool(module, arch, "list", "-f", `{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}`, "./...")
		if err != nil {
			return nil, err
		}
		p.packages = append(p.packages, strings.Fields(string(list))...)
	}
	return p, nil
}

// initramfs packs the tests of a package as /init: there is no other file, but for kptr-demo beside
// its own tests.
func (p *programs) initramfs(pkg string) ([]byte, error) {
	files := map[string]string{"init": filepath.Join(p.dir, path.Base(pkg)+".test")}
	switch pkg {
	case demoPackage:
		files["kptr-demo"] = filepath.Join(p.dir, "kptr-demo")
	case alone:
		files["init"] = filepath.Join(p.dir, "kptr-demo")
	}
	return kernel.Initramfs(files)
}
