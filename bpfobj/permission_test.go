package bpfobj

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// nobody is the user and group that holds no capabilities.
const nobody = 65534

// unprivilegedChild prints what it is refused without capabilities.
func unprivilegedChild() {
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
		fmt.Println(err)
		return
	}
	_, load := Load(prebuilt.TaskLocal(), nil)
	_, tag := HonouredTag()
	_, id := OpenID(1)
	for _, err := range []error{load, tag, id} {
		var p *PermissionError
		ok := errors.As(err, &p) && errors.Is(err, ErrPermission) && errors.Is(err, os.ErrPermission) && errors.Is(err, syscall.EPERM)
		fmt.Println(ok, err)
	}
}

func TestPermissionText(t *testing.T) {
	cause := &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: syscall.EPERM}
	for _, tt := range []struct {
		missing []string
		want    string
	}{
		{nil, "(no capability is missing: a security module, lockdown, "},
		{[]string{"CAP_PERFMON"}, ": CAP_PERFMON missing: run as root, or give the file the capabilities (setcap cap_bpf,cap_perfmon+ep FILE)"},
		{[]string{"CAP_BPF", "CAP_PERFMON"}, "CAP_BPF and CAP_PERFMON missing: run as root, or give the file the capabilities (setcap cap_bpf,cap_perfmon+ep FILE)"},
	} {
		if got := (&PermissionError{Missing: tt.missing, Err: cause}).Error(); !strings.HasPrefix(got, cause.Error()) || !strings.Contains(got, tt.want) {
			t.Errorf("%q lacks %q", got, tt.want)
		}
	}
}

// TestPermission runs as nobody, where the kernel wants capabilities
// (unprivileged_bpf_disabled).
func TestPermission(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=unprivileged")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const hint = "run as root, or give the file the capabilities "
	want := []string{
		"true BTF: BPF_BTF_LOAD: operation not permitted (EPERM): CAP_BPF missing: " + hint + "(setcap cap_bpf,cap_perfmon+ep FILE)",
		"true BPF_BTF_LOAD: operation not permitted (EPERM): CAP_BPF missing: " + hint + "(setcap cap_bpf,cap_perfmon+ep FILE)",
		"true map id 1: BPF_MAP_GET_FD_BY_ID: operation not permitted (EPERM): CAP_SYS_ADMIN missing: " + hint + "(setcap cap_sys_admin+ep FILE)",
	}
	if got := strings.TrimSpace(string(out)); got != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}
