// Command collector is a Go program in back-to-back collections of a heap full of pointers:
//
//	collector START END
//
// It counts the collections from START to END, in ns of CLOCK_MONOTONIC. The scheduler sees when it marks (kptr.ShareGC).
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
)

// node is what the heap is full of.
type node struct{ left, right *node }

// depth gives 2^19 - 1 nodes of 16 bytes: 8 MiB.
const depth = 19

func tree(depth int) *node {
	if depth == 0 {
		return nil
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func now() (ns int64, err error) {
	var t unix.Timespec
	err = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano(), err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "collector:", err)
		os.Exit(1)
	}
}

func run() error {
	var window [2]int64
	for i := range window {
		var err error
		if window[i], err = strconv.ParseInt(os.Args[i+1], 10, 64); err != nil {
			return err
		}
	}
	m, err := bpfobj.OpenPinned("/sys/fs/bpf/kptr/kptr_gc")
	if err != nil {
		return err
	}
	defer m.Close()
	values, err := kptr.Open[kptr.GCValue](m)
	if err != nil {
		return err
	}
	defer values.Close()
	shared, err := kptr.ShareGC(values)
	if err != nil {
		return err
	}
	defer shared.Close()
	heap := tree(depth)
	rate, err := collect(window[0], window[1])
	runtime.KeepAlive(heap)
	fmt.Printf("count throughput %f\n", rate)
	return err
}

// collect collects until end and gives the collections a second from the first that ended after start.
func collect(start, end int64) (float64, error) {
	var first, last int64
	n := 0
	for {
		runtime.GC()
		t, err := now()
		if err != nil {
			return 0, err
		}
		if t >= end && n < 2 {
			return 0, nil
		}
		if t >= end {
			return float64(n-1) * 1e9 / float64(last-first), nil
		}
		if t >= start {
			if n++; first == 0 {
				first = t
			}
			last = t
		}
	}
}
