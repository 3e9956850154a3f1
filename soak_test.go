package kptr_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kptr"
	"kptr/internal/kerneltest"
)

// soakEnv sets how long TestSoak runs, as in 5m.
const soakEnv = "KPTR_SOAK"

// TestSoak has threads start, share, write, close and die at random, against a program that checks that the block it finds is
// its thread's own. In the end nothing is left behind (see loadTest).
func TestSoak(t *testing.T) {
	duration := 2 * time.Second
	if s := os.Getenv(soakEnv); s != "" {
		var err error
		duration, err = time.ParseDuration(s)
		must(t, err)
	}
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	countSyscalls(t, obj)
	deadline := time.Now().Add(duration)
	var threads, shares atomic.Int64
	var running sync.WaitGroup
	for n := range 4 {
		running.Go(func() {
			for seed := uint64(0); time.Now().Before(deadline) && !t.Failed(); seed++ {
				var one sync.WaitGroup
				one.Go(func() { shares.Add(soakThread(t, slots, rand.New(rand.NewPCG(uint64(n), seed)))) })
				one.Wait()
				threads.Add(1)
			}
		})
	}
	running.Wait()
	t.Logf("%d threads, %d shares: %+v", threads.Load(), shares.Load(), slots.Stats())
	if n := foreign(t, obj); n != 0 {
		t.Errorf("%d times a thread had another one's block", n)
	}
	var events uint64
	must(t, obj.Variable("events").Get(&events))
	if events == 0 {
		t.Error("the program saw no block")
	}
}

// soakThread is the life of one thread.
func soakThread(t *testing.T, slots *kptr.Map[Slot], rnd *rand.Rand) (shares int64) {
	runtime.LockOSThread()
	tid := kptr.Gettid()
	for range 1 + rnd.IntN(20) {
		s, err := slots.Share(kptr.ThisThread())
		if err != nil {
			t.Error(err)
			return shares
		}
		shares++
		b := s.Value().Block
		if n := b.Owner.Load(); n != 0 {
			t.Errorf("thread %d: a new block is of thread %d", tid, n)
		}
		b.Owner.Store(uint64(tid))
		for range rnd.IntN(10) {
			kptr.Gettid()
		}
		s.Value().Plain = rnd.Uint64()
		if err := s.Update(); err != nil {
			t.Error(err)
		}
		switch rnd.IntN(10) {
		case 0: // the thread dies, and another one closes the share
			go func() {
				time.Sleep(time.Millisecond)
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			return shares
		case 1: // another one closes it
			elsewhere(func() { err = s.Close() })
		default:
			err = s.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
	if rnd.IntN(2) == 0 {
		runtime.UnlockOSThread() // the thread lives on
	}
	return shares
}

// TestConcurrent uses one map from several goroutines in every way at once, and closes it under them.
func TestConcurrent(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	var workers [4]*worker
	for i := range workers {
		workers[i] = newWorker(t)
	}
	allowed := func(err error, rules ...error) {
		for _, rule := range append(rules, kptr.ErrClosed) {
			if errors.Is(err, rule) {
				return
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
	stop := make(chan struct{})
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				task := kptr.Thread(workers[rand.IntN(len(workers))].tid)
				s, err := slots.Share(task)
				allowed(err, kptr.ErrExists)
				if err != nil {
					_, err := slots.Lookup(task)
					allowed(err, kptr.ErrNoElement)
					allowed(slots.Delete(task), kptr.ErrNoElement)
					slots.Stats()
					continue
				}
				allowed(s.Update(), kptr.ErrNoElement)
				var closes sync.WaitGroup
				for range 2 {
					closes.Go(func() { allowed(s.Close()) })
				}
				closes.Wait()
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	must(t, slots.Close())
	close(stop)
	running.Wait()
	if got := slots.Stats(); got != (kptr.Stats{}) {
		t.Errorf("%+v", got)
	}
}

// TestManyThreads shares 10,000 threads: 64 bytes each are 157 pages of 4 KiB.
func TestManyThreads(t *testing.T) {
	const n = 10000
	debug.SetMaxThreads(2 * n)
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	_, stop := startThreads(n)
	defer stop()
	before, err := kerneltest.PinnedPages()
	must(t, err)
	start := time.Now()
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	got, want := slots.Stats(), 160*4096/os.Getpagesize()
	t.Logf("%v: %+v", time.Since(start), got)
	if got.Shares < n || got.Blocks != got.Shares || got.Pages > want {
		t.Errorf("%+v: want %d shares on at most %d pages", got, n, want)
	}
	pages := make(map[uintptr]bool)
	for tid, s := range all.All() {
		b := s.Value().Block
		if b.Owner.Load() != uint64(tid) {
			t.Fatalf("thread %d has the block of %d", tid, b.Owner.Load())
		}
		pages[kptr.AddrForTest(b)/uintptr(os.Getpagesize())] = true
	}
	if len(pages) > want {
		t.Errorf("%d distinct pages", len(pages))
	}
	// The kernel counts a pin for each element, whatever page it is on. A few of other tests may have gone meanwhile.
	pins, err := kerneltest.PinnedPages()
	must(t, err)
	if pins-before < n*99/100 {
		t.Errorf("%d pins more than before", pins-before)
	}
	start = time.Now()
	must(t, all.Close())
	t.Logf("closed in %v: %+v", time.Since(start), slots.Stats())
	if got := slots.Stats(); got.Pages > 1 || got.Shares != 0 {
		t.Errorf("%+v", got)
	}
}

// TestDense: blocks of two tasks share a cache line only if asked to.
func TestDense(t *testing.T) {
	obj := loadTest(t, "sharing")
	for name, options := range map[string][]kptr.Option{"lines": nil, "dense": {kptr.Dense}} {
		t.Run(name, func(t *testing.T) {
			slots := open[Slot](t, obj.Map("slots"), options...)
			a := share(t, slots, kptr.Thread(newWorker(t).tid)).Value().Block
			b := share(t, slots, kptr.Thread(newWorker(t).tid)).Value().Block
			apart := int(kptr.AddrForTest(b)) - int(kptr.AddrForTest(a))
			if want := map[string]int{"lines": 64, "dense": 24}[name]; apart < want || name == "dense" && apart != want {
				t.Errorf("blocks are %d bytes apart, want %d", apart, want)
			}
		})
	}
}
