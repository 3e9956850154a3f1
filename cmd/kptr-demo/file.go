package main

import (
	"errors"
	"fmt"
	"os"

	"kptr/bpfobj"
	"kptr/sys"
)

// maxFile bounds what is read of a file, in bytes: an object with DWARF has less
// than 1 MiB, a kernel's BTF less than 10.
const maxFile = 64 << 20

// readFile reads a file of any kind, a pipe included.
func readFile(name string) ([]byte, error) {
	b, err := sys.ReadFile(name, maxFile)
	var tooLarge *sys.FileSizeError
	switch {
	case errors.As(err, &tooLarge):
		return nil, err
	case err != nil:
		return nil, fileError(name, err)
	}
	return b, nil
}

// fileError puts the name in front, as all errors about a file have it.
func fileError(name string, err error) error {
	if errors.Is(err, bpfobj.ErrByteOrder) {
		return fmt.Errorf("%s: file header: offset 0x5: EI_DATA: %w", name, err)
	}
	if pathErr, ok := err.(*os.PathError); ok {
		return fmt.Errorf("%s: %s: %w", name, pathErr.Op, pathErr.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

func parseFile(name string) (*bpfobj.Spec, error) {
	b, err := readFile(name)
	if err != nil {
		return nil, err
	}
	spec, err := bpfobj.Parse(b)
	if err != nil {
		return nil, fileError(name, err)
	}
	return spec, nil
}
