//go:build !amd64 && !arm64 && !s390x

package sys

const (
	auditArch  = 0 // not known: Confine says so
	cloneFlags = 0
	absent     = -1
	pollNr     = absent
)

var (
	syscallNumbers map[string]int
	mmapRule       = Syscall{Name: "mmap", Arg: 2, Without: protExec}
)
