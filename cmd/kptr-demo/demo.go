package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"

	"kptr"
	"kptr/bpfobj"
	"kptr/sys"
)

// A block mirrors struct user_data of the object.
type block struct{ A, B, Result int32 }

// A value mirrors struct value_type: the memory that BPF sees is what the pointer
// leads to.
type value struct {
	Udata *block `btf:"kptr_user"`
}

// What an object has to be called to be of the shape that the demo knows.
const (
	mapName      = "datamap"
	variableName = "target_pid"
)

// A demo is the main job: what is to be added, and what came of it.
type demo struct {
	a, b     int32
	result   int32
	syscalls int
	say      func(step, text string) // called when the step is done
	flush    func() error            // shows what has been said so far
}

func (d *demo) sayf(step, format string, args ...any) { d.say(step, fmt.Sprintf(format, args...)) }

func (d *demo) run(object []byte) (err error) {
	spec, err := bpfobj.Parse(object)
	if err != nil {
		return err
	}
	obj, err := spec.Load(&bpfobj.Options{ValueTypes: map[string]reflect.Type{mapName: reflect.TypeFor[value]()}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, obj.Close()) }()
	d.sayLoaded(spec, obj)

	// Task storage belongs to a thread, and a goroutine may change its thread at any
	// call, unless it is locked to it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return d.shareThrough(obj.Map(mapName), func(tid int) error { return d.start(spec, obj, tid) })
}

// shareThrough shares a block of this thread, to which the caller has locked the
// goroutine, stores the numbers, and waits for their sum. start is called before the
// wait, with the thread's id.
func (d *demo) shareThrough(m *bpfobj.Map, start func(tid int) error) (err error) {
	blocks, err := kptr.Open[value](m)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, blocks.Close()) }()
	if unchecked := blocks.Unchecked(); unchecked != nil {
		d.sayf("check", "%s", oneLine(unchecked))
	}
	return d.shareBlocks(blocks, start)
}

// shareBlocks is shareThrough, once the map is open.
func (d *demo) shareBlocks(blocks *kptr.Map[value], start func(tid int) error) (err error) {
	mine, err := blocks.Share(kptr.ThisThread())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mine.Close()) }()
	tid := kptr.Gettid()
	shared := mine.Value().Udata
	d.sayf("share", "thread %d: struct user_data, %d bytes at %p in a pinned page", tid, reflect.TypeFor[block]().Size(), shared)

	// Plain stores: the program that reads them runs on this thread, in a syscall that
	// comes after them. For a program that looks at the block from elsewhere, a
	// scheduler for one, each would be an atomic.StoreInt32.
	shared.A, shared.B = d.a, d.b
	shared.Result = ^(d.a + d.b) // anything but the sum: the program has to bring it
	d.sayf("store", "a=%d b=%d", d.a, d.b)
	if err := start(tid); err != nil {
		return err
	}
	return d.await(shared, tid)
}

// start lets the programs loose on a thread.
func (d *demo) start(spec *bpfobj.Spec, obj *bpfobj.Object, tid int) error {
	if err := obj.Variable(variableName).Set(int32(tid)); err != nil {
		return err
	}
	d.sayf("set", "%s=%d", variableName, tid)
	// Attaching the first program of a tracepoint waits for a grace period: what is
	// done so far need not wait as well.
	if err := d.flush(); err != nil {
		return err
	}
	if err := obj.Attach(); err != nil {
		return err
	}
	for _, p := range obj.Programs() {
		if spec.Program(p.Name()).Type == sys.BPF_PROG_TYPE_SYSCALL {
			continue // runs on demand
		}
		d.sayf("attach", "%s to %s", p.Name(), spec.Program(p.Name()).Section)
	}
	return nil
}

// The program is skipped while a per-CPU counter of task storage is taken
// (bpf_task_storage_trylock, kernel/bpf/bpf_task_storage.c): the next syscall tries
// again. Two are made in any case.
const (
	minSyscalls = 2
	maxSyscalls = 64
)

func (d *demo) await(shared *block, tid int) error {
	want := d.a + d.b // wraps, as the BPF program's addition does
	for d.syscalls < maxSyscalls {
		kptr.Gettid()
		d.syscalls++
		// Atomic: BPF writes the field, which the Go compiler does not know of, so only an
		// atomic load is bound to look at the memory each time. Where several fields have
		// to fit together, BPF writes one last, and it is loaded first.
		d.result = atomic.LoadInt32(&shared.Result)
		if d.syscalls >= minSyscalls && d.result == want {
			d.sayf("call", "gettid, %s", times(d.syscalls))
			return nil
		}
	}
	return fmt.Errorf("result is %d and not %d after %d syscalls of thread %d: no BPF program added a and b%s",
		d.result, want, d.syscalls, tid, pidNamespace())
}

// pidNamespace says why no BPF program may have known the thread: bpf_get_current_pid_tgid gives ids of the first PID
// namespace, whose inode is PROC_PID_INIT_INO (include/linux/proc_ns.h).
func pidNamespace() string {
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil || ns == "pid:[4026531836]" {
		return ""
	}
	return " (it knows threads by their ids in the host's PID namespace, and this is another one)"
}

func times(n int) string {
	if n == minSyscalls {
		return "twice"
	}
	return fmt.Sprintf("%d times: BPF had no access to the task's storage in the others", n)
}

func (d *demo) sayLoaded(spec *bpfobj.Spec, obj *bpfobj.Object) {
	if release, err := sys.Release(); err == nil {
		d.sayf("kernel", "Linux %s", release)
	}
	for _, m := range obj.Maps() {
		d.sayf("map", "%s: %v%s", m.Name(), m.Type(), describeValue(m))
	}
	for _, p := range obj.Programs() {
		s := spec.Program(p.Name())
		d.sayf("prog", "%s: %v, %d instructions, licence %s", p.Name(), s.Type, instructions(s), spec.License)
	}
}

// describeValue gives the value type and its user kptrs, or its size.
func describeValue(m *bpfobj.Map) string {
	kptrs := m.UserKptrs()
	types, id := m.ValueType()
	if len(kptrs) == 0 || types == nil {
		return fmt.Sprintf(", value of %d bytes", m.ValueSize())
	}
	var b strings.Builder
	fmt.Fprintf(&b, ", struct %s", types.Type(id).Name)
	for _, u := range kptrs {
		fmt.Fprintf(&b, ", user kptr %s to struct %s", u.Path, types.Type(u.Pointee).Name)
	}
	return b.String()
}

// instructions counts slots of 8 bytes, subprograms included.
func instructions(p *bpfobj.ProgramSpec) int { return len(p.Instructions()) / 8 }
