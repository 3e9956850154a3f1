package btf

import (
	"fmt"
	"slices"
	"strings"
)

// DifferenceKind says in what a Go type and a BTF type differ.
type DifferenceKind uint8

// The kinds of difference; what C and Go of a [Difference] hold is said beside each.
const (
	DiffKind      DifferenceKind = iota // struct against integer, signed against unsigned, pointer or not, ...: both types
	DiffSize                            // bytes, and the type they belong to
	DiffOffset                          // bytes from the start of the struct
	DiffLength                          // elements of an array
	DiffMissing                         // a C member without a Go field: its type and offset; Go is empty
	DiffExtra                           // a Go field without a C member: its type and offset; C is empty
	DiffTag                             // a user kptr in Go, a pointer that is not tagged as one in C: the C type and the Go type
	DiffPointee                         // a user kptr to something other than a struct in C: both types
	DiffForward                         // a user kptr to a struct that C only declares (FWD): both types
	DiffBitField                        // a bit field, which Go cannot declare: the C member; the Go type
	DiffAmbiguous                       // a second Go field for the same C member: the member; the Go field
	DiffGoType                          // a Go type or struct tag that is no mirror of anything in C: C is empty; the Go type and why
)

// differenceTexts take what C has, and what Go has.
var differenceTexts = [...]string{
	DiffKind:      "%[1]s in C, %[2]s in Go",
	DiffSize:      "size %[1]s in C, %[2]s in Go",
	DiffOffset:    "offset %[1]s in C, %[2]s in Go",
	DiffLength:    "%[1]s elements in C, %[2]s in Go",
	DiffMissing:   "no such field in Go; C has %[1]s",
	DiffExtra:     "no such member in C; Go has %[2]s",
	DiffTag:       "%[1]s in C is not tagged as user kptr, %[2]s in Go is",
	DiffPointee:   "%[1]s in C does not point to a struct, %[2]s in Go does",
	DiffForward:   "%[1]s in C points to a struct that is only declared (FWD), %[2]s in Go to a whole one",
	DiffBitField:  "%[1]s is a bit field in C, which Go cannot declare (%[2]s in Go): cover it with a blank field",
	DiffAmbiguous: "%[1]s in C has a Go field already, %[2]s is a second one",
	DiffGoType:    "%[2]s",
}

// Difference is one difference between a BTF type and a Go type.
type Difference struct {
	Kind DifferenceKind
	Path string // C names, through nested structs and pointees, "[]" for elements: "deep.slots[].a"; empty: the type itself
	C    string // what C has; see the kinds
	Go   string // what Go has
}

// String returns for example `udata.b: offset 4 in C, 8 in Go`.
func (d Difference) String() string {
	if d.Path == "" {
		return d.text()
	}
	return d.Path + ": " + d.text()
}

func (d Difference) text() string { return fmt.Sprintf(differenceTexts[d.Kind], d.C, d.Go) }

// LayoutError lists every difference that [Spec.CompareGo] found. It matches [ErrLayout], and [ErrGoType] too
// if one of the differences is a DiffGoType.
type LayoutError struct {
	C           string // the BTF type: "struct value_type"
	Go          string // the Go type: "main.Value"
	Differences []Difference
}

// Error returns one line: `struct value_type and Go type main.Value differ: udata.b: offset 4 in C, 8 in Go; ...`.
func (e *LayoutError) Error() string {
	list := make([]string, len(e.Differences))
	for i, d := range e.Differences {
		list[i] = d.String()
	}
	return e.C + " and Go type " + e.Go + " differ: " + strings.Join(list, "; ")
}

// Is reports whether target is ErrLayout, or ErrGoType and one of the differences of that kind.
func (e *LayoutError) Is(target error) bool {
	noGoType := func(d Difference) bool { return d.Kind == DiffGoType }
	return target == ErrLayout || target == ErrGoType && slices.ContainsFunc(e.Differences, noGoType)
}
