package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sync/atomic"
	"syscall"
	"time"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/sys"
)

// execs is the BPF program that tells which clients execute another program. An element outlives execve(2), so that a client could
// have a program of set-user-ID go on with its hints.
type execs struct {
	object   *bpfobj.Object
	attached *bpfobj.Link
	clients  *bpfobj.Map
	wake     *sys.FD // ring buffer
	consumer *sys.Mapping
	producer *sys.Mapping
}

// watchExecs loads prebuilt.Broker, with the map under its pin, if it has one, in place of "elements".
func watchExecs(m *bpfobj.Map, pin string) (_ *execs, err error) {
	spec, err := bpfobj.Parse(prebuilt.Broker())
	if err != nil {
		return nil, err
	}
	var o bpfobj.Options
	if pin != "" {
		elements := spec.Map("elements")
		elements.Name, elements.PinByName, elements.ValueSize = path.Base(pin), true, uint32(m.ValueSize())
		o.PinDir, o.Programs = path.Dir(pin), []string{"holders"}
	}
	x := new(execs)
	if x.object, err = spec.Load(&o); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.close())
		}
	}()
	x.clients = x.object.Map("clients")
	if x.wake, err = x.object.Map("wake").FD(); err != nil {
		return nil, err
	}
	// ringbuf_map_mmap_kern (kernel/bpf/ringbuf.c): the consumer's position is on the first page, the producer's on the second.
	page := os.Getpagesize()
	if x.consumer, err = sys.Mmap(x.wake, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		return nil, err
	}
	if x.producer, err = sys.Mmap(x.wake, int64(page), page, syscall.PROT_READ, syscall.MAP_SHARED); err != nil {
		return nil, err
	}
	x.attached, err = x.object.Program("on_exec").Attach()
	return x, err
}

func (x *execs) close() error {
	if x == nil {
		return nil
	}
	var detach error
	if x.attached != nil {
		detach = x.attached.Close()
	}
	return errors.Join(detach, x.consumer.Close(), x.producer.Close(), x.object.Close())
}

func (x *execs) key(pid int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(pid)) }

// add begins to watch a process.
func (x *execs) add(pid int) error { return x.clients.Update(x.key(pid), make([]byte, 4), sys.BPF_ANY) }

func (x *execs) remove(pid int) { _ = x.clients.Delete(x.key(pid)) }

// executed tells whether a process has executed another program since add; if that cannot be found out, it has.
func (x *execs) executed(pid int) bool {
	var value [4]byte
	return x.clients.Lookup(x.key(pid), value[:]) != nil || value != [4]byte{}
}

// ready hangs up on the processes that have.
func (x *execs) ready(b *Broker) {
	from, err := sys.At[atomic.Uint64](x.producer, 0)
	to, err2 := sys.At[atomic.Uint64](x.consumer, 0)
	if err != nil || err2 != nil {
		return
	}
	to.Store(from.Load()) // before the clients are looked at: who comes later wakes the broker up again
	for pid, p := range b.processes {
		if x.executed(pid) {
			p.close(b)
		}
	}
}

// adoptTime is how long elements of an earlier broker are kept.
const adoptTime = 10 * time.Second

// findOrphans lists the threads with an element, of which nobody is a client yet.
func (b *Broker) findOrphans() error {
	link, err := b.execs.object.Program("holders").Attach()
	if err != nil {
		return err
	}
	defer link.Close()
	walk, err := sys.OpenFD(&sys.IterCreateAttr{LinkFD: link.FD().Uint32()})
	if err != nil {
		return err
	}
	defer walk.Close()
	b.adoptable = clock() + adoptTime
	var tid [4]byte
	for {
		_, err := walk.Read(tid[:])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("list the elements: %w", err)
		}
		pidfd, err := sys.PidfdOpen(int(binary.NativeEndian.Uint32(tid[:])), sys.PIDFD_THREAD)
		if errors.Is(err, syscall.ESRCH) {
			continue
		}
		if err != nil {
			return err
		}
		b.orphans[binary.NativeEndian.Uint32(tid[:])] = pidfd
	}
}

// deleteOrphans deletes the elements that nobody has claimed.
func (b *Broker) deleteOrphans() {
	for tid, pidfd := range b.orphans {
		_ = b.deleteElement(pidfd)
		_ = pidfd.Close()
		delete(b.orphans, tid)
	}
}
