package kernel

import (
	"os"
	"os/exec"
)

// GoTool runs the go command in a directory, for static programs of an architecture, by Go's name, and gives what it prints.
func GoTool(dir, arch string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	return Output(cmd)
}
