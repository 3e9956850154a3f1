package kptr_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// A lifetime is a thread whose system calls a program counts in a block of vouched memory, and in a variable of its own.
type lifetime struct {
	t     *testing.T
	obj   *bpfobj.Object
	slots *kptr.Map[Slot]
	task  kptr.Task
}

func newLifetime(t *testing.T) *lifetime {
	obj := loadTest(t, "sharing")
	lockThread(t)
	l := &lifetime{t: t, obj: obj, slots: open[Slot](t, obj.Map("slots")), task: kptr.Thread(kptr.Gettid())}
	countSyscalls(t, obj)
	return l
}

// set gives the thread an element that points to mem.
func (l *lifetime) set(mem []byte) (*Block, error) {
	r, err := l.slots.Vouch("page", mem)
	must(l.t, err)
	b, err := kptr.At[Block](r, 0)
	must(l.t, err)
	return b, l.slots.Update(l.task, &Slot{Block: b}, sys.BPF_ANY)
}

func (l *lifetime) mustSet(mem []byte) *Block {
	l.t.Helper()
	b, err := l.set(mem)
	must(l.t, err)
	return b
}

// counted tells whether the program runs and, if so, whether it counts in the block.
func (l *lifetime) counted(b *Block) bool {
	l.t.Helper()
	var before, after uint64
	must(l.t, l.obj.Variable("events").Get(&before))
	was := b.Events.Load()
	kptr.Gettid()
	is := b.Events.Load()
	if must(l.t, l.obj.Variable("events").Get(&after)); after == before {
		l.t.Fatal("the program does not see a block")
	}
	return is != was
}

func (l *lifetime) want(what string, b *Block, want bool) {
	l.t.Helper()
	if got := l.counted(b); got != want {
		l.t.Errorf("%s: BPF and user see the same page: %v, want %v", what, got, want)
	}
}

// TestLifetimeMapping: what is pinned is the page, not the mapping (docs/lifetime.md).
func TestLifetimeMapping(t *testing.T) {
	const rw = syscall.PROT_READ | syscall.PROT_WRITE
	page := os.Getpagesize()
	for _, row := range []struct {
		name string
		run  func(t *testing.T, l *lifetime)
	}{
		{"munmap", func(t *testing.T, l *lifetime) {
			memfd, err := sys.MemfdCreate("test", int64(page), 0)
			must(t, err)
			defer memfd.Close()
			shared, err := sys.Mmap(memfd, 0, page, rw, syscall.MAP_SHARED)
			must(t, err)
			other, err := sys.Mmap(memfd, 0, page, rw, syscall.MAP_SHARED)
			must(t, err)
			defer other.Close()
			l.mustSet(shared.Bytes())
			must(t, shared.Close())
			l.want("after munmap, seen through another mapping", l.otherView(other), true)
		}},
		{"MADV_DONTNEED", func(t *testing.T, l *lifetime) {
			mem := mapMemory(t, 1, rw, syscall.MAP_PRIVATE)
			b := l.mustSet(mem.Bytes())
			l.want("before", b, true)
			must(t, mem.Advise(0, page, unix.MADV_DONTNEED))
			l.want("after", b, false)
			l.mustSet(mem.Bytes())
			l.want("after another update", b, true)
		}},
		{"MADV_REMOVE", func(t *testing.T, l *lifetime) {
			mem := anonymous(t, 1)
			b := l.mustSet(mem.Bytes())
			l.want("before", b, true)
			must(t, mem.Advise(0, page, sys.MADV_REMOVE))
			l.want("after", b, false)
			l.mustSet(mem.Bytes())
			l.want("after another update", b, true)
		}},
		{"mmap over the page", func(t *testing.T, l *lifetime) {
			mem := anonymous(t, 1)
			b := l.mustSet(mem.Bytes())
			must(t, mapOver(mem.Bytes()))
			l.want("after", b, false)
			l.mustSet(mem.Bytes())
			l.want("after another update", b, true)
		}},
		{"mprotect", func(t *testing.T, l *lifetime) {
			mem := anonymous(t, 1)
			b := l.mustSet(mem.Bytes())
			must(t, syscall.Mprotect(mem.Bytes(), syscall.PROT_READ))
			l.want("read-only for the user", b, true)
			_, err := l.set(mem.Bytes())
			want(t, err, kptr.ErrUnpinned, syscall.EFAULT)
		}},
		{"mremap", func(t *testing.T, l *lifetime) {
			old, err := unix.Mmap(-1, 0, page, rw, syscall.MAP_SHARED|syscall.MAP_ANONYMOUS)
			must(t, err)
			l.mustSet(old)
			moved, err := unix.Mremap(old, 16*page, unix.MREMAP_MAYMOVE)
			must(t, err)
			defer unix.Munmap(moved)
			l.want("at the new address", kptr.TypedForTest[Block](moved), true)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLifetime(t)
			row.run(t, l)
			must(t, l.slots.Delete(l.task))
		})
	}
}

