package sys

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Cap is a capability: linux/capability.h.
type Cap uint8

// The capabilities that bpf(2) asks for.
const (
	CAP_NET_ADMIN Cap = 12
	CAP_SYS_ADMIN Cap = 21
	CAP_PERFMON   Cap = 38
	CAP_BPF       Cap = 39
)

// String gives the C name, or the number of a capability that the project does not ask for.
func (c Cap) String() string {
	return enumName("capability", "CAP_", capNames[:], uint32(c))
}

var capNames = [...]string{CAP_NET_ADMIN: "NET_ADMIN", CAP_SYS_ADMIN: "SYS_ADMIN", CAP_PERFMON: "PERFMON", CAP_BPF: "BPF"}

// CapSet is a set of capabilities, bit n for number n.
type CapSet uint64

// Has tells whether c is in the set. The kernel takes CAP_SYS_ADMIN in place of CAP_BPF,
// CAP_PERFMON and, for bpf(2), CAP_NET_ADMIN: see [CapSet.Allows].
func (s CapSet) Has(c Cap) bool { return c < 64 && s&(1<<c) != 0 }

// Allows tells whether the kernel lets the owner of the set do what c is for: it has c or
// CAP_SYS_ADMIN (bpf_capable and perfmon_capable in linux/capability.h).
func (s CapSet) Allows(c Cap) bool { return s.Has(c) || s.Has(CAP_SYS_ADMIN) }

// String lists the names, joined with ",".
func (s CapSet) String() string {
	var names []string
	for c := Cap(0); c < 64; c++ {
		if s.Has(c) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, ",")
}

// Capabilities gives the effective set of the calling thread: capget(2).
func Capabilities() (CapSet, error) {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3} // pid 0: the caller
	var data [2]unix.CapUserData                                        // version 3 writes two, the low half first
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return 0, os.NewSyscallError("capget", err)
	}
	return CapSet(data[1].Effective)<<32 | CapSet(data[0].Effective), nil
}
