package sys_test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestAskPidfd(t *testing.T) {
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	kerneltest.NoLeaks(t)
	lockThread(t)
	fd, err := sys.PidfdOpen(sys.Gettid(), sys.PIDFD_THREAD)
	check(t, err)
	defer fd.Close()
	info, err := sys.AskPidfd(fd)
	if err != nil || int(info.Pid) != sys.Gettid() || int(info.Tgid) != os.Getpid() || int(info.Ppid) != os.Getppid() || int(info.Euid) != os.Geteuid() {
		t.Errorf("%+v, %v", info, err)
	}
	cmd := exec.Command("/proc/self/exe", "-test.run", "^$")
	check(t, cmd.Start())
	child, err := sys.PidfdOpen(cmd.Process.Pid, 0)
	check(t, err)
	defer child.Close()
	check(t, cmd.Wait())
	if info, err := sys.AskPidfd(child); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("reaped: %+v, %v", info, err)
	}
}
