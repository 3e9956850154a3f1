package sys

import "golang.org/x/sys/unix"

const (
	auditArch    = unix.AUDIT_ARCH_AARCH64
	cloneFlags   = 0 // the argument of clone(2)
	pollNr       = absent
	socketcallNr = absent
)

var mmapRule = Syscall{Name: "mmap", Arg: 2, Without: protExec}
