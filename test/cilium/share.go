// Command cilium shares memory through a map that cilium/ebpf has loaded from the object in FILE, bpfobj/testdata/uptr.bpfel.o
// for one: package kptr takes maps of any loader. The README shows what stands between the two marks.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"kptr"
	"kptr/bpfobj"
)

// Hint mirrors struct user_data, and Value struct value_type, of the BPF object.
type Hint struct{ A, B, Result int32 }
type Value struct {
	Udata *Hint `btf:"kptr_user"`
}

func main() { share(os.Args[1]) }

// share loads an object and has its program add 1 and 2.
func share(file string) {
	// README:
	coll, err := ebpf.LoadCollection(file) // its type tag is the kernel's, uptr
	check(err)
	defer coll.Close()

	datamap, err := bpfobj.OpenFD(coll.Maps["datamap"].FD())
	check(err)
	defer datamap.Close()
	hints, err := kptr.Open[Value](datamap) // compares Value with the map's BTF, read back from the kernel
	check(err)
	defer hints.Close()

	runtime.LockOSThread()
	mine, err := hints.Share(kptr.ThisThread())
	check(err)
	defer mine.Close()

	check(coll.Variables["target_pid"].Set(int32(kptr.Gettid())))
	program, err := link.AttachTracing(link.TracingOptions{Program: coll.Programs["on_sys_enter"]})
	check(err)
	defer program.Close()

	h := mine.Value().Udata
	h.A, h.B = 1, 2
	kptr.Gettid()
	fmt.Println(h.Result) // 3
	// :README
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
