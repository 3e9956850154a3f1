package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"kptr/test/vm/job"
)

// source is where the project's tree lies in the virtual machine: tests read files beside them.
const source = "/src"

// module is the path of the project's Go module.
const module = "kptr"

// binaries are the programs that run in the virtual machine, built once for all kernels.
type binaries struct {
	dir      string // where they are
	root     string // the project's root directory
	packages []string
}

// build builds init, kptr-demo and the tests of every package of the project that has any.
func build(root, dir string) (*binaries, error) {
	b := &binaries{dir: dir, root: root}
	tests := filepath.Join(dir, "tests")
	if err := os.MkdirAll(tests, 0o755); err != nil {
		return nil, err
	}
	for _, args := range [][]string{
		{"build", "-o", filepath.Join(dir, "init"), "./init"},
		{"-C", root, "build", "-o", filepath.Join(dir, "kptr-demo"), "./cmd/kptr-demo"},
		{"-C", root, "test", "-c", "-o", tests + "/", "./..."},
	} {
		if _, err := goTool(args...); err != nil {
			return nil, err
		}
	}
	list, err := goTool("-C", root, "list", "-f", `{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}`, "./...")
	if err != nil {
		return nil, err
	}
	b.packages = strings.Fields(string(list))
	return b, nil
}

func goTool(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	return output(cmd)
}

// output runs a command and gives its standard output; an error carries the other one.
func output(cmd *exec.Cmd) ([]byte, error) {
	var text strings.Builder
	cmd.Stderr = &text
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, text.String())
	}
	return out, nil
}

// initramfs packs the programs, the project's tree and the jobs.
func (b *binaries) initramfs(jobs []job.Job) ([]byte, error) {
	var c cpio
	c.dir("dev")
	// The kernel gives process 1 its standard files before devtmpfs is mounted.
	c.char("dev/console", 5, 1)
	list, err := json.Marshal(jobs)
	if err != nil {
		return nil, err
	}
	c.file(job.Path[1:], 0o644, list)
	for _, tree := range []struct{ from, to string }{{b.root, source[1:]}, {b.dir, ""}} {
		if err := c.tree(tree.from, tree.to); err != nil {
			return nil, err
		}
	}
	return c.bytes(), nil
}

// tree adds the files below the directory from, without those that no test reads.
func (c *cpio) tree(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch inside := path.Join(to, rel); {
		case rel == ".git" || rel == "bin":
			return filepath.SkipDir
		case inside == ".":
		case d.IsDir():
			c.dir(inside)
		case d.Type().IsRegular():
			info, err := d.Info()
			if err != nil {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			c.file(inside, int(info.Mode().Perm()), data)
		}
		return nil
	})
}
