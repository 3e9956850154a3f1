package broker_test

import (
	"bytes"
	"errors"
	"syscall"
	"testing"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestStuckFile: a file that takes its time to close is the trouble of its own uid alone, and of that only once it has sent many.
func TestStuckFile(t *testing.T) {
	kerneltest.NeedRoot(t)
	s := serve(t, nil)
	file, free := lingering(t)
	defer free()
	r := greet(t, s)
	lockThread(t)
	r.lend(1, 1)
	// The broker's close has to be the last, which waits: have it busy until the file is closed here.
	busy := make([]int, wire.MaxCount)
	for i := range busy {
		busy[i] = self(t).Int()
	}
	set := wire.AppendSet(nil, uint32(sys.BPF_ANY), order.AppendUint64(nil, 0))
	for range 20 {
		must(t, sys.Send(r.fd, message(wire.Set, len(busy), bytes.Repeat(set, len(busy))), busy...))
	}
	must(t, sys.Send(r.fd, message(wire.Delete, 1, nil), file.Int()))
	must(t, file.Close())
	for range 20 {
		reply, _ := r.reply()
		r.accepted(reply)
	}
	reply, _ := r.reply()
	r.refused(reply, wire.NotPidfd, syscall.EBADF)

	r.accepted(r.set(sys.BPF_ANY, 1, self(t).Int()))
	p := start(t, "client "+s.path, asNobody)
	for _, word := range []string{"share", "adds", "close"} {
		if got := p.tell(word); got != "ok" {
			t.Error(got)
		}
	}
	for range wire.MaxCount { // these wait for the first one
		reply, _ := r.ask(wire.Delete, 1, nil, memfd(t, 1, 0).Int())
		r.refused(reply, wire.NotPidfd, syscall.EBADF)
	}
	full := connect(t, s)
	reply, _ = full.reply()
	full.refused(reply, wire.Full, syscall.EMFILE)
	if !full.hungUp() {
		t.Error("who was refused was not hung up on while the files wait")
	}
	free()
	kerneltest.Eventually(t, "the files to be closed", func() bool {
		c := connect(t, s)
		if sys.Send(c.fd, message(wire.Hello, 1, wire.AppendHello(nil))) != nil {
			return false
		}
		reply, _ := c.reply()
		return reply.Reason == 0
	})
}

// lingering gives a TCP socket with data that nobody reads, whose last close waits for a minute (SO_LINGER; tcp_close, net/ipv4/tcp.c), or until
// free is called.
func lingering(t *testing.T) (file *sys.FD, free func()) {
	t.Helper()
	socket := func() int {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		must(t, err)
		return fd
	}
	listener, from := socket(), socket()
	must(t, syscall.Bind(listener, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(t, syscall.Listen(listener, 1))
	at, err := syscall.Getsockname(listener)
	must(t, err)
	must(t, syscall.Connect(from, at))
	to, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	must(t, err)
	must(t, syscall.Close(listener))
	must(t, syscall.SetsockoptLinger(from, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1, Linger: 60}))
	must(t, syscall.SetNonblock(from, true))
	for err == nil {
		_, err = syscall.Write(from, make([]byte, 1<<16))
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Fatal(err)
	}
	must(t, syscall.SetNonblock(from, false))
	file, err = sys.DupFD(from)
	must(t, err)
	must(t, syscall.Close(from))
	return file, func() {
		if to >= 0 {
			must(t, syscall.Close(to)) // with data unread: a reset
			to = -1
		}
	}
}
