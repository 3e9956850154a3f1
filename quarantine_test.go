package kptr_test

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kptr"
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
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	keep, writer, churn := newWorker(t), newWorker(t), newWorker(t)
	share(t, slots, kptr.Thread(keep.tid)) // keeps the page in use
	busy := share(t, slots, kptr.Thread(writer.tid))
	block := busy.Value().Block
	var result uint32
	var err error
	writer.start(func() { result, err = obj.Program("write_on").Run(nil) })
	eventually(t, "the program to write", func() bool { return block.Scratch.Load() > 0 })
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
	eventually(t, "the block to be used again", func() bool {
		return churnBlocks(t, slots, churn, 64)[block]
	})
	t.Logf("%+v", slots.Stats())
}

// TestNoFileDescriptors: without file descriptors there is no fence, and blocks wait; without one for the pidfd, no share.
func TestNoFileDescriptors(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	keep, churn := newWorker(t), newWorker(t)
	share(t, slots, kptr.Thread(keep.tid))
	perPage := os.Getpagesize() / 64
	churnBlocks(t, slots, churn, perPage-1) // fills the page
	if got := slots.Stats(); got.Quarantine != perPage-1 || got.Pages != 1 {
		t.Skipf("%+v: the cache line is not 64 bytes", got)
	}
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
	if got := slots.Stats(); got.Quarantine < perPage-1 {
		t.Errorf("%+v: without a fence", got)
	}
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
