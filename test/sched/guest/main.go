// Command guest is process 1 of the virtual machine that the experiment runs in. Its arguments say what to run, and the
// environment variable KPTR_SCHED is the nonce of its report.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"kptr/sys"
	"kptr/test/sched/measure"
)

// settle is when the machine has come to rest after it has started.
const settle = 10 * time.Second

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "guest:", err)
		os.Exit(1) // a panic to the kernel, which ends the machine
	}
}

func run() error {
	length := flag.Duration("window", 10*time.Second, "how long to measure each")
	workloads := flag.String("workloads", "", "names, with commas")
	schedulers := flag.String("schedulers", "", "names in their order, with commas")
	flag.Parse()
	var r measure.Report
	if err := fill(&r, *length, strings.Split(*workloads, ","), strings.Split(*schedulers, ",")); err != nil {
		r.Err = err.Error()
	}
	if err := r.Write(os.Stdout, os.Getenv("KPTR_SCHED")); err != nil {
		return err
	}
	return os.NewSyscallError("reboot", syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF))
}

// fill measures each workload under each scheduler.
func fill(r *measure.Report, length time.Duration, workloads, schedulers []string) error {
	if err := mountAll(); err != nil {
		return err
	}
	var err error
	if r.Release, err = sys.Release(); err != nil {
		return err
	}
	up, err := monotonic()
	if err != nil {
		return err
	}
	time.Sleep(settle - up)
	s, err := loadScheduler(false) // for its pins, so that the programs do the same under every scheduler
	if err != nil {
		return err
	}
	if err := s.stop(); err != nil {
		return err
	}
	for _, workload := range workloads {
		for _, scheduler := range schedulers {
			result, err := measureUnder(workload, scheduler, length)
			if err != nil {
				return fmt.Errorf("%s under %s: %w", workload, scheduler, err)
			}
			r.Results = append(r.Results, *result)
		}
	}
	return nil
}

func measureUnder(workload, scheduler string, length time.Duration) (*measure.Result, error) {
	s, err := startScheduler(scheduler)
	if err != nil {
		return nil, err
	}
	result := &measure.Result{
		Workload: workload, Scheduler: scheduler,
		Latency: make(measure.Histogram), Counts: make(map[string]float64),
	}
	err = runPrograms(workload, length, result)
	return result, errors.Join(err, s.check(), s.stop())
}
