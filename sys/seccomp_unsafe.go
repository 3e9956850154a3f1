package sys

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SockFilter is struct sock_filter (linux/filter.h), an instruction of classic BPF.
type SockFilter = unix.SockFilter

// AuditArch is the AUDIT_ARCH_* (linux/audit.h) of this process, which a filter compares: the numbers of system calls are the
// architecture's. 0 if this package does not know them.
const AuditArch = auditArch

// SyscallNumber gives the number of a system call that filters of this project name; -1 for one that the architecture does not have.
func SyscallNumber(name string) (nr int, known bool) {
	nr, known = syscallNumbers[name]
	return nr, known
}

// SetSeccomp puts this process, in all its threads and whatever it executes, under a filter for good: seccomp(2) with
// SECCOMP_FILTER_FLAG_TSYNC, after prctl(2) with PR_SET_NO_NEW_PRIVS, which lets it be done without privilege.
func SetSeccomp(filter []SockFilter) error {
	// The threads that are synchronized get the flag from this one (seccomp_sync_threads, kernel/seccomp.c).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl PR_SET_NO_NEW_PRIVS", err)
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: unsafe.SliceData(filter)}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if errno == 0 && thread != 0 {
		errno = unix.EBUSY // a thread that has a filter of its own
	}
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}
