//go:build !race

package attack

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of linux/userfaultfd.h.
const (
	uffdAPI          = 0xaa
	uffdUserModeOnly = 1
	uffdioAPI        = 0xc018aa3f // _IOWR(UFFDIO, _UFFDIO_API, struct uffdio_api)
	uffdioRegister   = 0xc020aa00 // _IOWR(UFFDIO, _UFFDIO_REGISTER, struct uffdio_register)
	registerMissing  = 1
)

// userfault maps the first page of a memfd so that whoever touches it there waits for ever.
func userfault(memfd int) error {
	mem, err := unix.Mmap(memfd, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|uffdUserModeOnly, 0, 0)
	if errno != 0 {
		return errno
	}
	api := [3]uint64{uffdAPI}
	register := [4]uint64{uint64(uintptr(unsafe.Pointer(&mem[0]))), uint64(len(mem)), registerMissing}
	for _, c := range []struct {
		cmd uintptr
		arg unsafe.Pointer
	}{{uffdioAPI, unsafe.Pointer(&api)}, {uffdioRegister, unsafe.Pointer(&register)}} {
		if _, _, errno := syscall.Syscall(unix.SYS_IOCTL, fd, c.cmd, uintptr(c.arg)); errno != 0 {
			return errno
		}
	}
	return nil
}

// remap maps other memory over what stands there.
func remap(mem []byte) error {
	const flags = unix.MAP_SHARED | unix.MAP_ANONYMOUS | unix.MAP_FIXED
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(&mem[0]), uintptr(len(mem)), unix.PROT_READ|unix.PROT_WRITE, flags)
	return err
}
