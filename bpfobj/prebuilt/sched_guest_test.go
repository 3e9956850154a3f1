//go:build guest

// A scheduler takes the whole machine over: these tests are for guests alone.
package prebuilt_test

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"

	"golang.org/x/sys/unix"
)

// init keeps the tests off the process's first thread, whose hint is that of the process.
func init() { runtime.LockOSThread() }

// schedExt is where the kernel tells of its BPF schedulers: Documentation/scheduler/sched-ext.rst.
const schedExt = "/sys/kernel/sched_ext/"

// stats mirrors the variable of sched.bpf.c.
type stats struct {
	BackgroundQueued, BackgroundPreempted, BackgroundDue uint64
	CriticalSpared, CriticalExtended, CriticalExpired    uint64
	LatencyFirst, WeightLowered                          uint64
}

// loadScheduler loads the scheduler, which is not in charge yet.
func loadScheduler(t *testing.T, hints bool) *bpfobj.Object {
	t.Helper()
	_, err := os.Stat(schedExt)
	if err != nil {
		err = &sys.NotSupportedError{Feature: "sched_ext (Linux 6.12 built with CONFIG_SCHED_CLASS_EXT=y)", Err: err}
	}
	kerneltest.Require(t, err)
	_, err = bpfobj.HonouredTag()
	kerneltest.Require(t, err)
	kerneltest.NoLeaks(t)
	noHugePages(t)
	spec, err := bpfobj.Parse(prebuilt.Scheduler())
	must(t, err)
	k, err := bpfobj.Running()
	must(t, err)
	defer k.Close()
	must(t, spec.SetEnums(k, "__SCX_"))
	must(t, spec.Variable("hints_on").Set(hints))
	pins, err := os.MkdirTemp("/sys/fs/bpf", "sched")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(pins) })
	obj, err := spec.Load(&bpfobj.Options{PinDir: pins})
	must(t, err)
	t.Cleanup(func() {
		must(t, obj.Close())
		wantState(t, "disabled")
	})
	return obj
}

// noHugePages keeps khugepaged away, which has nice 19: where machines are emulated, threads wait for seconds for the
// mmap_lock that it holds while it waits for the CPU, under any scheduler.
func noHugePages(t *testing.T) {
	t.Helper()
	const file = "/sys/kernel/mm/transparent_hugepage/enabled"
	if err := os.WriteFile(file, []byte("never"), 0); !errors.Is(err, fs.ErrNotExist) { // CONFIG_TRANSPARENT_HUGEPAGE
		must(t, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantState(t *testing.T, want string) {
	t.Helper()
	text, err := os.ReadFile(schedExt + "state")
	must(t, err)
	if got := strings.TrimSpace(string(text)); got != want {
		t.Errorf("sched_ext is %q, want %q", got, want)
	}
}

// TestScheduler: it is in charge from Attach to Close, and the kernel says under which name.
func TestScheduler(t *testing.T) {
	for _, hints := range []bool{false, true} {
		obj := loadScheduler(t, hints)
		wantState(t, "disabled")
		must(t, obj.Attach())
		wantState(t, "enabled")
		name, err := os.ReadFile(schedExt + "root/ops")
		must(t, err)
		if got := strings.TrimSpace(string(name)); got != "kptr_hint" {
			t.Errorf("the scheduler is %q", got)
		}
		must(t, obj.Close())
		wantState(t, "disabled")
	}
}

// A runner is a thread that uses the CPU, with a hint of its own if there is anything to say.
type runner struct {
	say  func(h *kptr.Hint)
	used time.Duration // CPU time
	gap  time.Duration // the longest time without the CPU
}

// runBeside runs threads side by side for a time.
func runBeside(t *testing.T, obj *bpfobj.Object, d time.Duration, runners ...*runner) {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(len(runners) + 2))
	hints, err := kptr.Open[kptr.HintValue](obj.Map("kptr_hint"))
	must(t, err)
	defer hints.Close()
	var ready, done sync.WaitGroup
	var begin, end atomic.Bool
	errs := make(chan error, len(runners))
	for _, r := range runners {
		ready.Add(1)
		done.Go(func() {
			errs <- hints.OnThread(func(mine *kptr.Shared[kptr.HintValue]) error {
				if r.say != nil {
					mine.Value().Hint.Init()
					r.say(mine.Value().Hint)
				}
				ready.Done()
				for !begin.Load() { // without a sleep, from which the Go runtime may wake it up late
				}
				before, last := threadClock(), time.Now()
				for !end.Load() {
					now := time.Now()
					r.gap = max(r.gap, now.Sub(last))
					last = now
				}
				r.used = threadClock() - before
				return nil
			})
		})
	}
	ready.Wait()
	begin.Store(true)
	time.Sleep(d)
	end.Store(true)
	done.Wait()
	for range runners {
		must(t, <-errs)
	}
}

// threadClock is the CPU time of the calling thread so far, to the nanosecond.
func threadClock() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		panic(err)
	}
	return time.Duration(ts.Nano())
}

// longWait is ten times what STARVE_NS of sched.bpf.c and a few ticks of 4 ms come to: the machine may be emulated.
const longWait = 400 * time.Millisecond

