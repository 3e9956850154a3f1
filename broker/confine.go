package broker

import (
	"os"

	"kptr/sys"
)

// Confine takes from this process, for good, all system calls but those that a Broker and the Go runtime make once New has
// returned: the list of docs/threat-model.md. What else the process has to open, load or attach, it does before.
func Confine() error { return sys.Confine(Syscalls(os.Getpid())) }

// pidfdGetInfo is PIDFD_GET_INFO of linux/pidfd.h, with the size of the struct that package sys knows.
const pidfdGetInfo = 0xc040ff0b

// What socketcall(2) does, by the numbers of linux/net.h: Go's way to sockets on s390x, which reaches the four calls that are
// listed under their names for the others.
const (
	sysGetsockopt = 15
	sysSendmsg    = 16
	sysRecvmsg    = 17
	sysAccept4    = 18
)

// Syscalls lists the system calls that Confine leaves to the process with the id.
func Syscalls(pid int) []sys.Syscall {
	list := append(sys.GoRuntime(pid),
		sys.Syscall{Name: "bpf", Only: []uint32{uint32(sys.BPF_MAP_LOOKUP_ELEM), uint32(sys.BPF_MAP_UPDATE_ELEM), uint32(sys.BPF_MAP_DELETE_ELEM)}},
		sys.Syscall{Name: "ioctl", Arg: 1, Only: []uint32{pidfdGetInfo}},
		sys.Syscall{Name: "socketcall", Only: []uint32{sysGetsockopt, sysSendmsg, sysRecvmsg, sysAccept4}},
	)
	for _, name := range [...]string{"accept4", "fstat", "fstatfs", "getsockopt", "poll", "ppoll", "recvmsg", "sendmsg", "unlinkat"} {
		list = append(list, sys.Syscall{Name: name})
	}
	return list
}
