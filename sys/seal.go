package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Flags of [MemfdCreate] and [AddSeals]: linux/memfd.h, linux/fcntl.h.
const (
	MFD_NOEXEC_SEAL = 0x8 // can be sealed; since Linux 6.3

	F_SEAL_WRITE = 0x8
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
