package broker_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/broker/wire"
	"kptr/sys"
)

// childEnv says what a process that a test started does instead of testing.
const childEnv = "KPTR_TEST_CHILD"

// A process is one that a test has started. It does what it is told by a line on standard input.
type process struct {
	testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts one with a role, and waits until it says that it is ready.
func start(t testing.TB, role string, change func(*exec.Cmd)) *process {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.Stderr = append(os.Environ(), childEnv+"="+role), os.Stderr
	if change != nil {
		change(cmd)
	}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	p := &process{t, cmd, in, bufio.NewReader(out)}
	t.Cleanup(p.kill)
	return p
}

// asNobody has a process run without any privilege.
func asNobody(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
}

// tell sends a line, and gives the one that comes back.
func (p *process) tell(line string) string {
	p.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.Fatal(err)
	}
	return p.hear()
}

func (p *process) hear() string {
	p.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		p.Fatalf("%q, %v", line, err)
	}
	return strings.TrimSpace(line)
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// kill ends the process with SIGKILL, if it has not ended, and reaps it.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// child is the other end: KPTR_TEST_CHILD is "client PATH", "raw PATH", "sender" or "sleep". It works on one thread, the leader.
func child() {
	runtime.LockOSThread()
	role, path, _ := strings.Cut(os.Getenv(childEnv), " ")
	var do func(words []string) error
	switch role {
	case "client":
		do = newClientChild(path)
	case "raw":
		do = newRawChild(path)
	case "sender": // with somebody else's socket as fd 3
		socket, err := sys.DupFD(3)
		check(err)
		do = func([]string) error { return sys.Send(socket, message(wire.Forget, 1, wire.AppendMemory(nil, 1, 0))) }
	case "sleep":
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := do(strings.Fields(lines.Text())); err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println("ok")
	}
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// newClientChild is a program that uses package kptr.
func newClientChild(path string) func([]string) error {
	m, err := kptr.Dial[value](path)
	check(err)
	var mine *kptr.Shared[value]
	var all *kptr.Threads[value]
	return func(words []string) (err error) {
		switch words[0] {
		case "share":
			mine, err = m.Share(kptr.ThisThread())
		case "all":
			all, err = m.ShareAll(nil)
		case "adds":
			if !adds(mine.Value().Udata) {
				err = errors.New("BPF did not add")
			}
		case "close":
			if all != nil {
				err = all.Close()
			}
			err = errors.Join(err, m.Close())
		case "exit":
			os.Exit(0)
		case "exec":
			err = becomeAnother()
		}
		return err
	}
}

// newRawChild is a program that keeps its socket at execve(2).
func newRawChild(path string) func([]string) error {
	fd, err := sys.ConnectUnix(path)
	check(err)
	memfd, err := sys.MemfdCreate("child", int64(os.Getpagesize()), sys.MFD_NOEXEC_SEAL)
	check(err)
	check(sys.AddSeals(memfd, sys.F_SEAL_SHRINK))
	me, err := sys.PidfdOpen(sys.Gettid(), sys.PIDFD_THREAD)
	check(err)
	return func(words []string) error {
		switch words[0] {
		case "send": // without waiting for replies
			return errors.Join(
				sys.Send(fd, message(wire.Hello, 1, wire.AppendHello(nil))),
				sys.Send(fd, message(wire.Memory, 1, wire.AppendMemory(nil, 1, 1)), memfd.Int()),
				sys.Send(fd, message(wire.Set, 1, wire.AppendSet(nil, 0, order.AppendUint64(nil, wire.Reference(1, 0)))), me.Int()))
		case "exec":
			if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd.Int()), syscall.F_SETFD, 0); errno != 0 {
				return errno
			}
			return becomeAnother()
		}
		return nil
	}
}

// becomeAnother executes another program, which knows nothing of a broker: this one, in a role of its own.
func becomeAnother() error {
	if err := os.Setenv(childEnv, "sleep"); err != nil {
		return err
	}
	return syscall.Exec("/proc/self/exe", []string{"sleep"}, os.Environ())
}
