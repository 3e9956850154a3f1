//go:build !race

package attack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestFuse: files of a FUSE server that answers to what opens them and to nothing else: whoever reads, maps or closes one waits.
func TestFuse(t *testing.T) {
	w := brokered(t)
	v, a := w.shares(t, victim), w.actor(t, nobody)
	path := filepath.Join(silentFuse(t), "file")
	asMemory, asPidfd := a.do("file", path, unix.O_RDWR).ok(), a.do("file", path, unix.O_RDWR).ok()
	a.do("memory", asMemory, 2, 1).refused(wire.NotMemfd)
	a.do("setfd", asPidfd, 0).refused(wire.NotPidfd)
	a.do("raw", message(wire.Set, 1, 64, wire.SetHead+8), 64, asMemory).refused(wire.Protocol)
	a.do("receive", 0).refused("EOF") // although the socket is closed after those
	v.uses(0, 0, true)
	w.shares(t, victim)
}

// Of linux/fuse.h.
const (
	fuseLookup     = 1
	fuseGetattr    = 3
	fuseOpen       = 14
	fuseInit       = 26
	fuseMinRead    = 8192 // FUSE_MIN_READ_BUFFER
	fuseInitOutLen = 64
)

// silentFuse mounts a file system where every name is a file, and gives its directory.
func silentFuse(t *testing.T) string {
	t.Helper()
	dev, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENODEV) {
		kerneltest.Require(t, &sys.NotSupportedError{Feature: "FUSE (CONFIG_FUSE_FS)", Err: err})
	}
	must(t, err)
	dir := publicDir(t)
	fd := int(dev.Fd()) // which makes it block
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd)
	must(t, syscall.Mount("fuse", dir, "fuse", 0, options))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		b := make([]byte, 2*fuseMinRead+1<<17)
		for {
			n, err := syscall.Read(fd, b)
			if errors.Is(err, syscall.EINTR) || errors.Is(err, syscall.ENOENT) {
				continue // interrupted, or the request was
			}
			if err != nil {
				return // ENODEV: unmounted
			}
			if reply := fuseReply(b[:n]); reply != nil {
				_, _ = syscall.Write(fd, reply)
			}
		}
	}()
	t.Cleanup(func() {
		must(t, syscall.Unmount(dir, syscall.MNT_FORCE|syscall.MNT_DETACH)) // aborts what is waited for: fuse_umount_begin
		<-stopped
		dev.Close()
	})
	return dir
}

// fuseReply answers a request, or does not.
func fuseReply(request []byte) []byte {
	order := binary.NativeEndian
	opcode, unique := order.Uint32(request[4:]), order.Uint64(request[8:])
	attr := make([]byte, 88)                          // struct fuse_attr
	order.PutUint64(attr, 2)                          // ino
	order.PutUint64(attr[8:], 1<<20)                  // size
	order.PutUint32(attr[60:], syscall.S_IFREG|0o666) // mode
	order.PutUint32(attr[64:], 1)                     // nlink
	var body []byte
	switch opcode {
	case fuseInit: // struct fuse_init_out
		body = make([]byte, fuseInitOutLen)
		order.PutUint32(body, 7)
		order.PutUint32(body[4:], 31)
		order.PutUint32(body[20:], 4096) // max_write
	case fuseLookup: // struct fuse_entry_out
		body = append(order.AppendUint64(nil, 2), make([]byte, 32)...)
		body = append(body, attr...)
	case fuseGetattr: // struct fuse_attr_out
		if order.Uint64(request[16:]) == 1 { // the root
			order.PutUint64(attr, 1)
			order.PutUint32(attr[60:], syscall.S_IFDIR|0o755)
		}
		body = append(make([]byte, 16), attr...)
	case fuseOpen: // struct fuse_open_out
		body = make([]byte, 16)
	default:
		return nil
	}
	reply := order.AppendUint32(nil, uint32(16+len(body)))
	reply = order.AppendUint32(reply, 0)
	return append(order.AppendUint64(reply, unique), body...)
}
