// Command example is the README's program, for its size: Example of the package's tests, as a program.
package main

import (
	"fmt"
	"log"
	"runtime"
	"sync/atomic"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// Hint mirrors struct user_data, and Value struct value_type, of the BPF object.
type Hint struct{ A, B, Result int32 }
type Value struct {
	Udata *Hint `btf:"kptr_user"`
}

func main() {
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
