package sys

import "golang.org/x/sys/unix"

const (
	auditArch    = unix.AUDIT_ARCH_S390X
	cloneFlags   = 1 // the argument of clone(2): CONFIG_CLONE_BACKWARDS2
	pollNr       = unix.SYS_POLL
	socketcallNr = unix.SYS_SOCKETCALL
)

// mmapRule checks nothing: the arguments lie in memory (struct s390_mmap_arg_struct, arch/s390/kernel/syscall.c).
var mmapRule = Syscall{Name: "mmap"}
