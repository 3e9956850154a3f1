// Package measure holds what the guest of the experiment measures, and how that gets to the host.
package measure

// The schedulers that a workload runs under.
const (
	Default  = "default"   // the kernel's own
	HintsOff = "hints-off" // this project's, which looks at no hint
	HintsOn  = "hints-on"
)

// The workloads.
const (
	GC     = "gc"     // a Go program in back-to-back collections
	Phases = "phases" // C threads that collect and serve in turn
	Locks  = "locks"  // threads that hold a lock beside hogs
)

// What the programs count.
const (
	Throughput  = "throughput"  // of the workload's own program: collections, cycles, acquisitions a second
	Preemptions = "preemptions" // inside the critical section
	Yields      = "yields"      // that the scheduler asked for
	Missed      = "missed"      // periods of the latency threads
	Hogs        = "hogs"        // milliseconds of work a second
)

// A Result is one workload under one scheduler, in one boot.
type Result struct {
	Workload  string
	Scheduler string
	Latency   Histogram // of the wake-ups of the latency threads
	Counts    map[string]float64
}

// A Report is what a boot gave.
type Report struct {
	Release string // as uname -r gives it
	Results []Result
	Err     string // why there are not all, "" if there are
}
