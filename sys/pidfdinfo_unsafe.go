package sys

import (
	"os"
	"runtime"
	"structs"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PidfdInfo mirrors struct pidfd_info (linux/pidfd.h) as Linux 6.13 has it (PIDFD_INFO_SIZE_VER0). Numbers are those of the caller's
// namespaces.
type PidfdInfo struct {
	_        structs.HostLayout
	Mask     uint64 // what is asked for, and then what is filled in
	CgroupID uint64
	PID      uint32 // of the thread
	TGID     uint32 // of its process
	PPID     uint32
	RUID     uint32
	RGID     uint32
	EUID     uint32
	EGID     uint32
	SUID     uint32
	SGID     uint32
	FSUID    uint32
	FSGID    uint32
	ExitCode int32
}

const (
	pidfdGetInfo = 0xc0<<24 | unsafe.Sizeof(PidfdInfo{})<<16 | 0xff<<8 | 11 // PIDFD_GET_INFO: _IOWR(0xFF, 11, struct pidfd_info)
	pidfdInfoPID = 1                                                        // PIDFD_INFO_PID
)

// AskPidfd tells whose pidfd it is: ioctl_pidfd(2), PIDFD_GET_INFO, since Linux 6.13. ESRCH says that the task was reaped, EREMOTE, in some versions ESRCH
// too, that it is of a pid namespace that this process does not see. fd must be known to be a pidfd: another file's ioctl may
// wait for ever.
func AskPidfd(fd *FD) (PidfdInfo, error) {
	info := &PidfdInfo{Mask: pidfdInfoPID}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd.Int()), pidfdGetInfo, uintptr(unsafe.Pointer(info)))
	runtime.KeepAlive(info)
	if errno != 0 {
		return PidfdInfo{}, os.NewSyscallError("ioctl PIDFD_GET_INFO", errno)
	}
	return *info, nil
}
