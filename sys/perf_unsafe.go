package sys

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// PerfEventOpenTracepoint opens the tracepoint with the id that tracefs shows, as something to
// attach a tracepoint program to: perf_event_open(2). A program sees the events of every CPU,
// although the perf event is opened on CPU 0 only (perf_event_set_bpf_prog ties it to the
// tracepoint). It takes CAP_PERFMON.
func PerfEventOpenTracepoint(id uint64) (*FD, error) {
	attr := unix.PerfEventAttr{
		Type:   unix.PERF_TYPE_TRACEPOINT,
		Size:   uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Config: id,
	}
	n, err := unix.PerfEventOpen(&attr, -1, 0, -1, unix.PERF_FLAG_FD_CLOEXEC)
	return ownFD(n, os.NewSyscallError("perf_event_open", err))
}
