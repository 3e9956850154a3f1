//go:build !race

package attack

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestReusedTid: the id of a thread that has shared and ended is given to another user's thread.
func TestReusedTid(t *testing.T) {
	both(t, func(t *testing.T, w *way) {
		v, a := w.shares(t, victim), w.actor(t, nobody)
		tid := int(a.do("thread").ok())
		a.do("set", tid).ok()
		a.uses(0, tid, true)
		old := a.do("pidfd", tid, sys.PIDFD_THREAD).ok()
		a.do("end", tid).ok()
		v.reuse(tid)
		a.do("setfd", old, 0).refused(map[string]any{"pin": syscall.ENOENT, "broker": wire.Gone}[w.kind])
		v.do("set", tid, hintOffset).ok() // no share of the thread that had the id is in the way
		a.do("write", 0, 40, 2).ok()
		a.do("set", tid).refusedBy(w, wire.Foreign)
		v.uses(hintOffset, tid, w.kind == "broker")
	})
}

// hintOffset is where a second block is.
const hintOffset = 64

// reuse has a process start a thread with an id that was another one's.
func (p *process) reuse(tid int) {
	p.t.Helper()
	const last = "/proc/sys/kernel/ns_last_pid"
	for range 200 {
		err := os.WriteFile(last, []byte(strconv.Itoa(tid-1)), 0)
		if errors.Is(err, os.ErrNotExist) {
			err = &sys.NotSupportedError{Feature: "the choice of the next thread's id (CONFIG_CHECKPOINT_RESTORE)", Err: err}
		}
		kerneltest.Require(p.t, err)
		got := int(p.do("thread").ok())
		if got == tid {
			return
		}
		p.do("end", got).ok()
		time.Sleep(time.Millisecond) // until the old one is reaped
	}
	p.t.Fatalf("of 200 threads none got id %d", tid)
}

// TestAnothersPidfd: whatever is sent in place of a pidfd of one's own threads.
func TestAnothersPidfd(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.actor(t, nobody)
	bare := int(v.do("thread").ok())
	for _, row := range []struct {
		name   string
		fd     int64
		reason any
	}{
		{"of a process", a.do("pidfd", v.pid, 0).ok(), wire.Foreign},
		{"of a thread", a.do("pidfd", bare, sys.PIDFD_THREAD).ok(), wire.Foreign},
		{"of the broker", a.do("pidfd", w.broker.cmd.Process.Pid, 0).ok(), wire.Foreign},
		{"of process 1", a.do("pidfd", 1, 0).ok(), wire.Foreign},
		{"a directory of /proc", a.do("file", fmt.Sprintf("/proc/%d", a.pid), unix.O_RDONLY|unix.O_DIRECTORY).ok(), wire.NotPidfd},
		{"a file", a.do("file", "/dev/null", unix.O_RDWR).ok(), wire.NotPidfd},
		{"the memory", a.do("ownmemfd").ok(), wire.NotPidfd},
	} {
		t.Run(row.name, func(t *testing.T) { a.do("setfd", row.fd, 0).refused(row.reason) })
	}
	v.uses(0, 0, true)
	a.do("set", a.pid).ok() // it may still do what it may
	a.uses(0, 0, true)
}

// TestFork: a child of fork(2) has its parent's connection, and asks for its own thread, for its parent's and for another's.
func TestFork(t *testing.T) {
	w := brokered(t)
	v := w.shares(t, victim)
	for _, row := range []struct {
		name string
		tid  func(a *process) int
	}{
		{"its own", func(*process) int { return 0 }},
		{"its parent's", func(a *process) int { return a.pid }},
		{"another's", func(*process) int { return v.pid }},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := w.actor(t, nobody)
			a.do("forked", row.tid(a)).refused(wire.Sender)
			a.do("receive", 0).refused("EOF") // the broker has hung up
		})
	}
	v.uses(0, 0, true)
}

