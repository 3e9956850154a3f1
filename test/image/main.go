// Command image packs kptr-demo for where it is the only program: an initramfs and an OCI image. The same binaries give
// the same bytes.
//
//	image initramfs FILE BINARY
//	image oci DIR BINARY...
//
// FILE is written anew. DIR must not exist; it becomes an OCI image layout with an image for the architecture of each
// binary.
package main

import (
	"errors"
	"fmt"
	"os"
)

var errUsage = errors.New("usage: image oci DIR BINARY... | image initramfs FILE BINARY")

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errUsage
	}
	out := args[1]
	var programs []*program
	for _, name := range args[2:] {
		p, err := readProgram(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		programs = append(programs, p)
	}
	switch {
	case args[0] == "initramfs" && len(programs) == 1:
		return writeInitramfs(out, programs[0])
	case args[0] == "oci":
		return writeLayout(out, programs)
	}
	return errUsage
}
