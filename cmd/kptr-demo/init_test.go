package main

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestStartedAsInit(t *testing.T) {
	for _, tt := range []struct {
		name string
		pid  int
		args []string
		want bool
	}{
		{"kernel", 1, []string{"/init"}, true},
		{"kernel with words of its command line", 1, []string{"/init", "run", "-h", "--", "x"}, true},
		{"container", 1, []string{"/kptr-demo", "check"}, false},
		{"container, found in PATH", 1, []string{"init"}, false},
		{"shell", 4711, []string{"/init"}, false},
		{"no name", 1, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := startedAsInit(tt.pid, tt.args); got != tt.want {
				t.Errorf("startedAsInit(%d, %q) = %v", tt.pid, tt.args, got)
			}
		})
	}
}

// initCommand is the command as init of a PID namespace, where reboot(2) ends the namespace with a signal and leaves
// the machine alone. It is process 1 there, or does not start.
func initCommand(t *testing.T, attr syscall.SysProcAttr) *exec.Cmd {
	t.Helper()
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	attr.Cloneflags |= syscall.CLONE_NEWPID
	attr.Unshareflags |= syscall.CLONE_NEWNS // after which mounts stay in the namespace
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"/init", "share", "-h"} // words that a kernel would pass on
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	cmd.SysProcAttr = &attr
	return cmd
}

// TestInit: mounts, both verbs with their exit codes, and the end by reboot(2), whose signal reboot(2) names. run comes
// to nothing: its BPF program knows tasks by their ids in the initial PID namespace.
func TestInit(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	cmd := initCommand(t, syscall.SysProcAttr{})
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("%v, want the signal of LINUX_REBOOT_CMD_POWER_OFF", cmd.ProcessState)
	}
	rest := "\n" + string(out)
	for _, want := range []string{
		"\nok  bpffs ", "\ninit: kptr-demo check: exit code 0\n",
		"\nshare  thread ", "PID namespace, and this is another one)\ninit: kptr-demo run: exit code 1\n", "\ninit: power off\n",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is missing, or in another place, in:\n%s", want, out)
		}
		rest = "\n" + after
	}
	if strings.Contains(string(out), "init: mount") || rest != "\n" {
		t.Errorf("more than expected:\n%s", out)
	}
}

// TestInitRefused: process 1 says what it may not do, and stays.
func TestInitRefused(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	cmd := initCommand(t, syscall.SysProcAttr{Credential: nobody.Credential})
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(time.Minute, func() { cmd.Process.Kill() }).Stop()
	wanted := []string{
		"init: mount proc on /proc: operation not permitted",
		"init: mount sysfs on /sys: operation not permitted",
		"init: mount bpf on /sys/fs/bpf: operation not permitted",
		"init: kptr-demo check: exit code 4",
		"init: kptr-demo run: exit code 4",
		"init: power off",
		"init: power off: operation not permitted",
	}
	lines := bufio.NewScanner(out)
	for len(wanted) > 0 && lines.Scan() {
		if lines.Text() == wanted[0] {
			wanted = wanted[1:]
		}
	}
	if len(wanted) > 0 {
		t.Errorf("process 1 has not said %q", wanted)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGKILL {
		t.Errorf("%v, want only a kill to end process 1", cmd.ProcessState)
	}
}

// A verb that panics would take the machine with it.
func TestSurvive(t *testing.T) {
	for want, verb := range map[string]func() int{
		"exit code 3":   func() int { return exitNotSupported },
		"panic: broken": func() int { panic("broken") },
	} {
		if got := survive(verb); got != want {
			t.Errorf("survive: %q, want %q", got, want)
		}
	}
}
