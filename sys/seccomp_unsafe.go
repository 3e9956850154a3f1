package sys

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Confine allows this process, in all its threads and whatever it executes, the listed system calls alone, for good: seccomp(2) with
// SECCOMP_FILTER_FLAG_TSYNC, after prctl(2) with PR_SET_NO_NEW_PRIVS, which lets it be done without privilege. Others give EPERM. A call of another
// architecture's ends the process. The list may name what the architecture does not have, such as "poll" on arm64.
func Confine(list []Syscall) error {
	p, err := seccompProgram(list)
	if err != nil {
		return err
	}
	// The threads that are synchronized get the flag from this one (seccomp_sync_threads, kernel/seccomp.c).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl PR_SET_NO_NEW_PRIVS", err)
	}
	// struct sock_fprog, linux/filter.h
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: (*unix.SockFilter)(unsafe.Pointer(&p[0]))}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(p)
	if errno == 0 && thread != 0 {
		errno = unix.EBUSY // a thread that has a filter of its own
	}
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}
