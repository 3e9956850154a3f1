// Command kptr-demo shares memory with a BPF program, and shows what package
// bpfobj does with BPF objects.
//
// "kptr-demo run", the default, is the main job: it loads a BPF object, registers a
// block of this thread's memory in a task-storage map, writes two numbers with
// plain stores, makes a syscall that fires the BPF program, and reads their sum from
// the same memory; share is the half of it that needs no privilege, through a map
// that another process has pinned. The other verbs look at an object (inspect), at the bpf(2)
// commands that would load it (plan), at what the kernel says to it (load), and at
// the host (check). "kptr-demo help" lists them, "kptr-demo VERB -h" describes one.
//
// The exit code is 0 when the job is done, 1 when something was refused or failed,
// 2 for a mistake on the command line, 3 for a kernel that lacks a feature, and 4
// when the process lacks a capability. An error is one line on standard error.
//
// As /init of an initramfs it mounts what it needs, does check and run, and powers off.
package main

import (
	"io"
	"os"
	"strings"
)

func main() {
	if startedAsInit(os.Getpid(), os.Args) {
		asInit()
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	name, rest := "run", args
	if len(args) > 0 {
		switch {
		case args[0] == "help", args[0] == "-h", args[0] == "-help", args[0] == "--help":
			return help(args[1:], stdout, stderr)
		case !strings.HasPrefix(args[0], "-"):
			name, rest = args[0], args[1:]
		}
	}
	v, ok := findVerb(name)
	if !ok {
		return fail(stderr, usageErrorf("", "unknown verb %q", name))
	}
	return v.execute(rest, stdout, stderr)
}
