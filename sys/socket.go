package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// unixSocket makes a SOCK_SEQPACKET socket of AF_UNIX that does not block: unix(7). A message is read whole or not at all.
func unixSocket() (*FD, error) {
	n, err := unix.Socket(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	return ownFD(n, os.NewSyscallError("socket", err))
}

// ListenUnix makes a socket that listens at path, which must not exist, with permissions of mode: bind(2), chmod(2), listen(2).
// Before it has them nobody can connect. A path has at most 107 bytes (struct sockaddr_un); ENAMETOOLONG.
func ListenUnix(path string, mode os.FileMode) (*FD, error) {
	fd, err := unixSocket()
	if err != nil {
		return nil, err
	}
	if err := listen(fd, path, mode); err != nil {
		_ = fd.Close()
		return nil, err
	}
	return fd, nil
}

// backlog is SOMAXCONN of linux/socket.h: connections that wait for accept(2).
const backlog = 4096

func listen(fd *FD, path string, mode os.FileMode) error {
	if err := unix.Bind(fd.Int(), &unix.SockaddrUnix{Name: path}); err != nil {
		return socketError("bind", path, err)
	}
	err := os.Chmod(path, mode)
	if err == nil {
		// Of the listener: an accepted socket has it from the start, and so the first message its credentials.
		err = os.NewSyscallError("setsockopt SO_PASSCRED", unix.SetsockoptInt(fd.Int(), unix.SOL_SOCKET, unix.SO_PASSCRED, 1))
	}
	if err == nil {
		err = os.NewSyscallError("listen", unix.Listen(fd.Int(), backlog))
	}
	if err != nil {
		_ = os.Remove(path)
	}
	return err
}

// Accept takes a connection, which does not block: accept4(2). EAGAIN says that none waits.
func Accept(listener *FD) (*FD, error) {
	n, err := retryEINTR(func() (int, error) {
		n, _, err := unix.Accept4(listener.Int(), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return n, err
	})
	return ownFD(n, os.NewSyscallError("accept4", err))
}

// ConnectUnix connects to a socket that listens at path: connect(2). EAGAIN says that as many as it takes wait already.
func ConnectUnix(path string) (*FD, error) {
	fd, err := unixSocket()
	if err != nil {
		return nil, err
	}
	if err := unix.Connect(fd.Int(), &unix.SockaddrUnix{Name: path}); err != nil {
		_ = fd.Close()
		return nil, socketError("connect", path, err)
	}
	return fd, nil
}

// socketError says of a path that does not fit struct sockaddr_un, where package unix has EINVAL, that it is too long.
func socketError(op, path string, err error) error {
	if len(path) > 107 {
		err = unix.ENAMETOOLONG
	}
	return &os.PathError{Op: op, Path: path, Err: err}
}

// Peer is the process at the other end, as it was when it connected.
type Peer struct {
	Pidfd *FD
	PID   int    // 0 for one that this pid namespace does not show
	UID   uint32 // in this user namespace
}

// UnixPeer asks who is at the other end: SO_PEERPIDFD (Linux 6.5), SO_PEERCRED. ESRCH, before Linux 6.16 EINVAL, says that the process is gone.
func UnixPeer(fd *FD) (Peer, error) {
	n, err := unix.GetsockoptInt(fd.Int(), unix.SOL_SOCKET, unix.SO_PEERPIDFD)
	pidfd, err := ownFD(n, os.NewSyscallError("getsockopt SO_PEERPIDFD", err))
	if err != nil {
		return Peer{}, err
	}
	cred, err := unix.GetsockoptUcred(fd.Int(), unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		_ = pidfd.Close()
		return Peer{}, os.NewSyscallError("getsockopt SO_PEERCRED", err)
	}
	return Peer{Pidfd: pidfd, PID: int(cred.Pid), UID: cred.Uid}, nil
}

// Shutdown ends a connection for both sides, and wakes whoever waits for it: shutdown(2).
func Shutdown(fd *FD) error {
	return os.NewSyscallError("shutdown", unix.Shutdown(fd.Int(), unix.SHUT_RDWR))
}
