package kptr_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// soakEnv sets how long TestSoak runs, as in 5m.
const soakEnv = "KPTR_SOAK"

// A soak is threads that start, share, write, close and die at random, while all threads are shared now and then, and programs check
// that the block they find is their thread's own, for as long as they are in it.
type soak struct {
	t     *testing.T
	obj   *bpfobj.Object
	slots *kptr.Map[Slot]
	end   time.Time
	all   atomic.Pointer[kptr.Threads[Slot]] // nil in between

	threads, own, given, vouched, cycles, looks, lingered atomic.Int64
}

// TestSoak leaves nothing behind in the end (see loadPrograms).
func TestSoak(t *testing.T) {
	duration := 2 * time.Second
	if s := os.Getenv(soakEnv); s != "" {
		var err error
		duration, err = time.ParseDuration(s)
		must(t, err)
	}
	obj := loadPrograms(t, "sharing", "count_syscall", "linger")
	s := &soak{t: t, obj: obj, slots: open[Slot](t, obj.Map("slots")), end: time.Now().Add(duration)}
	countSyscalls(t, obj)
	keep := newWorker(t)
	share(t, s.slots, kptr.Thread(keep.tid)) // a page that stays in use
	var running sync.WaitGroup
	running.Go(s.shareAll)
	for n := range uint64(4) {
		running.Go(func() {
			for seed := uint64(0); s.on(); seed++ {
				life := &soakLife{soak: s, rnd: rand.New(rand.NewPCG(n, seed))}
				var one sync.WaitGroup
				one.Go(life.live)
				one.Wait()
				s.threads.Add(1)
			}
		})
	}
	running.Wait()
	var events uint64
	must(t, obj.Variable("events").Get(&events))
	t.Logf("%d threads; %d shares of their own, %d of ShareAll, %d blocks of vouched memory; ShareAll %d times, read %d times", s.threads.Load(),
		s.own.Load(), s.given.Load(), s.vouched.Load(), s.cycles.Load(), s.looks.Load())
	t.Logf("programs: %d system calls, stayed %d times; %+v", events, s.lingered.Load(), s.slots.Stats())
	if n := foreign(t, obj); n != 0 {
		t.Errorf("%d times a thread had another one's block", n)
	}
	for name, n := range map[string]int64{
		"system calls": int64(events), "own shares": s.own.Load(), "shares of ShareAll": s.given.Load(), "vouched blocks": s.vouched.Load(),
		"reads": s.looks.Load(), "stays": s.lingered.Load(),
	} {
		if n == 0 && !(name == "vouched blocks" && throughBroker()) {
			t.Errorf("no %s", name)
		}
	}
}

func (s *soak) on() bool { return time.Now().Before(s.end) && !s.t.Failed() }

// check reports an error that is of none of the rules.
func (s *soak) check(err error, rules ...error) {
	if err != nil && !slices.ContainsFunc(rules, func(rule error) bool { return errors.Is(err, rule) }) {
		s.t.Error(err)
	}
}

// shareAll shares all threads, looks at their blocks, and gives them up.
func (s *soak) shareAll() {
	for s.on() {
		all, err := s.slots.ShareAll(setOwner)
		if err != nil {
			s.t.Error(err)
			return
		}
		s.all.Store(all)
		for until := time.Now().Add(rand.N(1500 * time.Millisecond)); s.on() && time.Now().Before(until); {
			for tid, share := range all.All() {
				b := share.Value().Block
				if b == nil || b.Owner.Load() != uint64(tid) {
					s.t.Errorf("thread %d: block %p is not its own", tid, b)
				}
				s.looks.Add(1)
				runtime.Gosched()
			}
			time.Sleep(rand.N(5 * time.Millisecond))
		}
		s.check(all.Err())
		s.all.Store(nil)
		s.check(all.Close())
		s.cycles.Add(1)
		time.Sleep(rand.N(20 * time.Millisecond))
	}
}

// A soakLife is that of one thread.
type soakLife struct {
	*soak
	rnd *rand.Rand
	tid int
}

