package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// mainEnv has this test program be serve.
const mainEnv = "KPTR_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) != "" {
		main()
		os.Exit(0)
	}
	kerneltest.Main(m, nil)
}

type hint struct{ A, B, Result int32 }

type value struct {
	Udata *hint `btf:"kptr_user"`
}

// TestServe: the map is there, and the program looks at whoever shares through it, until a signal takes both away.
func TestServe(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	needUserKptrs(t)
	kerneltest.NoLeaks(t)
	pin := filepath.Join(mountBPFFS(t), "datamap")
	cmd := exec.Command("/proc/self/exe", "-pin", pin, "-mode", "0622")
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "pinned at "+pin+", mode 0622") {
		t.Errorf("%q, %v", line, err)
	}
	if info, err := os.Stat(pin); err != nil || info.Mode() != 0o622 {
		t.Errorf("pin %v, %v", info, err)
	}
	m, err := bpfobj.OpenPinned(pin)
	must(t, err)
	hints, err := kptr.Open[value](m)
	must(t, err)
	must(t, m.Close())
	must(t, hints.OnThread(func(s *kptr.Shared[value]) error {
		h := s.Value().Udata
		h.A, h.B = 1, 2
		if kptr.Gettid(); h.Result != 3 {
			return errors.New("BPF did not add")
		}
		return nil
	}))
	must(t, hints.Close())
	must(t, cmd.Process.Signal(os.Interrupt))
	must(t, cmd.Wait())
	if _, err := os.Stat(pin); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the pin is still there: %v", err)
	}
}

// TestServeFails: the pin of somebody else stays, and nothing else does.
func TestServeFails(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	needUserKptrs(t)
	kerneltest.NoLeaks(t)
	dir := mountBPFFS(t)
	must(t, os.Mkdir(filepath.Join(dir, "taken"), 0o700))
	for path, errno := range map[string]syscall.Errno{
		filepath.Join(dir, "taken"):        syscall.EEXIST,
		filepath.Join(dir, "none", "here"): syscall.ENOENT,
		filepath.Join(t.TempDir(), "disk"): syscall.EPERM,
	} {
		if err := serve(context.Background(), path, 0o600); !errors.Is(err, errno) {
			t.Errorf("%s: %v, want %v", path, err, errno)
		}
	}
	must(t, os.Remove(filepath.Join(dir, "taken")))
}

// needUserKptrs skips on a kernel without user kptrs.
func needUserKptrs(t *testing.T) {
	t.Helper()
	_, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
}

func mountBPFFS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, syscall.Mount("bpf", dir, "bpf", 0, ""))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
