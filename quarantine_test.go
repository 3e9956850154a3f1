package kptr_test

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// Block mirrors struct block and Slot struct slot of testdata/sharing.bpf.c.
type Block struct{ Owner, Events, Scratch atomic.Uint64 }

type Slot struct {
	Block *Block `btf:"kptr_user"`
	Plain uint64
}

// A worker is a locked thread that does what it is told.
type worker struct {
	tid  int
	todo chan func()
	done chan struct{}
}

func newWorker(t testing.TB) *worker {
	w := &worker{todo: make(chan func()), done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		w.tid = kptr.Gettid()
		close(started)
		for f := range w.todo {
			f()
			w.done <- struct{}{}
		}
	}()
	<-started
	t.Cleanup(func() { close(w.todo) })
	return w
}

// start has the worker begin with f; a receive from w.done waits for its end.
func (w *worker) start(f func()) { w.todo <- f }

// TestQuarantine: while a program stays in a block whose element is gone, nobody else gets the block, however many
// shares come and go; afterwards it is used again.
func TestQuarantine(t *testing.T) {
	obj := loadPrograms(t, "sharing", "write_on")
	slots := open[Slot](t, obj.Map("slots"))
	keep, writer, churn := newWorker(t), newWorker(t), newWorker(t)
	share(t, slots, kptr.Thread(keep.tid)) // keeps the page in use
	busy := share(t, slots, kptr.Thread(writer.tid))
	block := busy.Value().Block
	var result uint32
	var err error
	writer.start(func() { result, err = obj.Program("write_on").Run(nil) })
	kerneltest.Eventually(t, "the program to write", func() bool { return block.Scratch.Load() > 0 })
	must(t, busy.Close())

	seen := churnBlocks(t, slots, churn, 400)
	if seen[block] {
		t.Error("the block was handed out while the program was in it")
	}
	before := block.Scratch.Load()
	time.Sleep(10 * time.Millisecond)
	if block.Scratch.Load() == before {
		t.Error("the program has left the block: this test shows nothing")
	}
	if got := slots.Stats(); got.Quarantine == 0 {
		t.Errorf("%+v: want a quarantine", got)
	}
	must(t, obj.Variable("stop").Set(int32(1)))
	<-writer.done
	if must(t, err); result != 0 {
		t.Errorf("the program gave %d", result)
	}
	kerneltest.Eventually(t, "the block to be used again", func() bool {
		return churnBlocks(t, slots, churn, 64)[block]
	})
	t.Logf("%+v", slots.Stats())
}

// TestNoFileDescriptors: without file descriptors there is no fence, and blocks wait; without one for the pidfd, no share.
func TestNoFileDescriptors(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots, churn, waiting := fullPage(t, obj)
	withFiles(t, 1, func() {
		s, err := slots.Share(kptr.Thread(churn.tid)) // takes the one
		must(t, err)
		must(t, s.Close())
	})
	withFiles(t, 0, func() {
		_, err := slots.Share(kptr.Thread(churn.tid))
		want(t, err, syscall.EMFILE, 0)
		_, err = slots.ShareAll(nil)
		want(t, err, syscall.EMFILE, 0)
	})
	time.Sleep(300 * time.Millisecond) // a fence takes 30 to 90 ms
	if got := slots.Stats(); got.Quarantine < waiting {
		t.Errorf("%+v: without a fence", got)
	}
}

// TestFenceTaskEnds: the task whose element tells when BPF has left ends after the element was set. What goes with its task is
// unpinned without a grace period, so that nothing is told. A program holds the sharing thread at the deletion meanwhile.
func TestFenceTaskEnds(t *testing.T) {
	kerneltest.NeedCPUs(t, 2)
	obj := loadPrograms(t, "sharing", "hold")
	slots, churn, waiting := fullPage(t, obj)
	sharer := newWorker(t)
	tids, stop := startThreads(1)
	pidfd, err := sys.PidfdOpen(tids[0], sys.PIDFD_THREAD)
	must(t, err)
	defer pidfd.Close()

	must(t, obj.Variable("hold_tid").Set(int32(sharer.tid)))
	must(t, obj.Variable("hold_nr").Set(uint64(unix.SYS_BPF)))
	must(t, obj.Variable("hold_call").Set(uint64(2))) // the first sets the element, the second deletes it
	must(t, obj.Attach())
	sharer.start(func() { _, err = slots.Share(kptr.Thread(tids[0])) })
	kerneltest.Eventually(t, "the fence", func() bool {
		var n uint64
		must(t, obj.Variable("hold_seen").Get(&n))
		return n == 2
	})
	stop()
	waitReaped(t, pidfd)
	must(t, obj.Variable("stop").Set(int32(1)))
	<-sharer.done
	want(t, err, kptr.ErrTaskGone, syscall.ENOENT)

	time.Sleep(300 * time.Millisecond) // a fence takes 30 to 90 ms
	if got := slots.Stats(); got.Quarantine != waiting {
		t.Errorf("%+v: the fence was trusted", got)
	}
	churnBlocks(t, slots, churn, waiting+2) // the last one begins another fence
	kerneltest.Eventually(t, "the fence of a thread that lives", func() bool { return slots.Stats().Quarantine < waiting })
}

