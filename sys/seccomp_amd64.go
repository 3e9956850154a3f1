package sys

import "golang.org/x/sys/unix"

const (
	auditArch    = unix.AUDIT_ARCH_X86_64
	cloneFlags   = 0 // the argument of clone(2)
	pollNr       = unix.SYS_POLL
	socketcallNr = absent
)

var mmapRule = Syscall{Name: "mmap", Arg: 2, Without: protExec}
