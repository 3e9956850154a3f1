package kptr_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

const (
	readWrite = syscall.PROT_READ | syscall.PROT_WRITE
	private   = syscall.MAP_PRIVATE
	shared    = syscall.MAP_SHARED
)

// A place is memory of one kind. Without bytes there is only an address, which nobody can vouch for.
type place struct {
	mem  []byte
	addr uintptr // the block's; 0 for the first of mem that is aligned to 64 bytes
}

// TestKernelMemory: which kinds of memory the kernel pins. What it pins, BPF reads and writes; what it does not is EFAULT.
//
// The kernel knows nothing of the Go heap: it is the library that refuses that. malloc(3) and thread-local variables, which Go
// does not have: TestKernelMemoryOfC.
func TestKernelMemory(t *testing.T) {
	obj := loadTest(t, "uptr")
	hints := open[Value](t, obj.Map("datamap"))
	must(t, obj.Attach())
	for _, row := range []struct {
		name   string
		memory func(t *testing.T) place
		errno  syscall.Errno
	}{
		{"anonymous, private", anonymousPlace(private), 0},
		{"anonymous, shared", anonymousPlace(shared), 0},
		{"locked", anonymousPlace(private | unix.MAP_LOCKED), 0},
		{"Go heap", goHeap, 0},
		{"stack", func(t *testing.T) place { return place{mem: processStack(t)} }, 0},
		{".data", func(*testing.T) place { return place{mem: dataSection[:]} }, 0},
		{".bss", func(*testing.T) place { return place{mem: bssSection[:]} }, 0},
		{"memfd, shared", memfdPlace(readWrite, shared), 0},
		{"memfd, private", memfdPlace(readWrite, private), 0},
		{"tmpfs, shared", filePlace(tmpfs, readWrite, shared), 0},
		{"tmpfs, private", filePlace(tmpfs, readWrite, private), 0},
		{"file, private", filePlace((*testing.T).TempDir, readWrite, private), 0},
		{"hugetlb", hugetlbPlace, 0},
		{"transparent huge page", hugePagePlace, 0},
		{"mmapable BPF array", arrayPlace, 0},
		{"BPF arena", arenaPlace, 0},

		{"read-only", func(t *testing.T) place { return place{mem: mapMemory(t, 1, syscall.PROT_READ, private).Bytes()} }, syscall.EFAULT},
		{"read-only, shared", func(t *testing.T) place { return place{mem: mapMemory(t, 1, syscall.PROT_READ, shared).Bytes()} }, syscall.EFAULT},
		{"PROT_NONE", func(t *testing.T) place { return place{mem: mapMemory(t, 1, syscall.PROT_NONE, private).Bytes()} }, syscall.EFAULT},
		{"file on disk, shared", filePlace(onDisk, readWrite, shared), syscall.EFAULT},
		{"file, read-only", filePlace((*testing.T).TempDir, syscall.PROT_READ, private), syscall.EFAULT},
		{"memfd, read-only", memfdPlace(syscall.PROT_READ, shared), syscall.EFAULT},
		{"memfd, past its end", pastMemfd, syscall.EFAULT},
		{"memfd_secret", secretPlace, syscall.EFAULT},
		{"perf ring", perfRing, syscall.EFAULT},
		{"guard page", guardPage, syscall.EFAULT},
		{"vdso", vdso, syscall.EFAULT},
		{"unmapped", unmapped, syscall.EFAULT},
		{"kernel", func(*testing.T) place { return place{addr: kernelAddress} }, syscall.EFAULT},
		{"not canonical", func(*testing.T) place { return place{addr: 1 << 62} }, syscall.EFAULT},
		{"zero page", func(*testing.T) place { return place{addr: 8} }, syscall.EFAULT},
	} {
		t.Run(row.name, func(t *testing.T) {
			lockThread(t)
			p := row.memory(t)
			if p.addr == 0 {
				p.addr = (addrOfBytes(p.mem) + 63) &^ 63
			}
			err := kernelUpdate(t, obj.Map("datamap"), thisPidfd(t), words(p.addr), sys.BPF_ANY)
			if row.errno != 0 {
				want(t, err, row.errno, 0)
			} else {
				must(t, err)
				must(t, kernelDelete(t, obj.Map("datamap"), thisPidfd(t)))
			}
			if p.mem != nil {
				checkVouched(t, obj, hints, p, row.errno)
			}
		})
	}
}

// checkVouched shares the memory through the library; the program is to use it if the kernel pins it.
func checkVouched(t *testing.T, obj *bpfobj.Object, hints *kptr.Map[Value], p place, errno syscall.Errno) {
	t.Helper()
	region, err := hints.Vouch("memory", p.mem)
	must(t, err)
	defer region.Withdraw()
	h, err := kptr.At[Hint](region, int(p.addr-addrOfBytes(p.mem)))
	must(t, err)
	err = hints.Update(kptr.ThisThread(), &Value{Udata: h}, sys.BPF_ANY)
	if errno != 0 {
		want(t, err, kptr.ErrUnpinned, errno)
		return
	}
	must(t, err)
	h.A, h.B, h.Result = 20, 3, 0
	must(t, obj.Variable("target_pid").Set(int32(kptr.Gettid())))
	for range 10 { // one is missed if another task was preempted in the program on this CPU (recursion_misses)
		if kptr.Gettid(); h.Result != 0 {
			break
		}
	}
	must(t, obj.Variable("target_pid").Set(int32(0)))
	if h.Result != 23 {
		t.Errorf("result %d, want 23", h.Result)
	}
	must(t, hints.Delete(kptr.ThisThread()))
}

