//go:build !race

package attack

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kptr/broker/wire"
	"kptr/sys"
)

func le(n uint64) []byte { return binary.NativeEndian.AppendUint64(nil, n) }

// file does what has to do with files and memory.
func (a *actorState) file(op string, p args) (int64, error) {
	page := int64(os.Getpagesize())
	switch op {
	case "pidfd": // TID FLAGS
		fd, err := unix.PidfdOpen(p.n(0), p.n(1))
		return int64(fd), err
	case "file": // PATH FLAGS
		fd, err := unix.Open(p.s(0), p.n(1)|unix.O_CLOEXEC, 0o600)
		return int64(fd), err
	case "memfd": // FLAGS PAGES SEALS
		fd, err := unix.MemfdCreate("attack", p.n(0)|unix.MFD_CLOEXEC)
		if err == nil && p.n(1) > 0 {
			err = unix.Ftruncate(fd, int64(p.n(1))*page)
		}
		if err == nil && p.n(2) != 0 {
			_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, p.n(2))
		}
		return int64(fd), err
	case "secret":
		const memfdSecret = 447 // asm-generic/unistd.h; package unix does not have it for every architecture
		fd, _, errno := unix.Syscall(memfdSecret, unix.O_CLOEXEC, 0, 0)
		return int64(fd), errors.Join(noError(errno), unix.Ftruncate(int(fd), page))
	case "ownmemfd":
		return int64(a.memfd.Int()), nil
	case "truncate": // FD BYTES
		return 0, unix.Ftruncate(p.n(0), int64(p.n(1)))
	case "punch": // FD: its first page
		return 0, unix.Fallocate(p.n(0), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, 0, page)
	case "seal": // FD SEALS
		_, err := unix.FcntlInt(uintptr(p.n(0)), unix.F_ADD_SEALS, p.n(1))
		return 0, err
	case "adopt": // PATH: of another process's memfd
		fd, err := sys.OpenFile(p.s(0), unix.O_RDWR)
		if err == nil {
			a.mem, err = sys.Mmap(fd, 0, pages*os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
			a.door.(*pin).mem = a.mem
		}
		return 0, err
	case "userfault": // FD: maps its first page, and answers for faults there
		return 0, userfault(p.n(0))
	case "remap": // maps other memory over the first page
		return 0, remap(a.mem.Bytes()[:page])
	case "close": // FD
		return 0, unix.Close(p.n(0))
	case "exec": // replaces this process by another actor, which keeps file descriptors that are not close-on-exec
		return 0, syscall.Exec("/proc/self/exe", []string{"attack-actor"}, os.Environ())
	}
	return 0, errUnknownOp
}

