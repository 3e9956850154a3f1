package main

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/cavaliergopher/cpio"
)

// demoPackage is kptr-demo's, whose tests find the binary itself beside them.
const demoPackage = "kptr/cmd/kptr-demo"

// programs are the static binaries of an architecture.
type programs struct {
	dir      string
	packages []string // those that have tests, by import path
}

// build builds kptr-demo and the tests of every package of the project that has any. The tag
// "guest" has the test programs carry the files that they read.
func build(root, arch, dir string) (*programs, error) {
	p := &programs{dir: dir}
	for _, args := range [][]string{
		{"build", "-trimpath", "-ldflags=-s -w", "-o", dir + "/", "./cmd/kptr-demo"},
		{"test", "-c", "-trimpath", "-tags=guest", "-ldflags=-s -w", "-o", dir + "/", "./..."},
	} {
		if _, err := goTool(root, arch, args...); err != nil {
			return nil, err
		}
	}
	list, err := goTool(root, arch, "list", "-f", `{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}`, "./...")
	p.packages = append([]string{alone}, strings.Fields(string(list))...)
	return p, err
}

func goTool(root, arch string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	return output(cmd)
}

// initramfs packs the tests of a package as /init: there is no other file, but for kptr-demo beside
// its own tests. /dev/console is of the archive that the kernel itself has built in.
func (p *programs) initramfs(pkg string) ([]byte, error) {
	files := map[string]string{"init": path.Base(pkg) + ".test"}
	switch pkg {
	case demoPackage:
		files["kptr-demo"] = "kptr-demo"
	case alone:
		files["init"] = "kptr-demo"
	}
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for name, file := range files {
		data, err := os.ReadFile(filepath.Join(p.dir, file))
		if err != nil {
			return nil, err
		}
		if err := w.WriteHeader(&cpio.Header{Name: name, Mode: cpio.TypeReg | 0o755, Size: int64(len(data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}