// TestNamespace: a client in another pid namespace. No message has the number of a thread, and the kernel takes no false sender.
func TestNamespace(t *testing.T) {
	w := brokered(t)
	v := w.shares(t, victim)
	foreign, err := sys.PidfdOpen(v.cmd.Process.Pid, 0)
	must(t, err)
	defer foreign.Close()
	a := startWith(t, "actor", syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, []int{foreign.Int()})
	if a.pid = int(a.do("pid").ok()); a.pid != 1 {
		t.Fatalf("process %d of its namespace", a.pid)
	}
	a.do("open", w.kind, w.path).ok()
	a.do("set", 1).ok() // which is not the machine's process 1
	a.uses(0, 0, true)
	tid := int(a.do("thread").ok())
	a.do("set", tid, hintOffset).ok()
	a.uses(hintOffset, tid, true)
	a.do("setfd", passedFD, 0).refused(wire.Foreign)
	a.do("lie", v.pid).refused(syscall.EPERM) // unix(7): SCM_CREDENTIALS
	b := w.actor(t, nobody)
	b.do("lie", v.pid).refused(syscall.EPERM)
	v.uses(0, 0, true)
}

// TestExec: a process registers itself, and the program that it executes, one of set-user-ID maybe, is described by memory that
// the attacker keeps. Through a pin another process does it afterwards. With a broker the registration races against the exec: the
// element is gone at once, or soon after, and does not come back.
func TestExec(t *testing.T) {
	t.Run("pin", func(t *testing.T) {
		w := pinned(t)
		p, a := w.actor(t, nobody), w.actor(t, nobody)
		p.tell("exec")
		p.do("pid").gives(int64(p.pid))
		a.do("write", 0, 40, 2).ok()
		a.do("set", p.pid).ok()
		p.do("call").ok()
		a.do("result").gives(42)
	})
	t.Run("broker", func(t *testing.T) {
		w := brokered(t)
		v := w.shares(t, victim)
		seen := 0
		for round := range 40 {
			p := w.actor(t, nobody)
			memory := p.memory()
			tid := 0 // the thread that executes: the first, or one that becomes the first
			if round%2 == 1 {
				tid = int(p.do("thread").ok())
			}
			p.tell("raceexec", tid, 50*(round/2))
			p.do("pid").gives(int64(p.pid))
			clean := 0
			kerneltest.Eventually(t, "the element to be gone", func() bool {
				memory.A.Store(40)
				memory.B.Store(2)
				memory.Result.Store(0)
				p.do("call").ok()
				if memory.Result.Load() != 0 {
					clean = 0
					seen++
					return false
				}
				clean++
				return clean > 5
			})
			time.Sleep(5 * time.Millisecond)
			if p.do("call").ok(); memory.Result.Load() != 0 {
				t.Errorf("round %d: the element is there again", round)
			}
			p.end()
		}
		t.Logf("after %d of 40 races BPF was seen once or more at the dead program's memory, and not later", seen)
		v.uses(0, 0, true)
	})
}

// TestExecKeepsConnection: the program that was executed has the connection still.
func TestExecKeepsConnection(t *testing.T) {
	w := brokered(t)
	p := w.shares(t, nobody)
	socket := int(p.do("keep").ok())
	p.tell("exec")
	p.do("pid").gives(int64(p.pid))
	p.do("reopen", socket).ok()
	p.do("set", p.pid).refused("") // refused or hung up
	w.shares(t, victim)
}

// memory maps the memory of an actor here.
func (p *process) memory() *hint {
	p.t.Helper()
	n := p.do("ownmemfd").ok()
	fd, err := sys.OpenFile(fmt.Sprintf("/proc/%d/fd/%d", p.cmd.Process.Pid, n), syscall.O_RDWR)
	must(p.t, err)
	defer fd.Close()
	m, err := sys.Mmap(fd, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(p.t, err)
	p.t.Cleanup(func() { must(p.t, m.Close()) })
	h, err := sys.At[hint](m, 0)
	must(p.t, err)
	return h
}
