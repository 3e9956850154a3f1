//go:build !race

package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

const sealable = unix.MFD_ALLOW_SEALING

// TestSameMemfd: two processes with one memfd.
func TestSameMemfd(t *testing.T) {
	t.Run("pin", func(t *testing.T) {
		w := pinned(t)
		a, b := w.shares(t, nobody), w.actor(t, nobody)
		b.do("adopt", a.memfdPath()).ok()
		b.do("set", b.pid).ok()
		b.uses(0, 0, true)
		a.do("result").gives(3) // and it is a's
	})
	t.Run("broker", func(t *testing.T) {
		w := brokered(t)
		a, b := w.shares(t, nobody), w.actor(t, nobody)
		fd := b.do("file", a.memfdPath(), unix.O_RDWR).ok()
		b.do("memory", fd, 2, pages).refused(wire.MemoryTaken)
		again := a.do("connect").ok()
		a.do("memory", a.do("ownmemfd").ok(), 1, pages, again).refused(wire.MemoryTaken)
		a.uses(0, 0, true)
		a.do("hangup", 0).ok()
		kerneltest.Eventually(t, "the memory to be free again", func() bool { return b.do("memory", fd, 2, pages).Err == "" })
		w.shares(t, victim)
	})
}

func (p *process) memfdPath() string {
	return fmt.Sprintf("/proc/%d/fd/%d", p.cmd.Process.Pid, p.do("ownmemfd").ok())
}

// TestMemoryAfterwards: what becomes of memory whose owner changes it when an element points there. The owner alone is harmed.
func TestMemoryAfterwards(t *testing.T) {
	page := os.Getpagesize()
	for _, row := range []struct {
		name  string
		op    string
		args  []any
		err   any // of the operation
		still bool
	}{
		{"shrink", "truncate", []any{0}, syscall.EPERM, true},
		{"shrink within", "truncate", []any{page}, syscall.EPERM, true},
		{"grow", "truncate", []any{16 * page}, nil, true},
		{"punch", "punch", nil, nil, false}, // BPF keeps the old page
		{"write-seal", "seal", []any{sys.F_SEAL_WRITE}, syscall.EBUSY, true},
		{"future-write-seal", "seal", []any{sys.F_SEAL_FUTURE_WRITE}, nil, true},
		{"seal all", "seal", []any{sys.F_SEAL_GROW | sys.F_SEAL_SEAL}, nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := brokered(t)
			v, a := w.shares(t, victim), w.shares(t, nobody)
			args := append([]any{a.do("ownmemfd").ok()}, row.args...)
			if o := a.do(row.op, args...); row.err != nil {
				o.refused(row.err)
			} else {
				o.ok()
			}
			a.uses(0, 0, row.still)
			v.uses(0, 0, true)
		})
	}
	for _, op := range []string{"remap", "close"} {
		t.Run(op, func(t *testing.T) {
			w := brokered(t)
			v, a := w.shares(t, victim), w.shares(t, nobody)
			a.do(op, a.do("ownmemfd").ok()).ok()
			a.uses(0, 0, op == "close")
			v.uses(0, 0, true)
		})
	}
}

// TestPastEnd: references to what is not the client's memory, or not its to the end.
func TestPastEnd(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.shares(t, nobody)
	page := os.Getpagesize()
	for _, row := range []struct {
		name   string
		id     int
		offset int64
		reason any
	}{
		{"at the end", 1, int64(pages * page), wire.BadRef},
		{"across the end", 1, int64(pages*page - hintSize + 4), wire.BadRef},
		{"far past it", 1, 1<<32 - 8, wire.BadRef},
		{"of no memory", 2, 0, wire.BadRef},
		{"an address", 0, 0x10000, wire.BadRef},
		{"across a page", 1, int64(page - 4), syscall.EOPNOTSUPP},
		{"the last block", 1, int64(pages*page - 16), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := a.do("setref", a.pid, row.id, fmt.Sprint(row.offset))
			if row.reason == nil {
				o.ok()
			} else {
				o.refused(row.reason)
			}
		})
	}
	a.uses(pages*page-16, 0, true)
	v.uses(0, 0, true)
}