func addrOfBytes(b []byte) uintptr { return kptr.AddrForTest(&b[0]) }

var (
	dataSection = [128]byte{1}
	bssSection  [128]byte
)

// kernelAddress is in the upper half of the address space, where every 64-bit Linux has its own memory but s390x, which has
// another address space for that.
const kernelAddress = ^uintptr(0) - 1<<20 + 1

func anonymousPlace(flags int) func(*testing.T) place {
	return func(t *testing.T) place { return place{mem: mapMemory(t, 1, readWrite, flags).Bytes()} }
}

// mapped maps a file until the end of the test, and closes it.
func mapped(t *testing.T, fd *sys.FD, size, prot, flags int) []byte {
	t.Helper()
	mem, err := sys.Mmap(fd, 0, size, prot, flags)
	must(t, err)
	mustClose(t, fd)
	t.Cleanup(func() { mustClose(t, mem) })
	return mem.Bytes()
}

// goHeap gives an address in the Go heap, for a program that is not attached. The block lives until the element is gone.
func goHeap(t *testing.T) place {
	h := new(Hint)
	t.Cleanup(func() { runtime.KeepAlive(h) })
	return place{addr: kptr.AddrForTest(h)}
}

func memfdPlace(prot, flags int) func(*testing.T) place {
	return func(t *testing.T) place {
		fd, err := sys.MemfdCreate("memory", int64(os.Getpagesize()), 0)
		must(t, err)
		return place{mem: mapped(t, fd, os.Getpagesize(), prot, flags)}
	}
}

func pastMemfd(t *testing.T) place {
	fd, err := sys.MemfdCreate("memory", int64(os.Getpagesize()), 0)
	must(t, err)
	return place{mem: mapped(t, fd, 2*os.Getpagesize(), readWrite, shared)[os.Getpagesize():]}
}

func filePlace(dir func(*testing.T) string, prot, flags int) func(*testing.T) place {
	return func(t *testing.T) place {
		path := filepath.Join(dir(t), "file")
		must(t, os.WriteFile(path, make([]byte, os.Getpagesize()), 0o600))
		fd, err := sys.OpenFile(path, syscall.O_RDWR)
		must(t, err)
		return place{mem: mapped(t, fd, os.Getpagesize(), prot, flags)}
	}
}

// tmpfs mounts one.
func tmpfs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

// onDisk gives a directory of a file system whose pages are written back, or ends the test: TMPDIR, or else the package's.
func onDisk(t *testing.T) string {
	t.Helper()
	for _, parent := range []string{os.TempDir(), "."} {
		dir, err := os.MkdirTemp(parent, "kptr_test")
		if err != nil {
			continue
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		var fs syscall.Statfs_t
		must(t, syscall.Statfs(dir, &fs))
		if fs.Type != unix.TMPFS_MAGIC && fs.Type != unix.RAMFS_MAGIC {
			return dir
		}
	}
	kerneltest.NeedHost(t, "a file system on a disk")
	kerneltest.Skip(t, "this host has no file system on a disk in TMPDIR or here")
	return ""
}

// lacking ends the test for want of something that a kernel may be built or started without.
func lacking(t *testing.T, feature string) {
	t.Helper()
	kerneltest.Require(t, &sys.NotSupportedError{Feature: feature})
}

// hugetlbPlace has the kernel reserve a huge page, if there is none, and gives it back afterwards.
func hugetlbPlace(t *testing.T) place {
	const reserved = "/proc/sys/vm/nr_hugepages"
	before, err := os.ReadFile(reserved)
	if errors.Is(err, os.ErrNotExist) {
		lacking(t, "hugetlb (CONFIG_HUGETLBFS)")
	}
	must(t, err)
	before = bytes.TrimSpace(before)
	n, err := strconv.Atoi(string(before))
	must(t, err)
	must(t, os.WriteFile(reserved, []byte(strconv.Itoa(n+1)), 0))
	// The page is free only when the kernel has unpinned it, after the cleanups of the test.
	t.Cleanup(func() { must(t, os.WriteFile(reserved, before, 0)) })
	mem, err := sys.Mmap(nil, 0, hugePageSize(t), readWrite, private|unix.MAP_HUGETLB)
	if errors.Is(err, syscall.ENOMEM) {
		kerneltest.Skip(t, "this host has no %d bytes of memory in one piece for a huge page: %v", hugePageSize(t), err)
	}
	must(t, err)
	t.Cleanup(func() { mustClose(t, mem) })
	return place{mem: mem.Bytes()}
}

// hugePageSize reads the size of a huge page in bytes.
func hugePageSize(t *testing.T) int {
	t.Helper()
	meminfo, err := os.ReadFile("/proc/meminfo")
	must(t, err)
	_, rest, ok := strings.Cut(string(meminfo), "Hugepagesize:")
	if !ok {
		lacking(t, "huge pages (Hugepagesize of /proc/meminfo: CONFIG_HUGETLBFS)")
	}
	var kib int
	_, err = fmt.Sscanf(rest, "%d", &kib)
	must(t, err)
	return kib << 10
}

// hugePagePlace maps memory that holds a huge page wherever it begins, and asks for one. Whether the kernel has one to give
// is logged.
func hugePagePlace(t *testing.T) place {
	size := hugePageSize(t)
	mem, err := sys.Mmap(nil, 0, 2*size, readWrite, private)
	must(t, err)
	t.Cleanup(func() { mustClose(t, mem) })
	if err := mem.Advise(0, 2*size, unix.MADV_HUGEPAGE); errors.Is(err, syscall.EINVAL) {
		lacking(t, "transparent huge pages (CONFIG_TRANSPARENT_HUGEPAGE)")
	} else {
		must(t, err)
	}
	start := (mem.Addr()+uintptr(size)-1)&^uintptr(size-1) - mem.Addr()
	huge := mem.Bytes()[start:][:size]
	huge[0] = 1 // has the page allocated
	t.Logf("%s of the page are huge", hugeMemory(t, addrOfBytes(huge)))
	return place{mem: huge, addr: addrOfBytes(huge) + uintptr(os.Getpagesize()) + 64} // no page of its own begins there
}

// hugeMemory gives the line AnonHugePages of the mapping with an address.
func hugeMemory(t *testing.T, addr uintptr) string {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	must(t, err)
	var from, to uintptr
	for line := range strings.Lines(string(smaps)) {
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			continue
		}
		if size, ok := strings.CutPrefix(line, "AnonHugePages:"); ok && from <= addr && addr < to {
			return strings.TrimSpace(size)
		}
	}
	return "none"
}

