// Package job is the demo's job, done with other loaders: load an object, register a block of this thread's memory by pidfd,
// attach, make a system call, and check that the program has added 1 and 2.
package job

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// block mirrors struct user_data of the object.
type block struct{ a, b, result int32 }

// Cilium does the job with cilium/ebpf. loaded is called once the object is in the kernel.
func Cilium(file string, loaded func()) error {
	coll, err := ebpf.LoadCollection(file)
	if err != nil {
		return err
	}
	defer coll.Close()
	loaded()

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	tid := unix.Gettid()
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANONYMOUS|unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	defer unix.Munmap(page)
	h := (*block)(unsafe.Pointer(&page[0]))
	h.a, h.b = 1, 2
	fd, err := unix.PidfdOpen(tid, unix.PIDFD_THREAD)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	// The value is a pointer into memory that is not the collector's, in 8 bytes.
	value := binary.NativeEndian.AppendUint64(nil, uint64(uintptr(unsafe.Pointer(&page[0]))))
	if err := coll.Maps["datamap"].Put(int32(fd), value); err != nil {
		return err
	}

	if err := coll.Variables["target_pid"].Set(int32(tid)); err != nil {
		return err
	}
	program, err := link.AttachTracing(link.TracingOptions{Program: coll.Programs["on_sys_enter"]})
	if err != nil {
		return err
	}
	defer program.Close()
	syscall.Gettid()
	if h.result != 3 {
		return fmt.Errorf("result is %d, want 3", h.result)
	}
	return nil
}