func (l *lifetime) otherView(mem *sys.Mapping) *Block {
	b, err := sys.At[Block](mem, 0)
	must(l.t, err)
	return b
}

// TestLifetimeFork forks a child that writes to the block, through read(2): the child must run no Go code. Private memory that
// is pinned the kernel copies for the child at once (folio_try_dup_anon_rmap_ptes, linux/rmap.h): whoever writes first, the
// parent keeps the page that BPF has.
func TestLifetimeFork(t *testing.T) {
	for _, row := range []struct {
		name  string
		block func(t *testing.T, l *lifetime) *Block
		errno syscall.Errno // of the child's write
		seen  bool          // by this process
	}{
		{"block of the arena", func(t *testing.T, l *lifetime) *Block {
			return share(t, l.slots, l.task).Value().Block
		}, syscall.EFAULT, false},
		{"MAP_SHARED", func(t *testing.T, l *lifetime) *Block {
			return l.mustSet(mapMemory(t, 1, readWrite, shared).Bytes())
		}, 0, true},
		{"MAP_PRIVATE", func(t *testing.T, l *lifetime) *Block {
			return l.mustSet(mapMemory(t, 1, readWrite, private).Bytes())
		}, 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLifetime(t)
			block := row.block(t, l)
			errno := l.forkAndWrite(kptr.AddrForTest(&block.Scratch), 7, func() {
				block.Scratch.Store(1)
				l.want("parent, before the child writes", block, true)
			})
			if seen := block.Scratch.Load() == 7; errno != row.errno || seen != row.seen {
				t.Errorf("child's write: %v, seen here: %v", errno, seen)
			}
			l.want("parent, after the child's write", block, true)
		})
	}
}

// forkAndWrite has a child of fork(2), which has no element, write a number to an address, and gives the errno that it met.
// Before it writes, the parent does something.
func (l *lifetime) forkAndWrite(addr, number uintptr, before func()) syscall.Errno {
	l.t.Helper()
	r, w, err := os.Pipe()
	must(l.t, err)
	defer r.Close()
	defer w.Close()
	pid, errno := forkAndRead(r.Fd(), addr)
	if errno != 0 {
		l.t.Fatal(errno)
	}
	child := &forked{pid: pid}
	defer child.kill()
	before()
	_, none := l.slots.Lookup(kptr.Process(pid))
	_, err = w.Write(words(number))
	must(l.t, err)
	must(l.t, child.wait(0))
	if !child.status.Exited() {
		l.t.Fatalf("the child did not exit: %#x", child.status)
	}
	want(l.t, none, kptr.ErrNoElement, syscall.ENOENT)
	return syscall.Errno(child.status.ExitStatus())
}

// forkAndRead forks a child that reads 8 bytes from a pipe to an address, and ends with the errno. What may run there:
// forkAndOverwrite.
//
//go:nosplit
//go:norace
func forkAndRead(pipe, addr uintptr) (pid int, errno syscall.Errno) {
	child, errno := rawFork()
	if child != 0 || errno != 0 {
		return child, errno
	}
	_, _, errno = syscall.RawSyscall(syscall.SYS_READ, pipe, addr, 8)
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, uintptr(errno), 0, 0)
	}
}

// startChild starts this test program as a process that shares all its threads through the pin.
func startChild(t *testing.T, pin, what string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+what, "KPTR_TEST_PIN="+pin)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "shared\n" {
		t.Fatalf("child says %q, %v", line, err)
	}
	return cmd
}

