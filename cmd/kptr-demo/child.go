package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"

	"kptr/sys"
)

// A childError is the end of a command that has said itself what there is to say.
type childError struct{ code int }

func (e childError) Error() string { return "exit code " + itoa(e.code) }

// passedOn are the signals by which a process is told something.
var passedOn = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2}

// runChild starts a command, calls started with its id, and waits for its end. An error of started ends it.
func runChild(out *output, args []string, started func(pid int) error) (err error) {
	name, err := lookPath(args[0])
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, len(passedOn))
	for _, s := range passedOn {
		if !signal.Ignored(s) { // SIGHUP by nohup(1), SIGINT by a shell's &: the child ignores it too. Others Go does not know to have been ignored
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)
	pid, err := syscall.ForkExec(name, args, &syscall.ProcAttr{Env: syscall.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	child, err := sys.PidfdOpen(pid, 0)
	if err == nil {
		defer func() { err = errors.Join(err, child.Close()) }()
		err = started(pid)
	}
	if err != nil {
		err = errors.Join(err, syscall.Kill(pid, syscall.SIGKILL)) // the id is the child's until wait
	}
	go passOn(signals, child)
	status, waitErr := wait(pid)
	if err = errors.Join(err, waitErr); err != nil {
		return err
	}
	code := childCode(status)
	if out.json {
		out.doc = hintReport{args, pid, code}
	}
	if code == 0 {
		return nil
	}
	return childError{code}
}

// wait gives how a child has ended.
func wait(pid int) (status syscall.WaitStatus, err error) {
	for {
		if _, err = syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return status, os.NewSyscallError("wait4", err)
		}
	}
}

// childCode is the exit code, or, as shells have it, 128 and the signal.
func childCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// passOn passes signals on, but for those that a terminal has sent to the child as well.
func passOn(signals <-chan os.Signal, child *sys.FD) {
	for s := range signals {
		if (s == syscall.SIGINT || s == syscall.SIGQUIT) && inForeground() {
			continue
		}
		sys.PidfdSendSignal(child, s.(syscall.Signal)) // if it has ended, wait says so
	}
}

// inForeground tells whether the terminal sends its signals to this process group, and so to the child: fields pgrp and
// tpgid of proc_pid_stat(5).
func inForeground() bool {
	text, err := sys.ReadFile("/proc/self/stat", maxText)
	if err != nil {
		return false
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // state, ppid, pgrp, session, tty_nr, tpgid
	return len(f) > 5 && f[2] == f[5]
}

// lookPath finds a command as execvp(3) does.
func lookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	dirs, ok := os.LookupEnv("PATH")
	if !ok {
		dirs = "/bin:/usr/bin" // what confstr(_CS_PATH) gives
	}
	for _, dir := range strings.Split(dirs, ":") {
		file := path.Join(dir, name)
		var st syscall.Stat_t
		if err := syscall.Stat(file, &st); err == nil && st.Mode&syscall.S_IFMT == syscall.S_IFREG && st.Mode&0o111 != 0 {
			return file, nil
		}
	}
	return "", fmt.Errorf("%s: not in PATH: %w", name, syscall.ENOENT)
}
