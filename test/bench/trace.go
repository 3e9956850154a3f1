package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traced is what a run that is traced, and so slow, can tell.
type traced struct {
	rss   int           // the most memory that was resident, in KiB
	calls int           // of bpf(2), by all threads
	inBPF time.Duration // that those took; two stops for the tracer are in each
}

// trace runs a program under ptrace(2).
//
// The memory is VmHWM of /proc/PID/status, read where the program ends. The ru_maxrss of wait4(2) will not do: it counts what the
// process was before its exec, a copy of this one (exec_mmap, fs/exec.c).
func trace(argv []string) (traced, error) {
	runtime.LockOSThread() // ptrace(2) is by thread
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return traced{}, err
	}
	defer null.Close()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Files: []*os.File{null, null, os.Stderr}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return traced{}, err
	}
	t := tracer{pid: p.Pid, seen: map[int]bool{}, entered: map[int]time.Time{}}
	err = t.follow()
	return t.traced, err
}

type tracer struct {
	traced
	pid     int
	seen    map[int]bool      // threads
	entered map[int]time.Time // when a thread that is in bpf(2) called it
}

const options = unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL

// syscallStop is the signal of a stop for a system call, with PTRACE_O_TRACESYSGOOD.
const syscallStop = syscall.SIGTRAP | 0x80

// follow waits for stops of all threads until the process ends.
func (t *tracer) follow() error {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &status, syscall.WALL, nil)
		if err != nil {
			return os.NewSyscallError("wait4", err)
		}
		if status.Exited() || status.Signaled() {
			if tid != t.pid {
				continue
			}
			if !status.Exited() || status.ExitStatus() != 0 {
				return fmt.Errorf("ended with status %#x", uint32(status))
			}
			return nil
		}
		signal, err := t.stopped(tid, status)
		if err != nil {
			return err
		}
		// A thread may be gone by now, when another one ends the process.
		if err := syscall.PtraceSyscall(tid, int(signal)); err != nil && err != syscall.ESRCH {
			return os.NewSyscallError("ptrace", err)
		}
	}
}

// stopped looks at why a thread stopped, and gives the signal to hand on to it.
func (t *tracer) stopped(tid int, status syscall.WaitStatus) (syscall.Signal, error) {
	first := !t.seen[tid]
	t.seen[tid] = true
	switch {
	case first && tid == t.pid: // after its exec
		return 0, os.NewSyscallError("ptrace", syscall.PtraceSetOptions(tid, options))
	case first && status.StopSignal() == syscall.SIGSTOP: // as every new thread does
	case status.StopSignal() == syscallStop:
		if since, is := t.entered[tid]; is {
			t.inBPF += time.Since(since)
			delete(t.entered, tid)
			return 0, nil
		}
		calls, err := isBPF(tid)
		if calls {
			t.calls++
			t.entered[tid] = time.Now()
		}
		return 0, err
	case status.TrapCause() == unix.PTRACE_EVENT_EXIT && tid == t.pid:
		var err error
		t.rss, err = highWater(tid)
		return 0, err
	case status.StopSignal() == syscall.SIGTRAP: // PTRACE_EVENT_*
	default:
		return status.StopSignal(), nil // meant for the program
	}
	return 0, nil
}

// isBPF tells whether a thread has stopped where it enters bpf(2).
func isBPF(tid int) (bool, error) {
	var info struct { // struct ptrace_syscall_info (linux/ptrace.h), the part about entry
		op       uint8
		_        [3]uint8
		_        uint32
		_, _, nr uint64
		_        [6]uint64
	}
	const opEntry = 1 // PTRACE_SYSCALL_INFO_ENTRY
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(info),
		uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 && errno != syscall.ESRCH {
		return false, os.NewSyscallError("ptrace", errno)
	}
	return info.op == opEntry && info.nr == unix.SYS_BPF, nil
}

func highWater(pid int) (int, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if size, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			return strconv.Atoi(string(bytes.Fields(size)[0]))
		}
	}
	return 0, errors.New("/proc/PID/status has no VmHWM")
}