// child is what startChild starts.
func child() {
	switch os.Getenv(childEnv) {
	case "share":
		shareAll(setOwner)
	case "exec":
		shareAll[Value](nil)
		fail(syscall.Exec("/proc/self/exe", []string{"child"}, []string{childEnv + "=wait"}))
	}
	time.Sleep(time.Hour) // until it is killed
}

func shareAll[V any](prepare func(tid int, v *V)) {
	m, err := bpfobj.OpenPinned(os.Getenv("KPTR_TEST_PIN"))
	fail(err)
	values, err := kptr.Open[V](m)
	fail(err)
	_, err = values.ShareAll(prepare)
	fail(err)
	fmt.Println("shared")
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

// TestLifetimeExec: the element of the thread that calls execve(2) outlives it, and so does the page, which nobody has mapped
// any more; unless a program drops them, as the one that is shipped does.
func TestLifetimeExec(t *testing.T) {
	for _, row := range []struct {
		name    string
		program string // attached
		drops   bool
	}{
		{"no program", "", false},
		{"prebuilt.EveryTask", "on_exec", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			kerneltest.NoLeaks(t)
			obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
			kerneltest.Require(t, err)
			defer obj.Close()
			if row.program != "" {
				link, err := obj.Program(row.program).Attach()
				must(t, err)
				defer link.Close()
			}
			values := open[Value](t, obj.Map("datamap"))
			pin := filepath.Join(mountBPFFS(t), "datamap")
			must(t, obj.Map("datamap").Pin(pin))
			before, err := kerneltest.PinnedPages()
			must(t, err)
			cmd := startChild(t, pin, "exec")
			task := kptr.Process(cmd.Process.Pid)
			kerneltest.Eventually(t, "the new program", func() bool {
				args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
				return err == nil && string(args) == "child\x00"
			})
			if row.drops {
				// The new arguments are to be seen before the tracepoint is reached (exec_binprm, fs/exec.c).
				kerneltest.Eventually(t, "the element to go", func() bool { _, err = values.Lookup(task); return err != nil })
				want(t, err, kptr.ErrNoElement, syscall.ENOENT)
			}
			kerneltest.Eventually(t, "the elements of the other threads to go", func() bool {
				pins, err := kerneltest.PinnedPages()
				must(t, err)
				return pins == before || !row.drops && pins == before+1
			})
			if !row.drops {
				_, err = values.Lookup(task)
				must(t, err)
				pins, err := kerneltest.PinnedPages()
				if must(t, err); pins != before+1 {
					t.Errorf("%d pages are pinned, want that of the dead program", pins-before)
				}
			}
		})
	}
}

// TestLifetimeKill: a process that is killed is a zombie, with elements and pinned pages, until it is reaped.
func TestLifetimeKill(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	pin := filepath.Join(mountBPFFS(t), "slots")
	must(t, obj.Map("slots").Pin(pin))
	before, err := kerneltest.PinnedPages()
	must(t, err)
	cmd := startChild(t, pin, "share")
	task := kptr.Process(cmd.Process.Pid)
	must(t, cmd.Process.Kill())
	kerneltest.Eventually(t, "the zombie", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		must(t, err)
		var pid int
		var name, state string
		_, err = fmt.Sscan(string(stat), &pid, &name, &state)
		return err == nil && state == "Z"
	})
	_, err = slots.Lookup(task)
	must(t, err)
	if pins, err := kerneltest.PinnedPages(); err != nil || pins <= before {
		t.Errorf("%d pinned pages, %d before, %v", pins, before, err)
	}
	_ = cmd.Wait() // killed
	_, err = slots.Lookup(task)
	want(t, err, kptr.ErrTaskGone, syscall.ESRCH)
	kerneltest.Eventually(t, "the page to be unpinned", func() bool {
		pins, err := kerneltest.PinnedPages()
		must(t, err)
		return pins <= before
	})
}

