package kptr_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"kptr"
	"kptr/sys"
)

// Everything mirrors struct value of testdata/values.bpf.c: a value with all that may stand beside a user kptr.
type Everything struct {
	Number  int32
	Lock    uint32 // struct bpf_spin_lock
	Data    *Hint  `btf:"kptr_user"`
	Nested  Nested
	Labels  [2]*Label `btf:"kptr_user"`
	Task    uint64    // struct task_struct __kptr *
	Counter uint64
}

type Nested struct {
	Plain uint32
	Data  *Hint `btf:"kptr_user"`
}

type Label struct {
	Sequence uint64
	Text     [24]byte
}

func TestShareEverything(t *testing.T) {
	obj := loadTest(t, "values")
	values := open[Everything](t, obj.Map("values"))
	lockThread(t)
	s := share(t, values, kptr.ThisThread())
	get := func(name string) (n int32) {
		t.Helper()
		must(t, obj.Variable(name).Get(&n))
		return n
	}
	v := s.Value()
	v.Number = 7
	v.Data.A, v.Data.B = 1, 2
	v.Nested.Data.A, v.Nested.Data.B = 30, 40
	v.Labels[0].Sequence, v.Labels[1].Sequence = 100, 200
	target(t, obj)
	kptr.Gettid()
	if v.Data.Result != 3 || v.Nested.Data.Result != 70 {
		t.Errorf("results %d and %d, want 3 and 70", v.Data.Result, v.Nested.Data.Result)
	}
	if first, second := v.Labels[0].Sequence-100, v.Labels[1].Sequence-200; first == 0 || second != 2*first {
		t.Errorf("labels went up by %d and %d", first, second)
	}
	if get("labels_seen") != 3 || get("number") != 0 {
		t.Errorf("labels seen %b, number %d: want 11 and, before Update, 0", get("labels_seen"), get("number"))
	}
	must(t, s.Update())
	kptr.Gettid()
	if got := get("number"); got != 7 {
		t.Errorf("number %d after Update, want 7", got)
	}
	got, err := values.Lookup(kptr.ThisThread())
	must(t, err)
	// The program counts in the element; that stays until the next Update.
	if got.Number != 7 || got.Counter == 0 || got.Data != nil || got.Nested.Data != nil || got.Labels != [2]*Label{} {
		t.Errorf("lookup gives %+v", got)
	}
}

// TestUpdateKeepsOutBPFFields: what only BPF can use stays what it was made by BPF, or zero.
func TestUpdateKeepsOutBPFFields(t *testing.T) {
	needUserKptrs(t)
	obj := loadPrograms(t, "values", "exchange_kptr")
	values := open[Everything](t, obj.Map("values"))
	lockThread(t)
	s := share(t, values, kptr.ThisThread())
	s.Value().Lock, s.Value().Task = 1, 0xdeadbeef
	s.Value().Data.A, s.Value().Data.B = 4, 5
	must(t, s.Update())
	// The lock would never be had were it 1, and the kptr would be released, were it 0xdeadbeef.
	for program, want := range map[string]uint32{"add_under_lock": 1, "exchange_kptr": 0} {
		if got, err := obj.Program(program).Run(nil); err != nil || got != want {
			t.Errorf("%s gives %d, %v", program, got, err)
		}
	}
	if got := s.Value().Data.Result; got != 9 {
		t.Errorf("result %d, want 9", got)
	}
	got, err := values.Lookup(kptr.ThisThread())
	must(t, err)
	if got.Lock != 0 || got.Task != 0 {
		t.Errorf("lookup gives lock %d and task %#x", got.Lock, got.Task)
	}
}

