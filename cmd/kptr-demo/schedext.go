package main

import (
	"fmt"
	"strconv"
	"strings"

	"kptr/sys"
)

// schedExt is where the kernel tells of its BPF schedulers: Documentation/scheduler/sched-ext.rst.
const schedExt = "/sys/kernel/sched_ext/"

// readSchedExt reads one of its files, of one line.
func readSchedExt(name string) (string, error) {
	text, err := sys.ReadFile(schedExt+name, maxText)
	return strings.TrimSpace(string(text)), err
}

// needSchedExt says what a kernel, or else this process, lacks for a scheduler in BPF.
func needSchedExt() error {
	if _, err := readSchedExt("state"); err != nil {
		return &sys.NotSupportedError{Feature: "sched_ext with user kptrs (Linux 6.13 built with CONFIG_SCHED_CLASS_EXT=y)", Err: err}
	}
	return needCaps()
}

// needCaps names the first capability that loading takes and this process does not have.
func needCaps() error {
	have, err := sys.Capabilities()
	if err != nil {
		return err
	}
	for _, c := range []sys.Cap{sys.CAP_BPF, sys.CAP_PERFMON} {
		if !have.Allows(c) {
			return permission(c)
		}
	}
	return nil
}

// hotplugSeq counts the CPUs that came or went. A scheduler that was told the count is not started if it has changed
// by then (check_hotplug_seq, kernel/sched/ext.c).
func hotplugSeq() (uint64, error) {
	text, err := readSchedExt("hotplug_seq")
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}

// busy explains EBUSY of the attachment.
func busy(err error) error {
	name, readErr := readSchedExt("root/ops")
	if readErr != nil {
		return fmt.Errorf("%w: another scheduler is active", err)
	}
	return fmt.Errorf("%w: another scheduler is active: %s", err, name)
}

// isBack checks that the kernel's own scheduler is in charge.
func isBack() error {
	state, err := readSchedExt("state")
	if err == nil && state != "disabled" {
		err = fmt.Errorf("%sstate is %q after the scheduler was detached", schedExt, state)
	}
	return err
}