// TestFenceRests: a fence looks ever more seldom whether its page is pinned still; here F_SEAL_WRITE is refused for a mapping
// instead (mapping_deny_writable, linux/fs.h).
func TestFenceRests(t *testing.T) {
	obj := loadPrograms(t, "sharing", "count_calls")
	slots := open[Slot](t, obj.Map("slots"))
	fd, err := sys.MemfdCreate("fence", int64(os.Getpagesize()), sys.MFD_NOEXEC_SEAL)
	must(t, err)
	defer fd.Close()
	mem, err := sys.Mmap(fd, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	must(t, err)
	countCalls(t, obj, unix.SYS_FCNTL)
	unpinned := make(chan bool)
	go func() { unpinned <- slots.UnpinnedForTest(fd) }()
	// After 60, 180, 420, 900 and 1860 ms, the first of which may be over; later on a slow machine.
	if n := calls(t, obj, 2*time.Second); n == 0 || n > 5 {
		t.Errorf("%d looks in 2 s, want 4", n)
	}
	must(t, mem.Close())
	if !<-unpinned {
		t.Error("the fence has given up")
	}
	go func() { unpinned <- slots.UnpinnedForTest(fd) }()
	must(t, slots.Close())
	if <-unpinned {
		t.Error("the fence has not ended with the map")
	}
}

// fullPage opens the map and uses a page up: but for one block in use all wait until BPF has left them, those of churn.
func fullPage(t *testing.T, obj *bpfobj.Object) (slots *kptr.Map[Slot], churn *worker, waiting int) {
	t.Helper()
	slots = open[Slot](t, obj.Map("slots"), kptr.Dense) // whatever the size of a cache line
	keep, churn := newWorker(t), newWorker(t)
	share(t, slots, kptr.Thread(keep.tid))
	waiting = os.Getpagesize()/24 - 1 // sizeof(struct block)
	churnBlocks(t, slots, churn, waiting)
	if got := slots.Stats(); got.Quarantine != waiting || got.Pages != 1 {
		t.Fatalf("%+v: want one page, full", got)
	}
	return slots, churn, waiting
}

// withFiles runs f while n more file descriptors can be opened.
func withFiles(t *testing.T, n uint64, f func()) {
	t.Helper()
	next, err := syscall.Dup(0)
	must(t, err)
	must(t, syscall.Close(next))
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	lower := limit
	lower.Cur = uint64(next) + n
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lower))
	defer func() { must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)) }()
	f()
}

// churnBlocks shares and closes a worker n times, and gives the blocks it got. None may be written to by anybody else.
func churnBlocks(t *testing.T, slots *kptr.Map[Slot], w *worker, n int) map[*Block]bool {
	t.Helper()
	seen := make(map[*Block]bool)
	for range n {
		s, err := slots.Share(kptr.Thread(w.tid))
		must(t, err)
		b := s.Value().Block
		seen[b] = true
		for range 100 {
			if got := b.Scratch.Load(); got != 0 {
				t.Fatalf("a new block has %d in it", got)
			}
		}
		must(t, s.Close())
		time.Sleep(time.Millisecond)
	}
	return seen
}

// loadPrograms loads an object of bpfobj's testdata with these of its programs.
func loadPrograms(t testing.TB, name string, programs ...string) *bpfobj.Object {
	t.Helper()
	kerneltest.NoLeaks(t)
	b, err := os.ReadFile(testObject(name))
	must(t, err)
	obj, err := bpfobj.Load(b, &bpfobj.Options{Programs: programs})
	kerneltest.Require(t, err)
	t.Cleanup(func() { mustClose(t, obj) })
	return obj
}
