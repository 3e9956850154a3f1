// Command allocs counts what loaders allocate on the Go heap, each in a process of its own: nothing is cached from an earlier run.
//
// Usage: allocs LOADER FILE, LOADER being kptr or cilium.
package main

import (
	"fmt"
	"os"
	"runtime"

	"kptr"
	"kptr/bpfobj"
	"kptr/test/peers/job"
)

func main() {
	jobs := map[string]func(string, func()) error{"kptr": ours, "cilium": job.Cilium}
	if len(os.Args) != 3 || jobs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: allocs kptr|cilium FILE")
		os.Exit(2)
	}
	var begin, loaded, end runtime.MemStats
	runtime.ReadMemStats(&begin)
	if err := jobs[os.Args[1]](os.Args[2], func() { runtime.ReadMemStats(&loaded) }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	runtime.ReadMemStats(&end)
	fmt.Printf("%-8s load %6d allocations, %5.2f MB; the whole job %6d allocations, %5.2f MB\n", os.Args[1],
		loaded.Mallocs-begin.Mallocs, mb(loaded.TotalAlloc-begin.TotalAlloc),
		end.Mallocs-begin.Mallocs, mb(end.TotalAlloc-begin.TotalAlloc))
	if os.Args[1] == "kptr" {
		verdict := "reached"
		if loaded.Mallocs-begin.Mallocs > maxAllocs || loaded.TotalAlloc-begin.TotalAlloc > maxBytes {
			verdict = "NOT reached"
		}
		fmt.Printf("%s  load in at most %d allocations and %.2f MB\n", verdict, maxAllocs, mb(maxBytes))
	}
}

// What a load of the demo's object by this project is to stay within.
const (
	maxAllocs = 200
	maxBytes  = 150_000
)

func mb(n uint64) float64 { return float64(n) / 1e6 }

type hint struct{ A, B, Result int32 }
type value struct {
	Udata *hint `btf:"kptr_user"`
}

// ours is the job with this project.
func ours(file string, loaded func()) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	obj, err := bpfobj.Load(b, nil)
	if err != nil {
		return err
	}
	defer obj.Close()
	loaded()

	hints, err := kptr.Open[value](obj.Map("datamap"))
	if err != nil {
		return err
	}
	defer hints.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	mine, err := hints.Share(kptr.ThisThread())
	if err != nil {
		return err
	}
	defer mine.Close()
	if err := obj.Variable("target_pid").Set(int32(kptr.Gettid())); err != nil {
		return err
	}
	if err := obj.Attach(); err != nil {
		return err
	}
	h := mine.Value().Udata
	h.A, h.B = 1, 2
	kptr.Gettid()
	if h.Result != 3 {
		return fmt.Errorf("result is %d, want 3", h.Result)
	}
	return nil
}
