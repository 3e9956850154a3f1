package kptr_test

import (
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// The types Hint and Value mirror those of the object's C source, field by field:
//
//	type Hint struct{ A, B, Result int32 }
//
//	type Value struct {
//		Udata *Hint `btf:"kptr_user"`
//	}
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	obj, err := bpfobj.Load(prebuilt.TaskLocal(), nil)
	check(err)
	defer obj.Close()
	hints, err := kptr.Open[Value](obj.Map("datamap"))
	check(err)
	defer hints.Close()

	runtime.LockOSThread() // task storage belongs to a thread, not to a goroutine
	defer runtime.UnlockOSThread()
	mine, err := hints.Share(kptr.ThisThread())
	check(err)
	defer mine.Close()

	check(obj.Variable("target_pid").Set(int32(kptr.Gettid())))
	check(obj.Attach())

	// The program runs in this thread's own system calls, so that plain loads and stores are in order.
	h := mine.Value().Udata
	h.A, h.B = 1, 2
	kptr.Gettid() // any syscall: the program runs
	fmt.Println(h.Result)

	// Where BPF may run on another CPU at the same time, as a scheduler's does, both sides use atomics.
	atomic.StoreInt32(&h.A, 40)
	kptr.Gettid()
	fmt.Println(atomic.LoadInt32(&h.Result))
}

// TestExample runs Example, which go test alone would run without asking for the privilege.
func TestExample(t *testing.T) {
	loadLocal(t) // Example ends the test program where the kernel cannot load it
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	stdout := os.Stdout
	os.Stdout = w
	Example()
	os.Stdout = stdout
	must(t, w.Close())
	got, err := io.ReadAll(r)
	must(t, err)
	if want := "3\n42\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
