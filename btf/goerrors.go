package btf

import (
	"errors"
	"reflect"
	"strings"
)

// What the errors of [Spec.AddGo] and [Spec.CompareGo] match with [errors.Is].
var (
	ErrGoType = errors.New("no counterpart in C for a Go type") // int, strings, slices, pointers without a struct tag, bad struct tags
	ErrLayout = errors.New("layouts of Go and C differ")        // what CompareGo returns
)

// TypeError says which field of a Go type [Spec.AddGo] cannot build, and why. It matches [ErrGoType].
type TypeError struct {
	Root  reflect.Type // the type that AddGo was called with; may be nil
	Field string       // from Root through nested structs, arrays and pointees: "Udata.Name"; empty: Root itself
	Type  reflect.Type // of that field
	What  string       // the rule, and what to do
}

// Error returns for example `Go type main.Value: field Udata.Name: string: refers to Go memory: use an array of bytes`.
func (e *TypeError) Error() string {
	var b strings.Builder
	b.WriteString("Go type " + typeString(e.Root))
	if e.Field != "" {
		b.WriteString(": field " + e.Field + ": " + typeString(e.Type))
	}
	b.WriteString(": " + e.What)
	return b.String()
}

// Is reports whether target is ErrGoType.
func (e *TypeError) Is(target error) bool { return target == ErrGoType }

// typeString is t.String for a t that may be nil.
func typeString(t reflect.Type) string {
	if t == nil {
		return "nil"
	}
	return t.String()
}
