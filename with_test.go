package kptr_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kptr"
	"kptr/internal/kerneltest"
)

// TestWith: the share that a function has stays open though its thread ends, and Close waits for the function.
func TestWith(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	tids, stop := startThreads(1)
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	inside, leave, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go all.With(tids[0], func(s *kptr.Shared[Slot]) {
		defer close(left)
		b := s.Value().Block
		inside <- struct{}{}
		<-leave
		if s.Value().Block != b || b.Owner.Load() != uint64(tids[0]) {
			t.Errorf("block %p is of %d, was %p", s.Value().Block, b.Owner.Load(), b)
		}
	})
	<-inside
	stop()
	kerneltest.Eventually(t, "the end to be seen", func() bool { return !isShared(all, tids[0]) })
	var closing sync.WaitGroup
	for _, f := range []func() error{all.Close, all.Close, slots.Close} {
		closing.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
			select {
			case <-left:
			default:
				t.Error("Close did not wait")
			}
		})
		time.Sleep(20 * time.Millisecond)
	}
	if isShared(all, kptr.Gettid()) {
		t.Error("With gives a share while Close waits")
	}
	close(leave)
	closing.Wait()
}

// TestWithPanic: a panic of the function gives the share back too.
func TestWithPanic(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	all, err := slots.ShareAll(nil)
	must(t, err)
	func() {
		defer func() { _ = recover() }()
		for range all.All() {
			panic("lost")
		}
	}()
	n := 0
	for range all.All() {
		n++
		break
	}
	if n != 1 {
		t.Errorf("%d turns before the break", n)
	}
	must(t, all.Close()) // and does not wait
}

// TestWithEnding: readers see a thread's own block, whole, for as long as they have it, while threads start and end.
func TestWithEnding(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	var stops []func()
	var tids []int
	begin := func(n int) {
		for range n {
			one, stop := startThreads(1)
			tids, stops = append(tids, one...), append(stops, stop)
		}
	}
	begin(200)
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	early := tids[:len(tids):len(tids)]
	var checks atomic.Int64
	check := func(tid int, s *kptr.Shared[Slot]) {
		for range 3 {
			b := s.Value().Block
			if b == nil || b.Owner.Load() != uint64(tid) {
				t.Errorf("thread %d: block %p is not its own", tid, b)
				return
			}
			runtime.Gosched()
		}
		checks.Add(1)
	}
	quit := make(chan struct{})
	var readers sync.WaitGroup
	for n := range 3 {
		readers.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				if n == 0 {
					tid := early[rand.IntN(len(early))]
					all.With(tid, func(s *kptr.Shared[Slot]) { check(tid, s) })
					continue
				}
				for tid, s := range all.All() {
					check(tid, s)
				}
			}
		})
	}
	for range 3 {
		begin(50)
		time.Sleep(100 * time.Millisecond)
		for _, i := range rand.Perm(len(stops)) {
			stops[i]()
			if i%8 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		tids, stops = nil, nil
		begin(100)
		time.Sleep(kptr.CheckIntervalForTest + 100*time.Millisecond)
	}
	close(quit)
	readers.Wait()
	for _, stop := range stops {
		stop()
	}
	must(t, all.Err())
	must(t, all.Close())
	t.Logf("%d looks at blocks", checks.Load())
	if got := slots.Stats(); got.Shares != 0 || checks.Load() < 1000 {
		t.Errorf("%+v, %d looks at blocks", got, checks.Load())
	}
}

// TestShareAllClosed closes the map while all threads are shared, when they are looked at again, and while they start.
func TestShareAllClosed(t *testing.T) {
	obj := loadTest(t, "sharing")
	quit := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-quit:
				return
			default:
			}
			_, stop := startThreads(5)
			time.Sleep(time.Millisecond)
			stop()
		}
	})
	closeLater := func(after time.Duration) {
		slots, err := kptr.Open[Slot](obj.Map("slots"))
		if err != nil {
			t.Error(err)
			return
		}
		var closing sync.WaitGroup
		closing.Go(func() {
			time.Sleep(after)
			mustClose(t, slots)
			if got := slots.Stats(); got != (kptr.Stats{}) {
				t.Errorf("%+v", got)
			}
		})
		all, err := slots.ShareAll(setOwner)
		if err != nil && !errors.Is(err, kptr.ErrClosed) {
			t.Error(err)
		}
		if err == nil {
			defer mustClose(t, all)
			for tid, s := range all.All() {
				if got := s.Value().Block.Owner.Load(); got != uint64(tid) {
					t.Errorf("thread %d: the block is of %d", tid, got)
				}
			}
		}
		closing.Wait()
	}
	for range 100 {
		closeLater(rand.N(2 * time.Millisecond))
	}
	for range 10 { // at once, since each waits for its watcher
		running.Go(func() { closeLater(kptr.CheckIntervalForTest + rand.N(10*time.Millisecond)) })
	}
	time.Sleep(kptr.CheckIntervalForTest)
	close(quit)
	running.Wait()
}