// TestLifetimeThread: a thread ends with its share open. The element goes, and the block is not used again while others use
// its page: a program that holds the task's task_struct might still find it.
func TestLifetimeThread(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	w := newWorker(t)
	share(t, slots, kptr.Thread(w.tid)) // keeps the page in use
	tids, stop := startThreads(1)
	s := share(t, slots, kptr.Thread(tids[0]))
	before, err := kerneltest.PinnedPages()
	must(t, err)
	pidfd, err := sys.PidfdOpen(tids[0], sys.PIDFD_THREAD)
	must(t, err)
	defer pidfd.Close()
	stop()
	waitReaped(t, pidfd)
	kerneltest.Eventually(t, "the page to be unpinned", func() bool {
		pins, err := kerneltest.PinnedPages()
		must(t, err)
		return pins < before
	})
	want(t, s.Update(), kptr.ErrTaskGone, syscall.ENOENT)
	must(t, s.Close())
	if got := slots.Stats(); got.Lost != 1 || got.Quarantine != 0 {
		t.Errorf("%+v", got)
	}
}

// TestLifetimeReuse: the id of a thread that has ended becomes that of another one. A share is of the first.
func TestLifetimeReuse(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	tids, stop := startThreads(1)
	tid := tids[0]
	old := share(t, slots, kptr.Thread(tid))
	old.Value().Block.Owner.Store(1)
	pidfd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	must(t, err)
	defer pidfd.Close()
	stop()
	waitReaped(t, pidfd)
	stop = reuse(t, tid)
	defer stop()
	s := share(t, slots, kptr.Thread(tid))
	want(t, old.Update(), kptr.ErrTaskGone, syscall.ENOENT)
	if old.Value().Block == s.Value().Block {
		t.Error("the new thread has the old one's block")
	}
	must(t, old.Close())
	_, err = slots.Lookup(kptr.Thread(tid))
	must(t, err)
	must(t, s.Close())
	// The old share is open still: it is no obstacle either.
	again, err := slots.Replace(kptr.Thread(tid))
	must(t, err)
	must(t, again.Close())
}

// reuse starts threads until one has the id, by telling the kernel which id it gave last (pid_namespaces(7)).
func reuse(t *testing.T, tid int) (stop func()) {
	t.Helper()
	const last = "/proc/sys/kernel/ns_last_pid"
	for range 200 {
		err := os.WriteFile(last, []byte(strconv.Itoa(tid-1)), 0)
		if errors.Is(err, os.ErrNotExist) {
			lacking(t, last+" (CONFIG_CHECKPOINT_RESTORE)")
		}
		must(t, err)
		tids, stop := startThreads(1)
		if tids[0] == tid {
			return stop
		}
		stop()
	}
	t.Fatalf("of 200 threads none got id %d", tid)
	return nil
}

// TestLifetimeHugePages: of a pinned huge page a part cannot be replaced, MADV_REMOVE clears it in place (shmem_undo_range,
// mm/shmem.c). So the arena must not have any.
func TestLifetimeHugePages(t *testing.T) {
	const enabled = "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
	was, err := os.ReadFile(enabled)
	if errors.Is(err, os.ErrNotExist) {
		lacking(t, "huge pages of shared memory (CONFIG_TRANSPARENT_HUGEPAGE, CONFIG_SHMEM)")
	}
	must(t, err)
	_, was, _ = bytes.Cut(was, []byte("["))
	was, _, _ = bytes.Cut(was, []byte("]"))
	huge, page := hugePageSize(t), os.Getpagesize()
	for _, row := range []struct {
		name   string
		advice int
		same   bool // BPF and user see the same page after MADV_REMOVE
	}{
		{"MADV_HUGEPAGE", unix.MADV_HUGEPAGE, true},
		{"MADV_NOHUGEPAGE, as the arena", sys.MADV_NOHUGEPAGE, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newLifetime(t)
			kerneltest.Require(t, os.WriteFile(enabled, []byte("advise"), 0))
			t.Cleanup(func() { must(t, os.WriteFile(enabled, was, 0)) })
			mem := anonymous(t, 3*huge/page)
			must(t, mem.Advise(0, 3*huge, row.advice))
			second := huge - int(mem.Addr()%uintptr(huge)) + page // the second page of the first huge one
			b := l.mustSet(mem.Bytes()[second:][:page])
			l.want("before", b, true)
			must(t, mem.Advise(second, page, sys.MADV_REMOVE))
			l.want("after", b, row.same)
		})
	}
}
