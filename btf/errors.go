package btf

import (
	"errors"
	"fmt"
)

// What an error of this package matches with [errors.Is].
var (
	ErrNotBTF      = errors.New("not BTF")                       // the magic number is missing
	ErrTruncated   = errors.New("truncated BTF")                 // a header, a section or a type runs past the end
	ErrMalformed   = errors.New("malformed BTF")                 // a value that breaks a rule of the format
	ErrUnsupported = errors.New("unsupported BTF")               // a version, kind, header or record that this package does not know
	ErrTooLarge    = errors.New("too large for BTF")             // a count or table that the encoding has no bits for
	ErrNotFound    = errors.New("no such BTF type")              // no type of that kind and name
	ErrNoSize      = errors.New("BTF type has no size in bytes") // void, FWD, FUNC and the like, or an array over 4 GiB
)

// NoOffset is the Offset of an [Error] that is about no place in a blob.
const NoOffset = -1

// Error says which value of a blob, or of a [Spec] being built, breaks which rule. It matches one of the sentinels
// through errors.Is.
type Error struct {
	Section string // ".BTF" or ".BTF.ext"
	Type    ID     // type at fault; 0: none
	Kind    Kind   // of the type at fault; 0: not known
	Name    string // of the type at fault; may be empty
	Offset  int64  // bytes from the start of the section, of a Spec not encoded yet from where it would start; NoOffset: none
	What    string // the rule and the value seen
	Err     error  // sentinel
}

// Error returns for example `.BTF: type 12 (STRUCT "value_type") at 0x1a4: member 0 "udata": type id 99 out of range (20 types)`.
func (e *Error) Error() string {
	place := ""
	if e.Type != 0 {
		place += fmt.Sprintf(" type %d", e.Type)
	}
	switch {
	case e.Name != "":
		place += fmt.Sprintf(" (%s %q)", e.Kind, e.Name)
	case e.Kind != 0:
		place += fmt.Sprintf(" (%s)", e.Kind)
	}
	if e.Offset != NoOffset {
		place += fmt.Sprintf(" at 0x%x", e.Offset)
	}
	if place != "" {
		place += ":"
	}
	return e.Section + ":" + place + " " + e.What
}

// Is reports whether target is the sentinel of the error.
func (e *Error) Is(target error) bool { return target == e.Err }

// Names of the ELF sections, as errors show them.
const (
	sectionBTF = ".BTF"
	sectionExt = ".BTF.ext"
)

// faultAt is an Error about a place in a section.
func faultAt(section string, off int, sentinel error, format string, args ...any) *Error {
	return &Error{Section: section, Offset: int64(off), Err: sentinel, What: fmt.Sprintf(format, args...)}
}

// fault is an error about a type, which exists. Finding its offset walks all types before it, once.
func (s *Spec) fault(id ID, sentinel error, what string) *Error {
	t := &s.types[id]
	off := s.hdrLen
	for i := range s.types[1:id] {
		off += s.types[1+i].wireLen()
	}
	return &Error{Section: sectionBTF, Type: id, Kind: t.Kind, Name: t.Name, Offset: int64(off), Err: sentinel, What: what}
}
