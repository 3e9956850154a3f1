package kptr_test

import (
	"os"
	"os/exec"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/internal/kerneltest"
)

// TestIdle: a Threads that has nothing to do, beside other shares, wakes the process up hardly more often than a goroutine that does so once a
// second. Go's threads go to sleep and wake each other by futex(2), a few times for a wake-up.
func TestIdle(t *testing.T) {
	obj := loadPrograms(t, "sharing", "count_calls")
	slots := open[Slot](t, obj.Map("slots"))
	countCalls(t, obj, unix.SYS_FUTEX)
	tids, stop := startThreads(100)
	defer stop()
	for _, tid := range tids {
		share(t, slots, kptr.Thread(tid))
	}
	quit := make(chan struct{})
	go func() {
		for tick := time.Tick(time.Second); ; {
			select {
			case <-tick:
			case <-quit:
				return
			}
		}
	}()
	once := calls(t, obj, 2*time.Second)
	close(quit)
	all, err := slots.ShareAll(nil)
	must(t, err)
	defer mustClose(t, all)
	most := 2*once + 20 // what the runtime does now and then only adds to it; ten looks a second would be twice as many
	got := calls(t, obj, 2*time.Second)
	for range 2 {
		if got > most {
			got = min(got, calls(t, obj, 2*time.Second))
		}
	}
	if t.Logf("%d calls, %d for a goroutine that wakes up once a second", got, once); got > most {
		t.Errorf("that is too many")
	}
}

// countCalls has a program count a system call of this process.
func countCalls(t *testing.T, obj *bpfobj.Object, nr uint64) {
	t.Helper()
	must(t, obj.Variable("target_tgid").Set(int32(os.Getpid())))
	must(t, obj.Variable("call_nr").Set(nr))
	link, err := obj.Program("count_calls").Attach()
	must(t, err)
	t.Cleanup(func() { mustClose(t, link) })
}

// calls gives how many calls there were in a time that begins when the runtime has gone to rest.
func calls(t *testing.T, obj *bpfobj.Object, d time.Duration) uint64 {
	t.Helper()
	time.Sleep(100 * time.Millisecond)
	var before, after uint64
	must(t, obj.Variable("calls").Get(&before))
	time.Sleep(d)
	must(t, obj.Variable("calls").Get(&after))
	return after - before
}

// TestShareAllReusedNumber: the pidfd of a thread that has ended is kept by a child process, and its number is that of another
// thread's at once. The end is the first one's.
func TestShareAllReusedNumber(t *testing.T) {
	obj := loadTest(t, "sharing")
	slots := open[Slot](t, obj.Map("slots"))
	spare := dup(t, 0)
	tids, stop := startThreads(1)
	all, err := slots.ShareAll(setOwner)
	must(t, err)
	defer all.Close()
	var number int
	all.With(tids[0], func(s *kptr.Shared[Slot]) { number = s.NumberForTest() })
	inherit(t, number)
	// The lowest that is free is what open(2) and pidfd_open(2) give: the directory gets the spare one, the thread that of the first.
	for fd := 0; fd < number; {
		fd = dup(t, 0)
		defer syscall.Close(fd)
	}
	stop()
	kerneltest.Eventually(t, "the end to be seen", func() bool { return !isShared(all, tids[0]) })
	must(t, syscall.Close(spare))
	_, stop = startThreads(20) // some of them new
	defer stop()
	var block *Block
	var tid int
	kerneltest.Eventually(t, "a thread with the number", func() bool {
		for other, s := range all.All() {
			if s.NumberForTest() == number {
				tid, block = other, s.Value().Block
			}
		}
		return tid != 0
	})
	time.Sleep(100 * time.Millisecond)
	if !all.With(tid, func(s *kptr.Shared[Slot]) {
		if s.Value().Block != block {
			t.Error("the share of the next thread was closed meanwhile")
		}
	}) {
		t.Error("the share of the next thread was closed")
	}
	must(t, all.Err())
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := syscall.Dup(fd)
	must(t, err)
	return n
}

// inherit starts a child process that keeps a file descriptor open until the end of the test.
func inherit(t *testing.T, fd int) {
	t.Helper()
	file := os.NewFile(uintptr(dup(t, fd)), "inherited")
	defer file.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=wait")
	cmd.ExtraFiles = []*os.File{file}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// BenchmarkShareAll shares all of n threads and gives them up, or finds that they all have shares of their own.
func BenchmarkShareAll(b *testing.B) {
	obj := loadTest(b, "sharing")
	slots := open[Slot](b, obj.Map("slots"))
	for _, n := range []int{1000, 10000} {
		debug.SetMaxThreads(2*n + 10000)
		tids, stop := startThreads(n)
		cycle := func(b *testing.B) {
			for range b.N {
				all, err := slots.ShareAll(nil)
				must(b, err)
				must(b, all.Close())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/thread")
		}
		b.Run(strconv.Itoa(n)+"/new", cycle)
		var own []*kptr.Shared[Slot]
		for _, tid := range tids {
			own = append(own, share(b, slots, kptr.Thread(tid)))
		}
		b.Run(strconv.Itoa(n)+"/shared", cycle)
		for _, s := range own {
			must(b, s.Close())
		}
		stop()
	}
}
