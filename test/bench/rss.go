package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

// peakRSS runs a program and gives the most memory that was resident, in KiB: VmHWM
// of /proc/PID/status, read where the program ends. The ru_maxrss of wait4(2) will not
// do: it counts what the process was before its exec, a copy of this one
// (exec_mmap, fs/exec.c).
func peakRSS(argv ...string) (int, error) {
	runtime.LockOSThread() // ptrace(2) is by thread
	defer runtime.UnlockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Files: []*os.File{null, null, os.Stderr}, Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return 0, err
	}
	kib, err := waitTraced(p.Pid)
	if err != nil {
		return 0, fmt.Errorf("%v: %w", argv, err)
	}
	return kib, nil
}

// waitTraced waits for the stop after exec, for the one in exit, and for the end.
func waitTraced(pid int) (kib int, err error) {
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			return 0, os.NewSyscallError("wait4", err)
		}
		signal := 0
		switch {
		case status.Exited() && status.ExitStatus() == 0 && kib > 0:
			return kib, nil
		case status.Exited() || status.Signaled():
			return 0, fmt.Errorf("ended with status %#x", uint32(status))
		case status.TrapCause() == syscall.PTRACE_EVENT_EXIT:
			if kib, err = highWater(pid); err != nil {
				return 0, err
			}
		case status.StopSignal() == syscall.SIGTRAP:
			if err := syscall.PtraceSetOptions(pid, syscall.PTRACE_O_TRACEEXIT); err != nil {
				return 0, os.NewSyscallError("ptrace", err)
			}
		default:
			signal = int(status.StopSignal()) // meant for the program
		}
		if err := syscall.PtraceCont(pid, signal); err != nil {
			return 0, os.NewSyscallError("ptrace", err)
		}
	}
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
