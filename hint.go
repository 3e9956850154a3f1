package kptr

import "sync/atomic"

// A Hint is what a thread, or a process, tells a scheduler about itself. It mirrors struct kptr_hint of
// bpfobj/prebuilt/kptr_hint.h, which says what the scheduler makes of it. Stores count from the next decision on.
//
//	hints, err := kptr.Open[kptr.HintValue](m)       // the map "kptr_hint"
//	mine, err := hints.Share(kptr.Process(os.Getpid())) // for all threads that have none of their own
//	mine.Value().Hint.Init()
//	mine.Value().Hint.Background.Store(1)
type Hint struct {
	Version    uint16        // of the layout; 0: the scheduler ignores the block
	Size       uint16        // of this struct, in bytes
	Background atomic.Uint32 // not 0: what runs now can wait
	Critical   atomic.Uint32 // not 0: inside a short section that should not be preempted
	Latency    atomic.Uint32 // not 0: run soon after waking up
	Weight     atomic.Uint32 // share of CPU time, 1 to 10000; 100, and 0, is that of nice 0. It lowers what the nice value gives and never raises it
	Yield      atomic.Uint32 // not 0, stored by the scheduler: a preemption was put off, please yield. The program clears it
	Keep       atomic.Uint32 // not 0: the element stays at execve(2), since the block is not in the program's own memory
	_          [9]uint32
}

// The version and the size, in bytes, of struct kptr_hint.
const (
	HintVersion = 1
	HintSize    = 64
)

// Init says that the block is filled in. Until then the scheduler ignores it.
func (h *Hint) Init() { h.Size, h.Version = HintSize, HintVersion }

// HintValue mirrors struct kptr_hint_value, the value of the map "kptr_hint".
type HintValue struct {
	Hint *Hint `btf:"kptr_user"`
}