// TestMemoryKinds: files that are no memfd of small pages, or sealed otherwise than they have to be.
func TestMemoryKinds(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.shares(t, nobody)
	dir := publicDir(t)
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0777"))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	tmpfs := filepath.Join(dir, "file")
	must(t, os.WriteFile(tmpfs, make([]byte, pages*os.Getpagesize()), 0o666))
	must(t, os.Chmod(tmpfs, 0o666))
	readOnly := a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK).ok()
	huge := a.do("memfd", sealable|unix.MFD_HUGETLB, 0, sys.F_SEAL_SHRINK)
	secret := a.do("secret")
	for _, row := range []struct {
		name   string
		fd     int64
		pages  int
		reason any
	}{
		{"a device", a.do("file", "/dev/zero", unix.O_RDWR).ok(), pages, wire.NotMemfd},
		{"a file of the kernel's", a.do("file", "/proc/self/status", unix.O_RDONLY).ok(), pages, wire.NotMemfd},
		{"a directory", a.do("file", dir, unix.O_RDONLY|unix.O_DIRECTORY).ok(), pages, wire.NotMemfd},
		{"an O_PATH of a memfd", a.do("file", fmt.Sprintf("/proc/self/fd/%d", readOnly), unix.O_PATH).ok(), pages, wire.NotMemfd},
		{"a pidfd", a.do("pidfd", a.pid, 0).ok(), pages, wire.NotMemfd},
		{"a file of a tmpfs", a.do("file", tmpfs, unix.O_RDWR).ok(), pages, wire.BadSeals},
		{"sealing not allowed", a.do("memfd", 0, pages, 0).ok(), pages, wire.BadSeals},
		{"not sealed", a.do("memfd", sealable, pages, 0).ok(), pages, wire.BadSeals},
		{"sealed against growing", a.do("memfd", sealable, pages, sys.F_SEAL_GROW).ok(), pages, wire.BadSeals},
		{"sealed against writing", a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK|sys.F_SEAL_WRITE).ok(), pages, wire.BadSeals},
		{"sealed against writing from now on", a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK|sys.F_SEAL_FUTURE_WRITE).ok(), pages, wire.BadSeals},
		{"empty", a.do("memfd", sealable, 0, sys.F_SEAL_SHRINK).ok(), 1, wire.BadSize},
		{"no pages of it", a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK).ok(), 0, wire.BadSize},
		{"smaller than it says", a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK).ok(), pages + 1, wire.BadSize},
		{"far smaller", a.do("memfd", sealable, pages, sys.F_SEAL_SHRINK).ok(), 1<<32 - 1, wire.BadSize},
		{"open for reading", a.do("file", fmt.Sprintf("/proc/self/fd/%d", readOnly), unix.O_RDONLY).ok(), pages, syscall.EACCES},
	} {
		t.Run(row.name, func(t *testing.T) { a.do("memory", row.fd, 7, row.pages).refused(row.reason) })
	}
	// What the kernel may lack, or not give to everybody.
	if huge.Err == "" {
		a.do("memory", huge.N, 7, 1).refused(wire.NotMemfd)
	}
	if secret.Err == "" {
		a.do("memory", secret.N, 7, 1).refused(wire.NotMemfd)
	}
	v.uses(0, 0, true)
	a.uses(0, 0, true)
}

// TestUserfaultfd: the client answers for faults in its mapping of the memory, and never does. The broker's mapping is another one.
func TestUserfaultfd(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.actor(t, nobody)
	fd := a.do("memfd", sealable, 1, sys.F_SEAL_SHRINK).ok()
	if o := a.do("userfault", fd); o.Err == syscall.ENOSYS.Error() {
		kerneltest.Require(t, &sys.NotSupportedError{Feature: "userfaultfd (CONFIG_USERFAULTFD)"})
	} else {
		o.ok()
	}
	a.do("memory", fd, 2, 1).ok()
	a.do("setref", a.pid, 2, "0").ok()
	a.do("call").ok()
	v.uses(0, 0, true)
}
