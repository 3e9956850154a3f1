package sys

import "golang.org/x/sys/unix"

const (
	auditArch    = unix.AUDIT_ARCH_X86_64
	pollNr       = unix.SYS_POLL
	socketcallNr = absent
)
