package kptr_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file is the only one of the tests with unsafe: memory that the kernel mapped for the process is known by its address
// alone.

// processStack gives the lowest page of the mapping [stack]. The first thread's system stack ends more than 100 KiB above
// it: setup_arg_pages (fs/exec.c) maps 128 KiB below what a program is started with.
func processStack(t testing.TB) []byte {
	t.Helper()
	from, _ := mappingNamed(t, "[stack]")
	return bytesAt(from, os.Getpagesize())
}

// mappingNamed gives the addresses of the mapping that /proc/self/maps has under a name.
func mappingNamed(t testing.TB, name string) (from, to uintptr) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(line, " "+name+"\n") {
			_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
			must(t, err)
			return from, to
		}
	}
	t.Fatalf("no mapping %s:\n%s", name, maps)
	return 0, 0
}

// bytesAt gives memory that is none of Go's by its address. The detour through a pointer to it is for vet, which takes
// addresses for those of Go memory.
func bytesAt(addr uintptr, size int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), size)
}

// mapOver maps other memory where b is. The arguments of mmap(2) are not the same on every architecture: s390x has them in
// memory (sys_s390_old_mmap, arch/s390/kernel/syscall.c).
func mapOver(b []byte) error {
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_FIXED|unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	return err
}