func (l *soakLife) live() {
	runtime.LockOSThread()
	l.tid = kptr.Gettid()
	for range 1 + l.rnd.IntN(20) {
		switch l.rnd.IntN(8) {
		case 0:
			if !throughBroker() {
				l.vouch()
			}
		case 1:
			l.given()
		case 2:
			l.check(l.slots.OnThread(func(s *kptr.Shared[Slot]) error { l.use(s.Value().Block); return nil }), kptr.ErrExists)
		case 3:
			time.Sleep(time.Duration(l.rnd.IntN(20)) * time.Millisecond) // ShareAll may find it
		default:
			if !l.own() {
				return
			}
		}
	}
	if l.rnd.IntN(2) == 0 {
		runtime.UnlockOSThread() // the thread lives on
	}
}

// use is what a thread does with a new block of its own.
func (l *soakLife) use(b *Block) {
	if owner, scratch := b.Owner.Load(), b.Scratch.Load(); owner != 0 || scratch != 0 {
		l.t.Errorf("thread %d: a new block is of thread %d, and %d wrote there", l.tid, owner, scratch)
	}
	b.Owner.Store(uint64(l.tid))
	for range l.rnd.IntN(10) {
		kptr.Gettid()
	}
	if l.rnd.IntN(4) == 0 {
		l.linger()
	}
	if owner, scratch := b.Owner.Load(), b.Scratch.Load(); owner != uint64(l.tid) || scratch != 0 && scratch != uint64(l.tid) {
		l.t.Errorf("thread %d: its block is of thread %d, and %d wrote there", l.tid, owner, scratch)
	}
}

// linger has a program stay in the block that the thread has, if it has one.
func (l *soakLife) linger() {
	none, err := l.obj.Program("linger").Run(nil)
	l.check(err)
	if none == 0 {
		l.lingered.Add(1)
	}
}

// own shares the thread; false if it has to die now.
func (l *soakLife) own() bool {
	share := l.slots.Share
	if l.rnd.IntN(2) == 0 {
		share = l.slots.Replace
	}
	s, err := share(kptr.ThisThread())
	if err != nil {
		l.check(err, kptr.ErrExists) // of ShareAll, or of vouched memory
		return true
	}
	l.soak.own.Add(1)
	l.use(s.Value().Block)
	s.Value().Plain = l.rnd.Uint64()
	l.check(s.Update())
	switch l.rnd.IntN(10) {
	case 0: // the thread dies, and another one closes the share
		go func() {
			time.Sleep(time.Millisecond)
			l.check(s.Close())
		}()
		return false
	case 1, 2: // another one closes it, while a program is in the block
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			l.check(s.Close())
		}()
		l.linger()
		<-closed
	default:
		l.check(s.Close())
	}
	return true
}

// given uses the share that ShareAll gave the thread, if it did.
func (l *soakLife) given() {
	all := l.all.Load()
	if all == nil {
		return
	}
	all.With(l.tid, func(s *kptr.Shared[Slot]) {
		l.soak.given.Add(1)
		l.linger()
		b := s.Value().Block
		if owner, scratch := b.Owner.Load(), b.Scratch.Load(); owner != uint64(l.tid) || scratch != 0 && scratch != uint64(l.tid) {
			l.t.Errorf("thread %d: its block of ShareAll is of thread %d, and %d wrote there", l.tid, owner, scratch)
		}
		if l.rnd.IntN(2) == 0 {
			l.check(s.Update(), kptr.ErrNoElement) // as vouch deletes it
		}
	})
}

// vouch gives the thread an element of its own memory, in place of any that it has, and unmaps that with the element there, perhaps.
func (l *soakLife) vouch() {
	mem, err := sys.Mmap(nil, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		l.t.Error(err)
		return
	}
	defer func() { l.check(mem.Close()) }()
	r, err := l.slots.Vouch("soak", mem.Bytes())
	if err != nil {
		l.t.Error(err)
		return
	}
	defer r.Withdraw()
	b, err := kptr.At[Block](r, 0)
	if err != nil {
		l.t.Error(err)
		return
	}
	b.Owner.Store(uint64(l.tid))
	l.check(l.slots.Update(kptr.ThisThread(), &Slot{Block: b}, sys.BPF_ANY))
	l.vouched.Add(1)
	kptr.Gettid()
	l.linger()
	if l.rnd.IntN(4) > 0 {
		l.check(l.slots.Delete(kptr.ThisThread()), kptr.ErrNoElement) // ShareAll may have been there
	}
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

// TestManyThreads shares 10,000 threads: with cache lines of 64 bytes, that is 157 pages of 4 KiB.
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
	got, want := slots.Stats(), n*kptr.CacheLineForTest()/os.Getpagesize()+4
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