// TestSchedulerShares: a thread beside two that give no hint gets the share of the CPU that is meant, and none of the three waits
// long for it, between bounds that are loose, since the machine may be emulated.
func TestSchedulerShares(t *testing.T) {
	for _, row := range []struct {
		name     string
		say      func(h *kptr.Hint)
		min, max int // percent
		counted  func(s *stats) uint64
	}{
		{"no hint", nil, 25, 42, nil},
		// After 20 ms it has a slice, which lasts until a tick.
		{"background", func(h *kptr.Hint) { h.Background.Store(1) }, 2, 28, func(s *stats) uint64 { return min(s.BackgroundQueued, s.BackgroundDue) }},
		{"latency", func(h *kptr.Hint) { h.Latency.Store(1) }, 25, 45, nil},
		{"critical for ever", func(h *kptr.Hint) { h.Critical.Store(1) }, 25, 45, func(s *stats) uint64 { return s.CriticalExpired }},
		{"weight of a tenth", func(h *kptr.Hint) { h.Weight.Store(10) }, 1, 12, func(s *stats) uint64 { return s.WeightLowered }},
		{"least weight", func(h *kptr.Hint) { h.Weight.Store(1) }, 0, 8, func(s *stats) uint64 { return s.WeightLowered }},
		{"more weight than may be", func(h *kptr.Hint) { h.Weight.Store(10000) }, 25, 42, nil},
		{"beyond all bounds", func(h *kptr.Hint) {
			for _, word := range []*atomic.Uint32{&h.Critical, &h.Latency, &h.Weight, &h.Yield} {
				word.Store(^uint32(0))
			}
		}, 25, 45, nil},
		{"yields before", func(*kptr.Hint) {
			for range 3000 {
				syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0)
			}
		}, 25, 42, nil},
		{"not filled in", func(h *kptr.Hint) { h.Background.Store(1); h.Version = 0 }, 25, 42, nil},
		{"words beyond the size", func(h *kptr.Hint) { h.Background.Store(1); h.Size = 4 }, 25, 42, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			obj := loadScheduler(t, true)
			must(t, obj.Attach())
			hinted, a, b := &runner{say: row.say}, &runner{}, &runner{}
			runBeside(t, obj, 2*time.Second, hinted, a, b)
			var s stats
			must(t, obj.Variable("stats").Get(&s))
			percent := int(100 * hinted.used / (hinted.used + a.used + b.used))
			t.Logf("%d %% (%v, others %v and %v), longest waits %v, %v, %v, %+v", percent, hinted.used, a.used, b.used, hinted.gap, a.gap, b.gap, s)
			waits := [...]time.Duration{longWait + time.Second, longWait} // of the hinted one, with LEAD_NS of sched.bpf.c, and of the others
			if runtime.NumCPU() == 1 && (percent < row.min || percent > row.max) {
				t.Errorf("%d %% of the CPU, want %d to %d", percent, row.min, row.max)
			}
			for i, r := range []*runner{hinted, a, b} {
				if bound := waits[min(i, 1)]; r.used == 0 || r.gap > bound {
					t.Errorf("thread %d had %v and waited for %v, want at most %v", i, r.used, r.gap, bound)
				}
			}
			if row.counted != nil && row.counted(&s) == 0 {
				t.Errorf("nothing was counted: %+v", s)
			}
			wantState(t, "enabled")
		})
	}
}

// TestSchedulerChain: threads that follow one another, each of them new, take no more of the CPU from another thread than one
// that stays would, whatever hint their process gives.
func TestSchedulerChain(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4)) // none of the goroutines is to wait for another
	const linkTime = 3 * time.Millisecond
	for _, row := range []struct {
		name       string
		begin, end func(h *kptr.Hint) // of each link
	}{
		{"no hint", func(*kptr.Hint) {}, func(*kptr.Hint) {}},
		{"latency", func(h *kptr.Hint) { h.Latency.Store(1) }, func(*kptr.Hint) {}},
		{"latency that comes and goes", func(h *kptr.Hint) { h.Latency.Store(1) }, func(h *kptr.Hint) { h.Latency.Store(0) }},
		{"critical", func(h *kptr.Hint) { h.Critical.Store(1) }, func(*kptr.Hint) {}},
	} {
		t.Run(row.name, func(t *testing.T) {
			obj := loadScheduler(t, true)
			must(t, obj.Attach())
			hints, err := kptr.Open[kptr.HintValue](obj.Map("kptr_hint"))
			must(t, err)
			defer hints.Close()
			process, err := hints.Share(kptr.Process(os.Getpid()))
			must(t, err)
			process.Value().Hint.Init()

			var over atomic.Bool
			var links atomic.Int64
			ended := make(chan struct{})
			var link func()
			link = func() {
				runtime.LockOSThread() // never unlocked: the thread ends with the function
				row.begin(process.Value().Hint)
				for links.Add(1); threadClock() < linkTime; {
				}
				row.end(process.Value().Hint)
				if over.Load() {
					close(ended)
					return
				}
				go link()
			}
			go link()
			var used, chain time.Duration
			err = hints.OnThread(func(mine *kptr.Shared[kptr.HintValue]) error {
				mine.Value().Hint.Init() // or the process's block would speak for this thread
				before, first := threadClock(), links.Load()
				for begin := time.Now(); time.Since(begin) < 2*time.Second; {
				}
				used, chain = threadClock()-before, time.Duration(links.Load()-first)*linkTime
				return nil
			})
			over.Store(true)
			<-ended
			must(t, err)
			t.Logf("the other had %v of CPU time beside %v of the chain", used, chain)
			// Not once, because the Go runtime's own threads, which make the others, have the process's hint too.
			if runtime.NumCPU() == 1 && chain > 4*used {
				t.Error("the chain has more than four times as much as the other")
			}
		})
	}
}
