package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Flags of [MemfdCreate], [AddSeals] and [Seals]: linux/memfd.h, linux/fcntl.h.
const (
	MFD_NOEXEC_SEAL = 0x8 // can be sealed; since Linux 6.3

	F_SEAL_SEAL         = 0x1
	F_SEAL_SHRINK       = 0x2
	F_SEAL_GROW         = 0x4
	F_SEAL_WRITE        = 0x8
	F_SEAL_FUTURE_WRITE = 0x10
)

// AddSeals seals a memfd: fcntl(2) with F_ADD_SEALS. F_SEAL_WRITE gives EBUSY while the file is
// mapped writable, or while anybody, a user kptr for one, has a page of it pinned
// (memfd_wait_for_pins in mm/memfd.c, which waits up to 150 ms for the pins to go).
func AddSeals(fd *FD, seals int) error {
	_, err := retryEINTR(func() (int, error) {
		return unix.FcntlInt(uintptr(fd.Int()), unix.F_ADD_SEALS, seals)
	})
	return os.NewSyscallError("fcntl F_ADD_SEALS", err)
}

// Seals gives a memfd's seals: fcntl(2) with F_GET_SEALS. EINVAL says that the file is neither of shared memory nor of
// hugetlbfs (memfd_file_seals_ptr, mm/memfd.c); its file system is not asked, which may be a process that never answers. A file of a tmpfs
// has F_SEAL_SEAL and no other.
func Seals(fd *FD) (int, error) {
	seals, err := unix.FcntlInt(uintptr(fd.Int()), unix.F_GET_SEALS, 0)
	return seals, os.NewSyscallError("fcntl F_GET_SEALS", err)
}
