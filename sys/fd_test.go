package sys_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// lowFDChild runs in a process without standard input, so that the next fd is 0.
func lowFDChild() {
	if err := syscall.Close(0); err != nil {
		fmt.Println("close 0:", err)
		return
	}
	for _, open := range opened {
		fd, err := open.open()
		if err != nil {
			fmt.Println(open.name, err)
			continue
		}
		low := fd.Int() < 3
		var st syscall.Stat_t
		zero := syscall.Fstat(0, &st) // the number that open(2) gave must be free again
		fmt.Println(open.name, "low:", low, "fd 0:", zero)
		fd.Close()
	}
}

// opened has one way of each kind to open an fd, none of which needs an object beforehand.
var opened = []struct {
	name string
	open func() (*sys.FD, error)
}{
	{"map", func() (*sys.FD, error) {
		return sys.OpenFD(&sys.MapCreateAttr{MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	}},
	{"program", func() (*sys.FD, error) { return sys.OpenFD(returnZero(sys.BPF_PROG_TYPE_SOCKET_FILTER)) }},
	{"pidfd", func() (*sys.FD, error) { return sys.PidfdOpen(os.Getpid(), 0) }},
	{"memfd", func() (*sys.FD, error) { return sys.MemfdCreate("test", 4096, 0) }},
	{"file", func() (*sys.FD, error) { return sys.OpenFile("/dev/null", os.O_RDONLY) }},
	{"dup", func() (*sys.FD, error) { return sys.DupFD(2) }},
}

func TestFDNeverLow(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"=lowfd")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var want strings.Builder
	for _, o := range opened {
		fmt.Fprintln(&want, o.name, "low: false fd 0: bad file descriptor")
	}
	if string(out) != want.String() {
		t.Errorf("got\n%swant\n%s", out, &want)
	}
}

func TestFDCloseOnExec(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	kerneltest.NoLeaks(t)
	for _, o := range opened {
		t.Run(o.name, func(t *testing.T) {
			fd, err := o.open()
			if err != nil {
				t.Fatal(err)
			}
			defer fd.Close()
			checkCloseOnExec(t, fd)
		})
	}
}

func checkCloseOnExec(t *testing.T, fd *sys.FD) {
	t.Helper()
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd.Int()), syscall.F_GETFD, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	if flags&syscall.FD_CLOEXEC == 0 {
		t.Errorf("%v survives exec", fd)
	}
}

func TestFDClose(t *testing.T) {
	fd, err := sys.OpenFile("/dev/null", os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fd.String(), fmt.Sprintf("fd %d", fd.Int()); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	n := fd.Int()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := fd.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	var st syscall.Stat_t
	if err := syscall.Fstat(n, &st); err != syscall.EBADF {
		t.Errorf("fstat of %d after Close: %v, want EBADF", n, err)
	}
	checkClosed(t, fd)
}

func TestFDNilIsClosed(t *testing.T) {
	checkClosed(t, nil)
	checkClosed(t, new(sys.FD))
}

func checkClosed(t *testing.T, fd *sys.FD) {
	t.Helper()
	if fd.Int() != -1 || fd.Uint32() != ^uint32(0) || fd.String() != "closed fd" {
		t.Errorf("got %d, %#x, %q", fd.Int(), fd.Uint32(), fd)
	}
	if err := fd.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, err := fd.Dup(); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Dup: %v, want EBADF", err)
	}
	if _, err := fd.Read(make([]byte, 1)); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Read: %v, want EBADF", err)
	}
	if _, err := fd.Size(); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Size: %v, want EBADF", err)
	}
}

// TestFDCloseError closes the number behind the FD's back: the errno comes through.
func TestFDCloseError(t *testing.T) {
	fd, err := sys.OpenFile("/dev/null", os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Close(fd.Int()); err != nil {
		t.Fatal(err)
	}
	if err := fd.Close(); !errors.Is(err, syscall.EBADF) {
		t.Errorf("got %v, want EBADF", err)
	}
}

func TestFDRead(t *testing.T) {
	const path = "/proc/sys/kernel/osrelease"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := sys.OpenFile(path, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	if n, err := fd.Read(nil); n != 0 || err != nil {
		t.Errorf("empty read: %d, %v", n, err)
	}
	dup, err := fd.Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer dup.Close()
	got, err := io.ReadAll(dup)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestOpenFileError(t *testing.T) {
	_, err := sys.OpenFile("/nonexistent", os.O_RDONLY)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nonexistent") {
		t.Errorf("got %v", err)
	}
}

func TestDupFDError(t *testing.T) {
	if _, err := sys.DupFD(-1); !errors.Is(err, syscall.EBADF) {
		t.Errorf("got %v, want EBADF", err)
	}
}
