package sys_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

func lockThread(t *testing.T) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair gives both ends of a connection, the listener's first.
func pair(t *testing.T) (accepted, connected *sys.FD) {
	t.Helper()
	kerneltest.NoLeaks(t)
	path := filepath.Join(t.TempDir(), "socket")
	listener, err := sys.ListenUnix(path, 0o600)
	check(t, err)
	defer listener.Close()
	if _, err := sys.Accept(listener); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("nobody has connected: %v", err)
	}
	connected, err = sys.ConnectUnix(path)
	check(t, err)
	t.Cleanup(func() { connected.Close() })
	accepted, err = sys.Accept(listener)
	check(t, err)
	t.Cleanup(func() { accepted.Close() })
	return accepted, connected
}

func TestUnixPeer(t *testing.T) {
	kerneltest.NeedLinux(t, "6.5", "SO_PEERPIDFD")
	a, _ := pair(t)
	peer, err := sys.UnixPeer(a)
	check(t, err)
	defer peer.Pidfd.Close()
	if peer.PID != os.Getpid() || int(peer.UID) != os.Geteuid() {
		t.Errorf("%+v", peer)
	}
	if events, err := sys.Poll(peer.Pidfd.Int()); events != 0 || err != nil {
		t.Errorf("this process has not ended: events %#x, %v", events, err)
	}
}

func TestListenUnix(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "socket")
	fd, err := sys.ListenUnix(path, 0o622)
	check(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode() != os.ModeSocket|0o622 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := sys.ListenUnix(path, 0o600); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a second time: %v", err)
	}
	check(t, fd.Close())
	if _, err := sys.ConnectUnix(path); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestSocketPath: struct sockaddr_un of linux/un.h has 108 bytes for a path and its NUL.
func TestSocketPath(t *testing.T) {
	kerneltest.NoLeaks(t)
	for n, want := range map[int]error{107: syscall.ENOENT, 108: syscall.ENAMETOOLONG} {
		path := "/nothing/" + strings.Repeat("x", n-len("/nothing/"))
		_, bind := sys.ListenUnix(path, 0o600)
		_, connect := sys.ConnectUnix(path)
		if !errors.Is(bind, want) || !errors.Is(connect, want) {
			t.Errorf("%d bytes: %v; %v, want %v", n, bind, connect, want)
		}
	}
}

func TestMessages(t *testing.T) {
	a, c := pair(t)
	var b [16]byte
	if m, err := sys.Receive(a, b[:]); !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("empty: %+v, %v", m, err)
	}
	kerneltest.NeedLinux(t, "6.3", "MFD_NOEXEC_SEAL")
	memfd, err := sys.MemfdCreate("test", 0, sys.MFD_NOEXEC_SEAL)
	check(t, err)
	defer memfd.Close()
	want, _, err := memfd.ID()
	check(t, err)
	many := make([]int, 253) // SCM_MAX_FD
	for i := range many {
		many[i] = memfd.Int()
	}
	for _, tt := range []struct {
		name string
		size int
		fds  []int
		cut  bool
	}{
		{"bytes", 3, nil, false},
		{"a file descriptor", 16, many[:1], false},
		{"as many as there can be", 1, many, false},
		{"longer than the buffer", 17, many[:2], true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, sys.Send(c, make([]byte, tt.size), tt.fds...))
			m, err := sys.Receive(a, b[:])
			if err != nil || m.Size != min(tt.size, len(b)) || len(m.FDs) != len(tt.fds) || m.Cut != tt.cut || m.From != os.Getpid() {
				t.Errorf("%d bytes, %d fds, cut %t, from %d, %v", m.Size, len(m.FDs), m.Cut, m.From, err)
			}
			for _, fd := range m.FDs {
				if id, _, err := fd.ID(); id != want || err != nil {
					t.Errorf("%v is another file: %v", fd, err)
				}
				check(t, fd.Close())
			}
		})
	}
	if err := sys.Send(c, b[:1], append(many, memfd.Int())...); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("254 file descriptors: %v", err)
	}
	if m, err := sys.Receive(c, b[:]); !errors.Is(err, syscall.EAGAIN) || m.From != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	check(t, sys.Shutdown(a))
	if m, err := sys.Receive(c, b[:]); m.Size != 0 || err != nil {
		t.Errorf("at the end: %+v, %v", m, err)
	}
	if err := sys.Send(c, b[:]); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("after the end: %v", err)
	}
}

// TestMessageWithoutRoom: what does not fit under RLIMIT_NOFILE is lost, and said to be.
func TestMessageWithoutRoom(t *testing.T) {
	a, c := pair(t)
	var b [16]byte
	fds := []int{a.Int(), a.Int(), a.Int(), a.Int()}
	check(t, sys.Send(c, b[:1], fds...))
	var was syscall.Rlimit
	check(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &was))
	check(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: uint64(a.Int()), Max: was.Max}))
	m, err := sys.Receive(a, b[:])
	check(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &was))
	if err != nil || !m.Cut || len(m.FDs) == len(fds) {
		t.Errorf("%+v, %v", m, err)
	}
	for _, fd := range m.FDs {
		check(t, fd.Close())
	}
}

func TestSeals(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedLinux(t, "6.3", "MFD_NOEXEC_SEAL")
	memfd, err := sys.MemfdCreate("test", 1, sys.MFD_NOEXEC_SEAL)
	check(t, err)
	defer memfd.Close()
	check(t, sys.AddSeals(memfd, sys.F_SEAL_SHRINK))
	if seals, err := sys.Seals(memfd); err != nil || seals&0x1f != sys.F_SEAL_SHRINK {
		t.Errorf("%#x, %v", seals, err)
	}
	if small, err := memfd.IsTmpfs(); !small || err != nil {
		t.Errorf("memfd: %t, %v", small, err)
	}
	zero, err := sys.OpenFile("/dev/zero", syscall.O_RDONLY)
	check(t, err)
	defer zero.Close()
	if seals, err := sys.Seals(zero); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("/dev/zero: %#x, %v", seals, err)
	}
	proc, err := sys.OpenFile("/proc/self/maps", syscall.O_RDONLY)
	check(t, err)
	defer proc.Close()
	if small, err := proc.IsTmpfs(); small || err != nil {
		t.Errorf("procfs: %t, %v", small, err)
	}
}
