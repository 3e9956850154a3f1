package broker

import (
	"os"
	"runtime"

	"kptr/sys"
)

// Confine takes from this process, for good, all system calls but those that a Broker and the Go runtime make once New has
// returned, in all threads and whatever it executes: the list of docs/threat-model.md. What else the process has to open, load or attach, it does before.
func Confine() error { return confine(Syscalls(os.Getpid())) }

// confine allows the listed system calls alone. Others give EPERM; a call by another architecture's numbers ends the process.
func confine(list []Syscall) error {
	filter, err := program(list)
	if err != nil {
		return err
	}
	return sys.SetSeccomp(filter)
}

// What socketcall(2) does, by the numbers of linux/net.h: Go's way to sockets on s390x, which reaches the five calls that are
// listed under their names for the others.
const (
	sysShutdown   = 13
	sysGetsockopt = 15
	sysSendmsg    = 16
	sysRecvmsg    = 17
	sysAccept4    = 18
)

// Syscalls lists the system calls that Confine leaves to the process with the id.
func Syscalls(pid int) []Syscall {
	list := append(goRuntime(pid),
		Syscall{Name: "bpf", Only: []uint32{uint32(sys.BPF_MAP_LOOKUP_ELEM), uint32(sys.BPF_MAP_UPDATE_ELEM), uint32(sys.BPF_MAP_DELETE_ELEM)}},
		Syscall{Name: "ioctl", Arg: 1, Only: []uint32{sys.PIDFD_GET_INFO}},
		Syscall{Name: "socketcall", Only: []uint32{sysShutdown, sysGetsockopt, sysSendmsg, sysRecvmsg, sysAccept4}},
	)
	for _, name := range [...]string{"accept4", "fstat", "fstatfs", "getsockopt", "poll", "ppoll", "recvmsg", "sendmsg", "shutdown"} {
		list = append(list, Syscall{Name: name})
	}
	return list
}

// goRuntime is what the Go runtime and package os need after a program has started: threads, memory, signals, timers, the network
// poller. Threads, but no process, may be started; memory may not become executable, nor other processes be sent signals
// by tgkill(2).
func goRuntime(pid int) []Syscall {
	var list []Syscall
	for _, name := range [...]string{
		"brk", "clock_gettime", "close", "epoll_create1", "epoll_ctl", "epoll_pwait", "eventfd2", "exit", "exit_group", "fcntl",
		"futex", "getpid", "getrandom", "gettid", "madvise", "mincore", "munmap", "nanosleep", "pipe2", "read", "rt_sigaction", "rt_sigprocmask",
		"rt_sigreturn", "restart_syscall", "sched_getaffinity", "sched_yield", "sigaltstack", "write",
	} {
		list = append(list, Syscall{Name: name})
	}
	clone, mmap := Syscall{Name: "clone", Arg: 0, Has: cloneThread}, Syscall{Name: "mmap", Arg: 2, Without: protExec}
	if runtime.GOARCH == "s390x" {
		clone.Arg = 1                // CONFIG_CLONE_BACKWARDS2
		mmap = Syscall{Name: "mmap"} // the arguments lie in memory (struct s390_mmap_arg_struct, arch/s390/kernel/syscall.c)
	}
	return append(list, clone, mmap,
		Syscall{Name: "tgkill", Arg: 0, Only: []uint32{uint32(pid)}},
		Syscall{Name: "mprotect", Arg: 2, Without: protExec},
		Syscall{Name: "prctl", Arg: 0, Only: []uint32{prSetVMA}},
	)
}

const (
	cloneThread = 0x10000    // CLONE_THREAD: linux/sched.h
	protExec    = 0x4        // PROT_EXEC: asm-generic/mman-common.h
	prSetVMA    = 0x53564d41 // PR_SET_VMA, which names mappings: linux/prctl.h
)
