package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
)

// A program is an executable and the architecture that it runs on, by Go's name, which is OCI's as well.
type program struct {
	arch string
	data []byte
}

var architectures = map[elf.Machine]string{
	elf.EM_X86_64:  "amd64",
	elf.EM_AARCH64: "arm64",
	elf.EM_S390:    "s390x",
}

var (
	errMachine = errors.New("not an architecture that is packed")
	errDynamic = errors.New("not static: nothing else is there to load it")
)

func readProgram(name string) (*program, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	arch, ok := architectures[f.Machine]
	if !ok {
		return nil, fmt.Errorf("%v: %w", f.Machine, errMachine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, errDynamic
		}
	}
	return &program{arch, data}, nil
}
