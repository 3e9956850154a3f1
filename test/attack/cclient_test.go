//go:build !race

package attack

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
)

// TestCClient compiles a client in C99 and C++, as strictly as the compiler can, and runs it as nobody.
func TestCClient(t *testing.T) {
	kerneltest.NeedHost(t, "a compiler")
	for _, row := range []struct{ compiler, std, language string }{
		{"cc", "-std=c99", "-xc"},
		{"c++", "-std=c++11", "-xc++"},
	} {
		t.Run(row.std, func(t *testing.T) {
			compiler := kerneltest.NeedTool(t, row.compiler)
			w := brokered(t)
			program := filepath.Join(publicDir(t), "client")
			compile := exec.Command(compiler, row.std, "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-pthread", "-I", "../../broker",
				"-o", program, row.language, "testdata/client.c")
			if out, err := compile.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			must(t, os.Chmod(program, 0o755))
			cmd := exec.Command(program, w.path)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			out, err := cmd.CombinedOutput()
			if want := "1\n257\n"; err != nil || string(out) != want {
				t.Errorf("%q, %v, want %q", out, err, want)
			}
		})
	}
}
