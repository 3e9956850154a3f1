package sys

import "golang.org/x/sys/unix"

const (
	auditArch    = unix.AUDIT_ARCH_S390X
	pollNr       = unix.SYS_POLL
	socketcallNr = unix.SYS_SOCKETCALL
)
