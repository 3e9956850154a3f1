package kerneltest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kptr/sys"
)

// guestEnv, on the command line of a kernel whose init is a test program, has the program run its
// tests as process 1, with the variable's value as the nonce of its verdict, and power the machine off.
const guestEnv = "KPTR_GUEST"

func inGuest() bool { return os.Getenv(guestEnv) != "" }

// Files are what the tests of a package read, by the directory where they look for it, relative to
// the package's.
type Files map[string]fs.FS

// NeedHost ends the test in a guest, which has nothing but the test program: no source tree, no
// compiler, no second tool. It counts as left out.
func NeedHost(t testing.TB, what string) {
	t.Helper()
	if inGuest() {
		excuse(t, LeftOut, what)
		t.Skipf("left out of a guest: needs %s", what)
	}
}

// asGuest returns unless this is a guest's process 1, or the counter that it started.
func asGuest(m *testing.M, files Files) {
	switch {
	case os.Getenv(counterEnv) != "":
		exitWith(count())
	case inGuest() && os.Getpid() == 1:
		exitWith(guest(m, files))
	}
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kerneltest:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// guest runs the tests and powers the machine off. That a process 1 ends is a panic to the kernel.
func guest(m *testing.M, files Files) error {
	v, err := runGuest(m, files)
	if err != nil {
		return err
	}
	if err := v.write(os.Getenv(guestEnv)); err != nil {
		return err
	}
	return os.NewSyscallError("reboot", syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF))
}

func runGuest(m *testing.M, files Files) (*Verdict, error) {
	if err := setUp(files); err != nil {
		return nil, err
	}
	before, err := BPFObjects()
	if err != nil {
		return nil, err
	}
	v := &Verdict{PageSize: os.Getpagesize()}
	if v.Release, err = sys.Release(); err != nil {
		return nil, err
	}
	if err := v.run(m); err != nil {
		return nil, err
	}
	v.leftBehind(before)
	return v, nil
}

// run runs the tests and counts how they end.
func (v *Verdict) run(m *testing.M) error {
	c, err := startCounter()
	if err != nil {
		return err
	}
	console := os.Stdout
	os.Stdout = c.in
	v.Code = m.Run()
	os.Stdout = console
	notes, passed, err := c.end()
	if err != nil {
		return err
	}
	v.Counts = map[string]int{Passed: passed}
	for _, n := range notes {
		v.note(excused(n))
	}
	return nil
}

func (v *Verdict) note(n Note) {
	v.Counts[n.End]++
	v.Notes = append(v.Notes, n)
}

// leftBehind counts the BPF objects that are left of all tests together as one more test.
func (v *Verdict) leftBehind(before map[Object]bool) {
	after, err := BPFObjects()
	var left []string
	for o := range after {
		if !before[o] {
			left = append(left, o.String())
		}
	}
	slices.Sort(left)
	if err == nil && len(left) == 0 {
		v.Counts[Passed]++
		return
	}
	v.Code = 1
	why := strings.Join(left, ", ")
	if err != nil {
		why = err.Error()
	}
	v.note(Note{"BPF objects left behind", Failed, why})
}

// guestFiles is how many files a test may have open. The kernel's 4096 are too few for the tests that
// start 10,000 threads (INR_OPEN_MAX, include/uapi/linux/fs.h).
const guestFiles = 65536

// guestDir is two directories deep, as deep as the deepest package whose tests read above their own.
const guestDir = "/tmp/project/dir/package"

// setUp makes of a kernel that has just started a machine for tests.
func setUp(files Files) error {
	if err := mountAll(); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	// Some architectures have the compiler for BPF and leave it off (CONFIG_BPF_JIT_DEFAULT_ON).
	if err := os.WriteFile(jitEnable, []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: guestFiles, Max: guestFiles}); err != nil {
		return fmt.Errorf("setrlimit: %w", err)
	}
	if err := os.MkdirAll(guestDir, 0o755); err != nil {
		return err
	}
	for dir, tree := range files {
		if err := os.CopyFS(filepath.Join(guestDir, dir), tree); err != nil {
			return err
		}
	}
	return os.Chdir(guestDir)
}

func mountAll() error {
	mounts := []struct{ kind, dir string }{
		{"devtmpfs", "/dev"},
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"tracefs", "/sys/kernel/tracing"},
		{"bpf", "/sys/fs/bpf"},
		{"cgroup2", "/sys/fs/cgroup"},
		{"tmpfs", "/tmp"},
	}
	for _, m := range mounts {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.dir, err)
		}
	}
	if err := os.Chmod("/tmp", 0o1777); err != nil {
		return err
	}
	// The links that devtmpfs leaves to user space: Documentation/admin-guide/devices.rst.
	for i, name := range []string{"stdin", "stdout", "stderr"} {
		if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", i), "/dev/"+name); err != nil {
			return err
		}
	}
	return os.Symlink("/proc/self/fd", "/dev/fd")
}

// loopbackUp brings the network interface lo up, whose index is 1 (LOOPBACK_IFINDEX, net/flow.h), by a message of
// rtnetlink(7).
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_ROUTE)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer syscall.Close(fd)
	const length = syscall.SizeofNlMsghdr + syscall.SizeofIfInfomsg
	head := syscall.NlMsghdr{Len: length, Type: syscall.RTM_NEWLINK, Flags: syscall.NLM_F_REQUEST, Seq: 1}
	body := syscall.IfInfomsg{Index: 1, Flags: syscall.IFF_UP, Change: syscall.IFF_UP}
	var b bytes.Buffer
	for _, part := range []any{head, body} {
		if err := binary.Write(&b, binary.NativeEndian, part); err != nil {
			return err
		}
	}
	err = syscall.Sendto(fd, b.Bytes(), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK})
	return os.NewSyscallError("sendto", err)
}
