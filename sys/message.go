package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// A Message is what a socket received.
type Message struct {
	Size int   // bytes, 0 at the end of the connection
	FDs  []*FD // the receiver's to close
	Cut  bool  // it was longer than the buffer, or file descriptors were lost (MSG_TRUNC, MSG_CTRUNC)
	From int   // process that sent it (SO_PASSCRED); 0 if not asked for, or not shown in this pid namespace
}

// Receive takes a message without waiting, and its file descriptors with it: recvmsg(2). EAGAIN says that there is none. No
// file descriptor is left behind, whatever the error.
func Receive(socket *FD, b []byte) (Message, error) {
	var control [2048]byte // for 253 file descriptors, SCM_MAX_FD of the kernel's net/scm.h, and the credentials
	var m Message
	var room, flags int
	n, err := retryEINTR(func() (n int, err error) {
		n, room, flags, _, err = unix.Recvmsg(socket.Int(), b, control[:], unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
		return n, err
	})
	if err != nil {
		return m, os.NewSyscallError("recvmsg", err)
	}
	m.Size, m.Cut = n, flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0
	parts, err := unix.ParseSocketControlMessage(control[:room])
	for i := range parts {
		switch parts[i].Header.Type {
		case unix.SCM_RIGHTS:
			numbers, _ := unix.ParseUnixRights(&parts[i])
			for _, n := range numbers {
				fd, moved := ownFD(n, nil)
				if moved != nil {
					m.Cut = true
					continue
				}
				m.FDs = append(m.FDs, fd)
			}
		case unix.SCM_CREDENTIALS:
			if cred, err := unix.ParseUnixCredentials(&parts[i]); err == nil {
				m.From = int(cred.Pid)
			}
		}
	}
	m.Cut = m.Cut || err != nil
	return m, nil
}

// Send sends a message without waiting, with file descriptors, which stay the caller's: sendmsg(2). EAGAIN says that the other
// end has too much to read. A connection that is closed gives EPIPE and no signal.
func Send(socket *FD, b []byte, fds ...int) error {
	var control []byte
	if len(fds) > 0 {
		control = unix.UnixRights(fds...)
	}
	_, err := retryEINTR(func() (int, error) {
		return unix.SendmsgN(socket.Int(), b, control, nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
	})
	return os.NewSyscallError("sendmsg", err)
}