// arrayPlace maps an array of BPF, as the variables of BPF objects are.
func arrayPlace(t *testing.T) place {
	fd, err := sys.OpenFD(&sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 256, MaxEntries: 1, MapFlags: sys.BPF_F_MMAPABLE,
		MapName: sys.MakeObjName("memory"),
	})
	must(t, err)
	return place{mem: mapped(t, fd, os.Getpagesize(), readWrite, shared)}
}

// arenaPlace maps a page of a BPF arena, which Linux has since 6.9.
func arenaPlace(t *testing.T) place {
	kerneltest.NeedJIT(t)
	fd, err := sys.OpenFD(&sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_ARENA, MaxEntries: 1, MapFlags: sys.BPF_F_MMAPABLE, MapName: sys.MakeObjName("memory"),
	})
	must(t, err)
	return place{mem: mapped(t, fd, os.Getpagesize(), readWrite, shared)}
}

func secretPlace(t *testing.T) place {
	const sysMemfdSecret = 447 // asm-generic/unistd.h; package unix has it for some architectures only
	n, _, errno := syscall.Syscall(sysMemfdSecret, 0, 0, 0)
	if errno == syscall.ENOSYS {
		lacking(t, "memfd_secret (CONFIG_SECRETMEM, secretmem.enable)")
	}
	if errno != 0 {
		t.Fatal(errno)
	}
	fd, err := sys.DupFD(int(n))
	must(t, err)
	must(t, unix.Close(int(n)))
	must(t, unix.Ftruncate(fd.Int(), int64(os.Getpagesize())))
	return place{mem: mapped(t, fd, os.Getpagesize(), readWrite, shared)}
}

// perfRing maps the ring of a software event: PERF_COUNT_SW_DUMMY of linux/perf_event.h, which works without hardware.
func perfRing(t *testing.T) place {
	attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_DUMMY, Size: unix.PERF_ATTR_SIZE_VER1, Sample_type: unix.PERF_SAMPLE_TID}
	n, err := unix.PerfEventOpen(&attr, 0, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if errors.Is(err, syscall.ENOSYS) {
		lacking(t, "perf events (CONFIG_PERF_EVENTS)")
	}
	must(t, err)
	fd, err := sys.DupFD(n)
	must(t, err)
	must(t, unix.Close(n))
	return place{mem: mapped(t, fd, 2*os.Getpagesize(), readWrite, shared)[os.Getpagesize():]}
}

// guardPage installs a guard region, MADV_GUARD_INSTALL of asm-generic/mman-common.h, which came with Linux 6.13 as user
// kptrs did.
func guardPage(t *testing.T) place {
	const install = 102
	mem := mapMemory(t, 1, readWrite, private)
	must(t, mem.Advise(0, os.Getpagesize(), install))
	return place{mem: mem.Bytes()}
}

func vdso(t *testing.T) place {
	from, _ := mappingNamed(t, "[vdso]")
	return place{addr: from}
}

func unmapped(t *testing.T) place {
	mem, err := sys.Mmap(nil, 0, os.Getpagesize(), readWrite, private)
	must(t, err)
	addr := mem.Addr()
	must(t, mem.Close())
	return place{addr: addr}
}
