// Command init is process 1 of the virtual machine: it mounts what the tests need, runs the jobs
// one after the other and powers the machine off.
//
// The kernel's log goes to the first serial port and what the jobs write to the second, so that
// neither cuts a line of the other in two.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"

	"kptr/test/vm/job"
)

// output is the second serial port, by the name that devtmpfs gives it.
const output = "/dev/ttyS1"

// files is how many files a job may have open.
const files = 65536

func main() {
	// A Go program that returns from main as process 1 panics the kernel: the driver sees that no
	// exit code came, and shows the console.
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "init:", err)
		os.Exit(1)
	}
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}

func run() error {
	if err := mountAll(); err != nil {
		return err
	}
	if err := linkStandardFiles(); err != nil {
		return err
	}
	// The kernel's 4096 are too few for the tests that start 10,000 threads (INR_OPEN_MAX, include/uapi/linux/fs.h).
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: files}); err != nil {
		return fmt.Errorf("setrlimit: %w", err)
	}
	b, err := os.ReadFile(job.Path)
	if err != nil {
		return err
	}
	var jobs []job.Job
	if err := json.Unmarshal(b, &jobs); err != nil {
		return fmt.Errorf("%s: %w", job.Path, err)
	}
	out, err := os.OpenFile(output, os.O_WRONLY|syscall.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		fmt.Fprintln(out, job.Start(j.Name))
		code, err := start(j, out)
		if err != nil {
			fmt.Fprintln(out, "init:", err)
		}
		// The command may have left its last line open.
		fmt.Fprintf(out, "\n%s\n", job.Exit(j.Name, code))
	}
	return out.Close() // waits until the port has sent it all
}

func mountAll() error {
	mounts := []struct{ kind, dir string }{
		{"devtmpfs", "/dev"},
		{"proc", "/proc"},
		{"sysfs", "/sys"},
		{"tracefs", "/sys/kernel/tracing"},
		{"bpf", "/sys/fs/bpf"},
		{"cgroup2", "/sys/fs/cgroup"},
		{"tmpfs", "/tmp"},
	}
	for _, m := range mounts {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.dir, err)
		}
	}
	return os.Chmod("/tmp", 0o1777)
}

// linkStandardFiles makes the links that devtmpfs leaves to user space: Documentation/admin-guide/devices.rst.
func linkStandardFiles() error {
	for i, name := range []string{"stdin", "stdout", "stderr"} {
		if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", i), "/dev/"+name); err != nil {
			return err
		}
	}
	return os.Symlink("/proc/self/fd", "/dev/fd")
}

// start runs a command to its end and gives its exit code.
func start(j job.Job, out *os.File) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return job.Killed, err
	}
	defer null.Close()
	p, err := os.StartProcess(j.Args[0], j.Args, &os.ProcAttr{
		Dir: j.Dir, Env: j.Env, Files: []*os.File{null, out, out},
	})
	if err != nil {
		return job.Killed, err
	}
	defer p.Release()
	return reapUntil(p.Pid)
}

// reapUntil waits for the child pid. Process 1 inherits every orphan, and a zombie that nobody
// waits for keeps its pinned pages.
func reapUntil(pid int) (int, error) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return job.Killed, fmt.Errorf("wait: %w", err)
		case got == pid && status.Exited():
			return status.ExitStatus(), nil
		case got == pid:
			return job.Killed, fmt.Errorf("ended by %v", status.Signal())
		}
	}
}