func noError(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// speak does what only clients of a broker can.
func (a *actorState) speak(op string, p args) (int64, error) {
	switch op {
	case "connect": // gives the connection's number; the first is that of "set" and "delete"
		err := a.connect()
		return int64(len(a.conns) - 1), err
	case "connectonly": // and says nothing
		c, err := dial(a.path)
		if err == nil {
			a.conns = append(a.conns, c)
		}
		return int64(len(a.conns) - 1), err
	case "hangup": // CONNECTION
		return 0, unix.Close(a.conns[p.n(0)].fd)
	case "memory": // FD ID PAGES CONNECTION
		return 0, a.conns[p.n(3)].memory(p.n(0), uint32(p.n(1)), uint32(p.n(2)))
	case "forget": // ID
		_, err := a.conns[0].call(wire.Forget, 1, wire.MemorySize, wire.AppendMemory(nil, uint32(p.n(0)), 0))
		return 0, err
	case "setref": // TID ID OFFSET CONNECTION; an offset may be too large for a number of JSON
		offset, err := strconv.ParseUint(p.s(2), 0, 64)
		if err != nil {
			return 0, err
		}
		return 0, a.withPidfd(p.n(0), func(fd int) error {
			return a.conns[p.n(3)].setRef(fd, wire.Reference(uint32(p.n(1)), 0)+offset, sys.BPF_ANY)
		})
	case "raw": // HEX COUNT FD CONNECTION: a message with COUNT times the file descriptor; waits for the reply
		b, err := hex.DecodeString(p.s(0))
		if err != nil {
			return 0, err
		}
		fds := make([]int, p.n(1))
		for i := range fds {
			fds[i] = p.n(2)
		}
		c := a.conns[p.n(3)]
		if err := c.send(b, fds...); err != nil {
			return 0, err
		}
		_, err = c.receive()
		return 0, err
	case "receive": // CONNECTION
		_, err := a.conns[p.n(0)].receive()
		return 0, err
	case "raceexec": // TID WAIT: a thread asks for itself, and executes this program again after so many microseconds
		a.on(p.n(0), func() {
			fd, err := unix.PidfdOpen(unix.Gettid(), sys.PIDFD_THREAD)
			if err != nil {
				return
			}
			head := wire.Request{Op: wire.Set, Count: 1, Size: wire.SetHead + 8}
			if a.conns[0].send(append(head.Append(nil), setEntry(wire.Reference(1, 0), sys.BPF_ANY)...), fd) != nil {
				return
			}
			for start := time.Now(); time.Since(start) < time.Duration(p.n(1))*time.Microsecond; {
			}
			_, _ = a.do("keep", nil)
			_, _ = a.do("exec", nil)
		})
		return 0, errors.New("no exec")
	case "flood": // COUNT: sends so many requests and reads no reply
		for range p.n(0) {
			head := wire.Request{Op: wire.Forget, Count: 1, Size: wire.MemorySize}
			if err := a.conns[0].send(wire.AppendMemory(head.Append(nil), 99, 0)); err != nil {
				return 0, err
			}
		}
		return 0, nil
	case "keep": // has the first connection survive exec
		_, err := unix.FcntlInt(uintptr(a.conns[0].fd), unix.F_SETFD, 0)
		return int64(a.conns[0].fd), err
	case "reopen": // FD: of a connection
		c := &connection{fd: p.n(0)}
		a.conns, a.door = []*connection{c}, c
		return 0, nil
	case "forked": // as a child of fork(2): sends a request for TID, 0 for the child's own thread, on the first connection
		return 0, a.fork(p.n(0))
	case "lie": // PID: sends credentials of another process along
		cred := unix.UnixCredentials(&unix.Ucred{Pid: int32(p.n(0)), Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())})
		head := wire.Request{Op: wire.Hello, Count: 1, Size: wire.HelloSize}
		_, err := unix.SendmsgN(a.conns[0].fd, wire.AppendHello(head.Append(nil)), cred, nil, 0)
		return 0, err
	}
	return 0, errUnknownOp
}

// fork sends from a child of fork(2), which has all that its parent has but the identity, and reads the reply. The child has no Go
// runtime any more: raw system calls are all that it may do.
func (a *actorState) fork(tid int) error {
	head := wire.Request{Op: wire.Set, Count: 1, Size: wire.SetHead + 8}
	message := append(head.Append(nil), setEntry(wire.Reference(1, 0), sys.BPF_ANY)...)
	rights := unix.UnixRights(0)
	iov := unix.Iovec{Base: &message[0]}
	iov.SetLen(len(message))
	msg := unix.Msghdr{Iov: &iov, Iovlen: 1, Control: &rights[0]}
	msg.SetControllen(len(rights))
	flags, second := uintptr(unix.SIGCHLD), uintptr(0)
	if runtime.GOARCH == "s390x" { // CONFIG_CLONE_BACKWARDS2
		flags, second = second, flags
	}
	pid, errno := a.forkChild(flags, second, tid, rights, &msg)
	if errno != 0 {
		return errno
	}
	_, err := a.conns[0].receive()
	_ = unix.Kill(pid, unix.SIGKILL)
	_, _ = unix.Wait4(pid, nil, 0, nil)
	return err
}
