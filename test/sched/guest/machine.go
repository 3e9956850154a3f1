package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pins is the bpffs directory of the scheduler's maps.
const pins = "/sys/fs/bpf/kptr"

func mountAll() error {
	for _, m := range []struct{ kind, dir string }{{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"bpf", "/sys/fs/bpf"}} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.dir, err)
		}
	}
	return os.Mkdir(pins, 0o700)
}

// monotonic is the time of CLOCK_MONOTONIC, in which the programs' window is given: since the machine started, as it is never
// suspended.
func monotonic() (time.Duration, error) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return time.Duration(t.Nano()), os.NewSyscallError("clock_gettime", err)
}
