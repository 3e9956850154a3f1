package elf

import (
	"errors"
	"fmt"
)

// Every error of this package is an *[Error] that matches one of these.
var (
	// ErrNotELF: the bytes do not start with the ELF magic number.
	ErrNotELF = errors.New("not an ELF file")
	// ErrUnsupported: the file may be valid, but no 64-bit relocatable BPF
	// object holds what was found, or this package does not understand it.
	ErrUnsupported = errors.New("not supported in a BPF object")
	// ErrTruncated: something runs past the end of the file.
	ErrTruncated = errors.New("truncated ELF file")
	// ErrMalformed: the file contradicts the ELF standard or itself.
	ErrMalformed = errors.New("malformed ELF file")
)

// Error says why a file was refused.
type Error struct {
	// Kind is the sentinel that the error matches.
	Kind error
	// Where names the thing, as `section header 3 (".maps")` does.
	Where string
	// Off is the offset in the file of the field that was refused.
	Off uint64
	// What tells the field, the value seen and the rule.
	What string
}

// Error returns one line: where, offset, what.
func (e *Error) Error() string { return fmt.Sprintf("%s: offset %#x: %s", e.Where, e.Off, e.What) }

// Is reports whether target is the sentinel of e.
func (e *Error) Is(target error) bool { return target == e.Kind }
