package main

import (
	"fmt"
	"os"
	"syscall"

	"kptr/sys"
)

// startedAsInit tells whether the kernel started this process as the /init of an initramfs: it is process 1, and goes
// by the name that the kernel calls (run_init_process, init/main.c). In a container the command may be process 1 too,
// but under its own name. The other arguments are words of the kernel's command line that the kernel did not know
// (unknown_bootoption, same file): they are not for the command.
func startedAsInit(pid int, args []string) bool {
	return pid == 1 && len(args) > 0 && args[0] == "/init"
}

// initMounts is what check and run look at, in the order to mount it.
var initMounts = []struct{ kind, dir string }{
	{"proc", "/proc"},
	{"sysfs", "/sys"},
	{"bpf", "/sys/fs/bpf"},
}

// asInit does not return, since the kernel panics when process 1 ends (do_exit, kernel/exit.c): whatever fails is a
// line on the console. Without a console, and so without standard files, the Go runtime gives up before main.
func asInit() {
	for _, m := range initMounts {
		if err := mount(m.kind, m.dir); err != nil {
			fmt.Printf("init: mount %s on %s: %v\n", m.kind, m.dir, err)
		}
	}
	for _, verb := range []string{"check", "run"} {
		fmt.Printf("init: kptr-demo %s: %s\n", verb, survive(func() int { return run([]string{verb}, os.Stdout, os.Stderr) }))
	}
	powerOff()
}

// mount leaves alone what is mounted there.
func mount(kind, dir string) error {
	syscall.Mkdir(dir, 0o755) // if dir is missing after that, mount says so
	err := syscall.Mount(kind, dir, kind, 0, "")
	if err == syscall.EBUSY {
		return nil
	}
	return err
}

// survive runs a verb and tells how it ended.
func survive(verb func() int) (end string) {
	defer func() {
		if p := recover(); p != nil {
			end = fmt.Sprintf("panic: %v", p)
		}
	}()
	return "exit code " + itoa(verb())
}

// powerOff does not return. In a PID namespace it ends the namespace, not the machine: reboot(2).
func powerOff() {
	fmt.Printf("init: power off\n")
	sys.Drain(syscall.Stdout) // a serial line takes its time; what is no terminal needs no draining
	syscall.Sync()
	err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
	fmt.Printf("init: power off: %v\n", err)
	for {
		syscall.Pause()
	}
}
