package kptr

// The runtime has no function that tells whether its collector marks, and a BPF program could not call one. It has a word, the first
// of runtime.writeBarrier, whose name it leaves to packages outside of it (see the comment there, runtime/mgc.go). This file
// is the only one with go:linkname, which takes the import of unsafe; the word's address is given to the kernel, and nothing else
// is done with it.

import _ "unsafe"

//go:linkname writeBarrier runtime.writeBarrier
var writeBarrier GCWord
