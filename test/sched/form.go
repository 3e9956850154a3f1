package main

import (
	"fmt"
	"time"

	"kptr/test/sched/measure"
	"kptr/test/vm/kernel"
)

// form is a kind of virtual machine.
type form struct {
	name   string
	about  string
	cpus   int
	icount string
	slow   float64 // how much slower than a clock the guest's time may pass, at most
	alone  bool    // its figures need an idle host: one machine at a time
}

var forms = []form{
	{
		name: "icount", about: "1 vCPU, repeatable: 2 ns an instruction (`-icount shift=1,sleep=off`)",
		cpus: 1, icount: "shift=1,sleep=off", slow: 10,
	},
	{name: "smp2", about: "2 vCPUs, translated by QEMU as fast as the host goes", cpus: 2, slow: 2, alone: true},
}

var (
	schedulers = []string{measure.Default, measure.HintsOff, measure.HintsOn}
	workloads  = []string{measure.GC, measure.Phases, measure.Locks}
)

// rotate puts the i-th in front, so that boots differ in the order.
func rotate(s []string, i int) []string {
	i %= len(s)
	return append(append([]string{}, s[i:]...), s[:i]...)
}

// limit is how long a boot may take that measures so many times.
func (f form) limit(times int, window time.Duration) time.Duration {
	guest := settleTime + time.Duration(times)*(window+warmUpTime)
	return time.Minute + time.Duration(f.slow*float64(guest))
}

// What the guest takes besides the windows.
const (
	settleTime = 15 * time.Second
	warmUpTime = 5 * time.Second
)

func (f form) guest(image, initramfs, nonce, args string) kernel.Guest {
	return kernel.Guest{
		Arch: arch, Kernel: image, Initramfs: initramfs, CPUs: f.cpus, Icount: f.icount, Translate: true,
		Cmdline: "KPTR_SCHED=" + nonce, Args: args,
	}
}

func formNamed(name string) (form, error) {
	for _, f := range forms {
		if f.name == name {
			return f, nil
		}
	}
	return form{}, fmt.Errorf("%w: form %q", errName, name)
}
