package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Advice for [Mapping.Advise]: MADV_* of asm-generic/mman-common.h.
const (
	MADV_REMOVE   = 9  // frees the pages of a shared mapping and what backs them: the next access sees zeroes
	MADV_DONTFORK = 10 // a child of fork(2) does not get the mapping

	MADV_NOHUGEPAGE = 15 // pages of the base size alone
)

// Advise gives advice about length bytes from offset on: madvise(2). Both are multiples of the page
// size.
func (m *Mapping) Advise(offset, length int, advice int) error {
	b := m.Bytes()
	if offset < 0 || length < 0 || offset > len(b) || length > len(b)-offset {
		return &MappingError{Offset: uintptr(offset), Size: uintptr(length), Align: 1, Mapped: uintptr(len(b))}
	}
	return os.NewSyscallError("madvise", unix.Madvise(b[offset:offset+length], advice))
}