func TestShareTwice(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	first := share(t, hints, kptr.ThisThread())
	_, err := hints.Share(kptr.Thread(kptr.Gettid()))
	want(t, err, kptr.ErrExists, syscall.EEXIST)
	var op *kptr.OpError
	if !errors.As(err, &op) || op.Map != "datamap" || op.Op != "share" || op.Task != kptr.Thread(kptr.Gettid()) {
		t.Errorf("%#v", err)
	}
	if got := hints.Stats(); got.Shares != 1 || got.Blocks != 1 || got.Pages != 1 {
		t.Errorf("%+v", got)
	}
	must(t, first.Close())
	must(t, first.Close())
	share(t, hints, kptr.ThisThread())
}

// TestShareTasks shares a thread in each way to name it, from another thread than its own.
func TestShareTasks(t *testing.T) {
	obj := loadTest(t, "values")
	values := open[Everything](t, obj.Map("values"))
	lockThread(t) // the thread that is shared
	target(t, obj)
	tid := kptr.Gettid()
	pidfd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	must(t, err)
	defer pidfd.Close()
	for _, task := range []kptr.Task{kptr.Thread(tid), kptr.Pidfd(pidfd.Int())} {
		var s *kptr.Shared[Everything]
		elsewhere(func() { s, err = values.Share(task) })
		must(t, err)
		h := s.Value().Data
		atomic.StoreInt32(&h.A, 20)
		atomic.StoreInt32(&h.B, 3)
		kptr.Gettid()
		if got := atomic.LoadInt32(&h.Result); got != 23 {
			t.Errorf("%v: result %d, want 23", task, got)
		}
		elsewhere(func() { err = s.Close() })
		must(t, err)
	}
}

// TestReplace takes the place of what a program has made with BPF_LOCAL_STORAGE_GET_F_CREATE, and of no other share.
func TestReplace(t *testing.T) {
	obj := loadLocal(t)
	hints := open[Value](t, obj.Map("datamap"))
	lockThread(t)
	target(t, obj)
	kptr.Gettid() // the program makes an element
	_, err := hints.Share(kptr.ThisThread())
	want(t, err, kptr.ErrExists, syscall.EEXIST)
	s, err := hints.Replace(kptr.ThisThread())
	must(t, err)
	defer s.Close()
	s.Value().Udata.A = 5
	kptr.Gettid()
	if got := s.Value().Udata.Result; got != 5 {
		t.Errorf("result %d, want 5", got)
	}
	_, err = hints.Replace(kptr.ThisThread())
	want(t, err, kptr.ErrExists, 0)
}

// elsewhere runs f on another thread than the caller's, which is locked.
func elsewhere(f func()) {
	done := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(done)
		f()
	}()
	<-done
}

// TestShareLeader names the first thread by the process's id.
func TestShareLeader(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	share(t, hints, kptr.Process(syscall.Getpid()))
	_, err := hints.Share(kptr.Thread(syscall.Getpid()))
	want(t, err, kptr.ErrExists, syscall.EEXIST)
}

// TestElementGone: somebody else deleted the element.
func TestElementGone(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	s := share(t, hints, kptr.ThisThread())
	must(t, hints.Delete(kptr.ThisThread()))
	want(t, s.Update(), kptr.ErrNoElement, syscall.ENOENT)
	want(t, hints.Delete(kptr.ThisThread()), kptr.ErrNoElement, syscall.ENOENT)
	_, err := hints.Lookup(kptr.ThisThread())
	want(t, err, kptr.ErrNoElement, syscall.ENOENT)
	must(t, s.Close())
	if got := hints.Stats(); got.Lost != 0 {
		t.Errorf("%+v: the task lives, so the slot can be reused", got)
	}
}

// TestBlockChanged: a block cannot be dropped by accident.
func TestBlockChanged(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	s := share(t, hints, kptr.ThisThread())
	block := s.Value().Udata
	for _, other := range []*Hint{nil, new(Hint)} {
		s.Value().Udata = other
		err := s.Update()
		want(t, err, kptr.ErrBlockChanged, 0)
		var memory *kptr.MemoryError
		if !errors.As(err, &memory) || memory.Field != "Udata" {
			t.Errorf("%#v", err)
		}
	}
	s.Value().Udata = block
	must(t, s.Update())
}
