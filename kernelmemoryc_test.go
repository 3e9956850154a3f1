package kptr_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
)

// TestKernelMemoryOfC: memory as a C program has it, where the C library and the linker put it, on the first thread and on
// another one. Go has no thread-local variables and no malloc(3) to show it with.
func TestKernelMemoryOfC(t *testing.T) {
	program := compile(t, filepath.Join("testdata", "memory.c"))
	obj := load(t, prebuilt.EveryTask())
	must(t, obj.Attach())
	pin := filepath.Join(mountBPFFS(t), "datamap")
	must(t, obj.Map("datamap").Pin(pin))
	for _, row := range []struct {
		kind   string
		errno  syscall.Errno
		result int32
	}{
		{"TLS, .tdata", 0, 23},
		{"TLS, .tbss", 0, 23},
		{"heap", 0, 23},
		{"large heap", 0, 23}, // malloc(3) maps it: M_MMAP_THRESHOLD of mallopt(3)
		{"stack", 0, 23},
		{".data", 0, 23},
		{".bss", 0, 23},
		{".rodata", syscall.EFAULT, 0},
	} {
		for _, args := range [][]string{{row.kind}, {row.kind, "of another thread"}} {
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				cmd := exec.Command(program, append([]string{pin}, args...)...)
				cmd.Stderr = os.Stderr
				out, err := cmd.Output()
				must(t, err)
				if got, want := string(out), fmt.Sprintf("%d %d\n", row.errno, row.result); got != want {
					t.Errorf("errno and result %q, want %q", got, want)
				}
			})
		}
	}
}

// compile builds a C program for the test with the system's compiler.
func compile(t *testing.T, source string) string {
	t.Helper()
	cc := kerneltest.NeedTool(t, "cc")
	program := filepath.Join(t.TempDir(), "program")
	out, err := exec.Command(cc, "-Wall", "-Wextra", "-Werror", "-O1", "-pthread", "-o", program, source).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}
