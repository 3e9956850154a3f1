//go:build !race

package attack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleEnv has this test program be an "actor" or a "broker" instead of testing; socketEnv says where a broker listens.
const (
	roleEnv   = "KPTR_ATTACK_ROLE"
	socketEnv = "KPTR_ATTACK_SOCKET"
)

// A process is one that the tests have started, under its own user.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  *os.File
	out *bufio.Reader
	pid int // as it sees it itself

	memories int // that anotherMemory has made
}

func start(t *testing.T, role string, attr syscall.SysProcAttr, env ...string) *process {
	t.Helper()
	return startWith(t, role, attr, nil, env...)
}

// passedFD is the number in the new process of the first file descriptor that startWith passes on.
const passedFD = 4

func startWith(t *testing.T, role string, attr syscall.SysProcAttr, fds []int, env ...string) *process {
	t.Helper()
	childIn, in, err := os.Pipe()
	must(t, err)
	out, childOut, err := os.Pipe()
	must(t, err)
	exe, err := os.Executable()
	must(t, err)
	// The directories above the test program may be root's alone: it is opened here.
	self, err := os.Open(exe)
	must(t, err)
	cmd := exec.Command("/proc/self/fd/3")
	cmd.Args[0] = "attack-" + role
	cmd.ExtraFiles = []*os.File{self}
	for _, fd := range fds {
		n, err := syscall.Dup(fd)
		must(t, err)
		f := os.NewFile(uintptr(n), "passed on")
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	cmd.Env = append(append(os.Environ(), roleEnv+"="+role), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = childIn, childOut, os.Stderr, &attr
	err = cmd.Start()
	self.Close()
	childIn.Close()
	childOut.Close()
	must(t, err)
	must(t, out.SetReadDeadline(time.Now().Add(3*patience)))
	p := &process{t: t, cmd: cmd, in: in, out: bufio.NewReader(out), pid: cmd.Process.Pid}
	t.Cleanup(func() { p.end(); out.Close() })
	return p
}

// end closes the process's standard input, which ends it, and sees to it that it ends.
func (p *process) end() {
	p.in.Close()
	stop := time.AfterFunc(10*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer stop.Stop()
	_ = p.cmd.Wait()
}

// read expects a line.
func (p *process) read(want string) {
	p.t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil || strings.TrimSpace(line) != want {
		p.t.Fatalf("%s says %q, %v; want %q", p.cmd.Args[0], line, err, want)
	}
}

// An outcome is what became of an operation of an actor.
type outcome struct {
	t *testing.T
	request
	reply
}

// tell has an actor do what it does not answer to.
func (p *process) tell(op string, args ...any) {
	p.t.Helper()
	_, err := p.in.Write(encode(request{op, args}))
	must(p.t, err)
}

func (p *process) do(op string, args ...any) outcome {
	p.t.Helper()
	r := request{op, args}
	_, err := p.in.Write(encode(r))
	must(p.t, err)
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		p.t.Fatalf("%v: %v", r, err)
	}
	o := outcome{t: p.t, request: r}
	must(p.t, json.Unmarshal(line, &o.reply))
	return o
}

// ok gives the number of an operation that has to succeed.
func (o outcome) ok() int64 {
	o.t.Helper()
	if o.Err != "" {
		o.t.Fatalf("%v: %s", o.request, o.Err)
	}
	return o.N
}

// refused checks that it was, for the reason.
func (o outcome) refused(reason any) {
	o.t.Helper()
	if o.Err == "" || !strings.Contains(o.Err, fmt.Sprint(reason)) {
		o.t.Errorf("%v: %q, want %q", o.request, o.Err, fmt.Sprint(reason))
	}
}

// gives checks the number of an operation that has to succeed.
func (o outcome) gives(n int64) {
	o.t.Helper()
	if got := o.ok(); got != n {
		o.t.Errorf("%v: %d, want %d", o.request, got, n)
	}
}
