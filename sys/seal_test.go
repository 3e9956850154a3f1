package sys_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestConstantsUnix compares the constants that layout.c does not have with those that x/sys takes from the headers.
func TestConstantsUnix(t *testing.T) {
	for _, row := range []struct {
		name      string
		got, want int
	}{
		{"MFD_NOEXEC_SEAL", sys.MFD_NOEXEC_SEAL, unix.MFD_NOEXEC_SEAL},
		{"F_SEAL_WRITE", sys.F_SEAL_WRITE, unix.F_SEAL_WRITE},
		{"MADV_REMOVE", sys.MADV_REMOVE, unix.MADV_REMOVE},
		{"MADV_DONTFORK", sys.MADV_DONTFORK, unix.MADV_DONTFORK},
		{"MADV_NOHUGEPAGE", sys.MADV_NOHUGEPAGE, unix.MADV_NOHUGEPAGE},
		{"POLLIN", sys.POLLIN, unix.POLLIN},
		{"POLLHUP", sys.POLLHUP, unix.POLLHUP},
	} {
		if row.got != row.want {
			t.Errorf("%s is %#x, want %#x", row.name, row.got, row.want)
		}
	}
}

func TestAddSeals(t *testing.T) {
	kerneltest.NeedLinux(t, "6.3", "MFD_NOEXEC_SEAL")
	const rw = syscall.PROT_READ | syscall.PROT_WRITE
	fd, err := sys.MemfdCreate("test", 4096, sys.MFD_NOEXEC_SEAL)
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	mem, err := sys.Mmap(fd, 0, 4096, rw, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	if err := sys.AddSeals(fd, sys.F_SEAL_WRITE); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("while mapped writable: %v, want EBUSY", err)
	}
	if err := mem.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sys.AddSeals(fd, sys.F_SEAL_WRITE); err != nil {
		t.Error(err)
	}
	if _, err := sys.Mmap(fd, 0, 4096, rw, syscall.MAP_SHARED); !errors.Is(err, syscall.EPERM) {
		t.Errorf("mapped writable after the seal: %v, want EPERM", err)
	}
	unsealable, err := sys.MemfdCreate("test", 4096, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unsealable.Close()
	if err := sys.AddSeals(unsealable, sys.F_SEAL_WRITE); !errors.Is(err, syscall.EPERM) {
		t.Errorf("memfd that cannot be sealed: %v, want EPERM", err)
	}
}

func TestAdvise(t *testing.T) {
	page := os.Getpagesize()
	mem, err := sys.Mmap(nil, 0, 3*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	b := mem.Bytes()
	b[0], b[page], b[2*page] = 1, 2, 3
	if err := mem.Advise(page, page, sys.MADV_REMOVE); err != nil {
		t.Fatal(err)
	}
	if b[0] != 1 || b[page] != 0 || b[2*page] != 3 {
		t.Errorf("after MADV_REMOVE of the second page: %d %d %d", b[0], b[page], b[2*page])
	}
	for _, row := range []struct {
		name           string
		offset, length int
		want           error
	}{
		{"misaligned", 8, page, syscall.EINVAL},
		{"past the end", page, 3 * page, sys.ErrOutOfMapping},
		{"negative", -page, page, sys.ErrOutOfMapping},
		{"negative length", page, -page, sys.ErrOutOfMapping},
		{"outside", 4 * page, 0, sys.ErrOutOfMapping},
	} {
		if err := mem.Advise(row.offset, row.length, sys.MADV_REMOVE); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
	}
	if err := mem.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mem.Advise(0, page, sys.MADV_REMOVE); !errors.Is(err, sys.ErrOutOfMapping) {
		t.Errorf("after Close: %v", err)
	}
}
