package kptr_test

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
)

// startThreads starts n locked threads that end when stop is called.
func startThreads(n int) (tids []int, stop func()) {
	var started, ended sync.WaitGroup
	var mu sync.Mutex
	quit := make(chan struct{})
	for range n {
		started.Add(1)
		ended.Go(func() {
			runtime.LockOSThread() // and no unlock: the thread ends with the goroutine
			mu.Lock()
			tids = append(tids, kptr.Gettid())
			mu.Unlock()
			started.Done()
			<-quit
		})
	}
	started.Wait()
	return tids, func() { close(quit); ended.Wait() }
}

func taskCount(t testing.TB) int {
	names, err := os.ReadDir("/proc/self/task")
	must(t, err)
	return len(names)
}

// countSyscalls attaches the program that counts each thread's system calls in its block.
func countSyscalls(t testing.TB, obj *bpfobj.Object) {
	t.Helper()
	must(t, obj.Variable("target_tgid").Set(int32(os.Getpid())))
	link, err := obj.Program("count_syscall").Attach()
	must(t, err)
	t.Cleanup(func() { mustClose(t, link) })
}

func foreign(t testing.TB, obj *bpfobj.Object) uint64 {
	t.Helper()
	var n uint64
	must(t, obj.Variable("foreign").Get(&n))
	return n
}

func setOwner(tid int, v *Slot) { v.Block.Owner.Store(uint64(tid)) }

// TestShareAll: threads there are, threads that start later, threads that end.
func TestShareAll(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	countSyscalls(t, obj)
	tids, stop := startThreads(50)
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	defer all.Close()
	_, err = slots.ShareAll(setOwner)
	want(t, err, kptr.ErrExists, 0)
	for _, tid := range tids {
		if !isShared(all, tid) {
			t.Fatalf("thread %d is not shared", tid)
		}
	}
	late, stopLate := startThreads(50)
	kerneltest.Eventually(t, "the later threads to be shared", func() bool { return sharesAll(all, late) })
	stop()
	stopLate()
	kerneltest.Eventually(t, "the slots of the ended threads", func() bool {
		return slots.Stats().Shares == taskCount(t) && slots.Stats().Pages <= 3
	})
	var sum uint64
	for tid, s := range all.All() {
		if got := s.Value().Block.Owner.Load(); got != uint64(tid) {
			t.Errorf("thread %d: the block is of %d", tid, got)
		}
		sum += s.Value().Block.Events.Load()
	}
	if sum == 0 {
		t.Error("no system call was counted")
	}
	if n := foreign(t, obj); n != 0 {
		t.Errorf("%d times a thread had another one's block", n)
	}
	must(t, all.Err())
	must(t, all.Close())
	must(t, all.Close())
	if got := slots.Stats(); got.Shares != 0 {
		t.Errorf("%+v", got)
	}
	again, err := slots.ShareAll(nil)
	must(t, err)
	must(t, slots.Close()) // which closes it
	must(t, again.Close())
	_, err = slots.ShareAll(nil)
	want(t, err, kptr.ErrClosed, 0)
}

// isShared tells whether a Threads has shared a thread.
func isShared[V any](all *kptr.Threads[V], tid int) bool {
	return all.With(tid, func(*kptr.Shared[V]) {})
}

func sharesAll(all *kptr.Threads[Slot], tids []int) bool {
	return !slices.ContainsFunc(tids, func(tid int) bool { return !isShared(all, tid) })
}

// TestShareAllLeavesShares: a thread with a share of its own keeps it, and is taken over once that is closed.
func TestShareAllLeavesShares(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	w := newWorker(t)
	mine := share(t, slots, kptr.Thread(w.tid))
	mine.Value().Block.Owner.Store(99)
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	defer all.Close()
	if isShared(all, w.tid) || mine.Value().Block.Owner.Load() != 99 {
		t.Error("the share was replaced")
	}
	must(t, mine.Close())
	kerneltest.Eventually(t, "the thread to be taken over", func() bool { return isShared(all, w.tid) })
	must(t, all.Err())
}

// TestOneShare: of Share and Replace at the same time one gets the thread, and keeps it.
func TestOneShare(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	task := kptr.Thread(newWorker(t).tid)
	for range 2000 {
		var shares [2]*kptr.Shared[Slot]
		var errs [2]error
		var both sync.WaitGroup
		for i, share := range []func(kptr.Task) (*kptr.Shared[Slot], error){slots.Share, slots.Replace} {
			both.Go(func() { shares[i], errs[i] = share(task) })
		}
		both.Wait()
		if (shares[0] == nil) == (shares[1] == nil) {
			t.Fatalf("Share: %v, Replace: %v", errs[0], errs[1])
		}
		for i, s := range shares {
			if s != nil {
				must(t, s.Close())
			} else {
				want(t, errs[i], kptr.ErrExists, syscall.EEXIST)
			}
		}
	}
}

// TestShareAllReplaces: what a program made for a thread before is replaced.
func TestShareAllReplaces(t *testing.T) {
	obj := loadLocal(t)
	hints := open[Value](t, obj.Map("datamap"))
	lockThread(t)
	target(t, obj)
	kptr.Gettid()
	all, err := hints.ShareAll(nil)
	must(t, err)
	defer all.Close()
	if !all.With(kptr.Gettid(), func(s *kptr.Shared[Value]) {
		h := s.Value().Udata
		h.A = 8
		kptr.Gettid()
		if h.Result != 8 {
			t.Errorf("result %d, want 8", h.Result)
		}
	}) {
		t.Error("this thread is not shared")
	}
}

func TestOnThread(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	countSyscalls(t, obj)
	failed := errors.New("failed")
	err := slots.OnThread(func(s *kptr.Shared[Slot]) error {
		for range 100 {
			runtime.Gosched()
			kptr.Gettid()
		}
		if got := s.Value().Block.Events.Load(); got < 100 {
			t.Errorf("%d system calls were counted, want 100", got)
		}
		want(t, slots.OnThread(func(*kptr.Shared[Slot]) error { return nil }), kptr.ErrExists, 0)
		return failed
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = slots.OnThread(func(*kptr.Shared[Slot]) error { panic("lost") })
	}()
	if got := slots.Stats(); got.Shares != 0 {
		t.Errorf("%+v", got)
	}
}

// TestShareAllPrepare: what prepare makes of the user kptrs never reaches the kernel.
func TestShareAllPrepare(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	for _, row := range []struct {
		name    string
		prepare func(tid int, v *Slot)
	}{
		{"a Go-heap pointer", func(_ int, v *Slot) { v.Block = new(Block) }},
		{"nil", func(_ int, v *Slot) { v.Block = nil }},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := slots.ShareAll(row.prepare)
			want(t, err, kptr.ErrBlockChanged, 0)
			_, err = slots.Lookup(kptr.Thread(os.Getpid()))
			want(t, err, kptr.ErrNoElement, syscall.ENOENT)
			if got := slots.Stats(); got.Shares != 0 || got.Blocks != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}
