//go:build amd64 || arm64 || s390x

package sys

import "golang.org/x/sys/unix"

// absent stands for a system call that the architecture does not have.
const absent = -1

// syscallNumbers has the system calls that [SyscallNumber] knows.
var syscallNumbers = map[string]int{
	"accept4": unix.SYS_ACCEPT4, "bpf": unix.SYS_BPF, "brk": unix.SYS_BRK, "clock_gettime": unix.SYS_CLOCK_GETTIME,
	"clone": unix.SYS_CLONE, "close": unix.SYS_CLOSE, "epoll_create1": unix.SYS_EPOLL_CREATE1, "epoll_ctl": unix.SYS_EPOLL_CTL,
	"epoll_pwait": unix.SYS_EPOLL_PWAIT, "eventfd2": unix.SYS_EVENTFD2, "execve": unix.SYS_EXECVE, "exit": unix.SYS_EXIT,
	"exit_group": unix.SYS_EXIT_GROUP, "fcntl": unix.SYS_FCNTL, "fstat": unix.SYS_FSTAT, "fstatfs": unix.SYS_FSTATFS, "futex": unix.SYS_FUTEX,
	"getpid": unix.SYS_GETPID, "getrandom": unix.SYS_GETRANDOM, "getsockopt": unix.SYS_GETSOCKOPT, "gettid": unix.SYS_GETTID,
	"ioctl": unix.SYS_IOCTL, "kill": unix.SYS_KILL, "madvise": unix.SYS_MADVISE, "mincore": unix.SYS_MINCORE, "mmap": unix.SYS_MMAP,
	"mprotect": unix.SYS_MPROTECT, "munmap": unix.SYS_MUNMAP, "nanosleep": unix.SYS_NANOSLEEP, "openat": unix.SYS_OPENAT,
	"pidfd_open": unix.SYS_PIDFD_OPEN, "pipe2": unix.SYS_PIPE2, "poll": pollNr, "ppoll": unix.SYS_PPOLL, "prctl": unix.SYS_PRCTL, "pread64": unix.SYS_PREAD64,
	"ptrace": unix.SYS_PTRACE, "read": unix.SYS_READ, "recvmsg": unix.SYS_RECVMSG, "restart_syscall": unix.SYS_RESTART_SYSCALL,
	"rt_sigaction": unix.SYS_RT_SIGACTION, "rt_sigprocmask": unix.SYS_RT_SIGPROCMASK, "rt_sigreturn": unix.SYS_RT_SIGRETURN,
	"sched_getaffinity": unix.SYS_SCHED_GETAFFINITY, "sched_yield": unix.SYS_SCHED_YIELD, "sendmsg": unix.SYS_SENDMSG,
	"setitimer": unix.SYS_SETITIMER, "shutdown": unix.SYS_SHUTDOWN, "sigaltstack": unix.SYS_SIGALTSTACK, "socket": unix.SYS_SOCKET, "socketcall": socketcallNr, "tgkill": unix.SYS_TGKILL,
	"timer_create": unix.SYS_TIMER_CREATE, "timer_delete": unix.SYS_TIMER_DELETE, "timer_settime": unix.SYS_TIMER_SETTIME,
	"write": unix.SYS_WRITE,
}
