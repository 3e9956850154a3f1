package sys_test

import (
	"errors"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestPidfdInfoLayout compares the mirror with the running kernel's BTF: each field has the C name in Go's spelling.
func TestPidfdInfoLayout(t *testing.T) {
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	s := kernelBTF(t)
	id, err := s.Find(btf.KindStruct, "pidfd_info")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for f := range reflect.TypeFor[sys.PidfdInfo]().Fields() {
		if f.Name == "_" {
			continue
		}
		n++
		found := false
		for _, m := range s.Type(id).Members {
			if strings.ReplaceAll(m.Name, "_", "") == strings.ToLower(f.Name) {
				got, _ := memberPlace(t, s, id, m.Name)
				found = got == place{uint64(f.Offset), uint64(f.Type.Size())}
			}
		}
		if !found {
			t.Errorf("%s: the kernel has no such field at %d, of %d bytes", f.Name, f.Offset, f.Type.Size())
		}
	}
	if size := reflect.TypeFor[sys.PidfdInfo]().Size(); n != 14 || size != 64 { // PIDFD_INFO_SIZE_VER0
		t.Errorf("%d fields, %d bytes", n, size)
	}
}

func TestAskPidfd(t *testing.T) {
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	kerneltest.NoLeaks(t)
	lockThread(t)
	fd, err := sys.PidfdOpen(sys.Gettid(), sys.PIDFD_THREAD)
	check(t, err)
	defer fd.Close()
	info, err := sys.AskPidfd(fd)
	if err != nil || int(info.PID) != sys.Gettid() || int(info.TGID) != os.Getpid() || int(info.PPID) != os.Getppid() || int(info.EUID) != os.Geteuid() {
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
