// Command cilium does the demo's job with cilium/ebpf, over the object in a file.
package main

import (
	"fmt"
	"os"

	"kptr/test/peers/job"
)

func main() {
	if err := job.Cilium(os.Args[1], func() {}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.WriteString("result 3\n")
}
