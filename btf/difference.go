package btf

import (
	"strconv"
	"strings"
)

// DifferenceKind says in what a Go type and a BTF type differ.
type DifferenceKind uint8

// The kinds of difference; what C and Go of a [Difference] hold is said beside each.
const (
	DiffKind      DifferenceKind = iota // struct against integer, float against integer, ...: both types
	DiffSize                            // bytes, and the type they belong to
	DiffOffset                          // bytes from the start of the struct
	DiffSign                            // "signed (int)", "unsigned (uint32)"
	DiffLength                          // elements of an array
	DiffMissing                         // a C member without a Go field: its type and offset; Go is empty
	DiffExtra                           // a Go field without a C member: its type and offset; C is empty
	DiffPointer                         // a pointer on one side only, or a user kptr that is plain in Go: both types
	DiffTag                             // a user kptr in Go, a pointer that is not tagged as one in C: the C type and the Go type
	DiffPointee                         // a user kptr to something other than a struct in C: both types
	DiffForward                         // a user kptr to a struct that C only declares (FWD): both types
	DiffBitField                        // a bit field, which Go cannot declare: the C member; the Go type
	DiffAmbiguous                       // a second Go field for the same C member: the member; the Go field
	DiffGoType                          // a Go type or struct tag that is no mirror of anything in C: C is empty; the Go type and why
)

var differenceNames = [...]string{
	"kind", "size", "offset", "signedness", "length", "missing", "extra", "pointer", "tag", "pointee", "forward", "bit field",
	"ambiguous", "Go type",
}

// String returns one word or two: "size", "bit field".
func (k DifferenceKind) String() string {
	if int(k) >= len(differenceNames) {
		return "difference " + strconv.Itoa(int(k))
	}
	return differenceNames[k]
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

func (d Difference) text() string {
	switch d.Kind {
	case DiffSize:
		return "size " + d.C + " in C, " + d.Go + " in Go"
	case DiffOffset:
		return "offset " + d.C + " in C, " + d.Go + " in Go"
	case DiffLength:
		return d.C + " elements in C, " + d.Go + " in Go"
	case DiffMissing:
		return "no such field in Go; C has " + d.C
	case DiffExtra:
		return "no such member in C; Go has " + d.Go
	case DiffTag:
		return d.C + " in C is not tagged as user kptr, " + d.Go + " in Go is"
	case DiffPointee:
		return d.C + " in C does not point to a struct, " + d.Go + " in Go does"
	case DiffForward:
		return d.C + " in C points to a struct that is only declared (FWD), " + d.Go + " in Go to a whole one"
	case DiffBitField:
		return d.C + " is a bit field in C, which Go cannot declare (" + d.Go + " in Go): cover it with a blank field"
	case DiffAmbiguous:
		return d.C + " in C has a Go field already, " + d.Go + " is a second one"
	case DiffGoType:
		return d.Go
	default:
		return d.C + " in C, " + d.Go + " in Go"
	}
}

// LayoutError lists every difference that [Spec.CompareGo] found. It matches [ErrLayout], and [ErrGoType] too
// if one of the differences is a DiffGoType.
type LayoutError struct {
	C           string // the BTF type: "struct value_type"
	Go          string // the Go type: "main.Value"
	Differences []Difference
}

// Error returns one line: `struct value_type and Go type main.Value differ: udata.b: offset 4 in C, 8 in Go; ...`.
func (e *LayoutError) Error() string {
	var b strings.Builder
	b.WriteString(e.C + " and Go type " + e.Go + " differ: ")
	for i, d := range e.Differences {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(d.String())
	}
	return b.String()
}

// Is reports whether target is ErrLayout, or ErrGoType and one of the differences of that kind.
func (e *LayoutError) Is(target error) bool {
	if target == ErrGoType {
		for _, d := range e.Differences {
			if d.Kind == DiffGoType {
				return true
			}
		}
	}
	return target == ErrLayout
}
