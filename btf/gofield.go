package btf

import (
	"fmt"
	"math"
	"reflect"
	"strings"
)

// goField is a field of a Go struct as C sees it. Its offset is that from the start of the outermost struct.
type goField struct {
	reflect.StructField
	cName    string // of the struct tag, or made from Name
	renamed  bool   // by the struct tag
	userKptr bool   // the struct tag says so
	bad      string // what is wrong with the struct tag; empty: nothing
}

// fieldAt reads a field and its struct tag `btf:"name=foo,kptr_user"`. A word that it does not know is an error: a misspelt tag
// would otherwise be a map that is silently plain.
func fieldAt(t reflect.Type, i int) goField {
	f := goField{StructField: t.Field(i)}
	f.cName = snake(f.Name)
	tag, more := f.Tag.Lookup("btf")
	for more {
		var word string
		word, tag, more = strings.Cut(tag, ",")
		name, named := strings.CutPrefix(word, "name=")
		switch {
		case f.bad != "":
		case IsUserKptrTag(word):
			f.userKptr = true
		case !named:
			f.bad = `struct tag btf: unknown word "` + word + `": want name=..., kptr_user or uptr`
		case !isIdentifier(name):
			f.bad = `struct tag btf: name "` + name + `" is no C identifier`
		default:
			f.cName, f.renamed = name, true
		}
	}
	switch {
	case f.bad != "":
	case !f.blank() && !isIdentifier(f.cName):
		f.bad = `member name "` + f.cName + "\" is no C identifier: add the struct tag `btf:\"name=...\"`"
	case !f.blank():
	case f.userKptr:
		f.bad = "struct tag btf: a blank field is no user kptr"
	case f.renamed && f.Type.Size() != 0:
		f.bad = "struct tag btf: name= on a blank field names the struct, and wants a field of type struct{}"
	}
	return f
}

func (f *goField) blank() bool { return f.Name == "_" }

// IsUserKptrTag reports whether a type tag (or a word of a struct tag) marks a user kptr: "kptr_user" in the kernel's
// RFC, "uptr" in Linux 6.13 and later.
func IsUserKptrTag(tag string) bool { return tag == "kptr_user" || tag == "uptr" }

// structName returns the C name of a Go struct: that of its blank field, else its own, else "".
func structName(t reflect.Type) string {
	for i := range t.NumField() {
		if f := fieldAt(t, i); f.blank() && f.renamed && f.bad == "" {
			return f.cName
		}
	}
	return t.Name()
}

// refusal says why no C type is like a Go type, "" if one may be. It looks through arrays but not into structs.
func refusal(t reflect.Type, userKptr bool) string {
	if uint64(t.Size()) > math.MaxUint32/8 { // offset of struct btf_member counts bits
		return fmt.Sprintf("%d bytes are more than BTF can say", t.Size())
	}
	for ; t.Kind() == reflect.Array; t = t.Elem() {
		if uint64(t.Len()) > math.MaxUint32 { // nelems of struct btf_array
			return fmt.Sprintf("%d elements are more than BTF can count", t.Len())
		}
	}
	switch kind := t.Kind(); {
	case kind == reflect.Pointer && !userKptr:
		return "pointer without the struct tag `btf:\"kptr_user\"`: add it, or use uint64 for a pointer that Go does not follow"
	case kind == reflect.Pointer && !isGoStruct(t.Elem()):
		return "user kptr to " + t.Elem().String() + ": the kernel wants a struct"
	case kind == reflect.Pointer:
		return ""
	case userKptr:
		return "has the struct tag of a user kptr, and is no pointer to a struct"
	case kind == reflect.Int, kind == reflect.Uint, kind == reflect.Uintptr:
		return "has the size of the machine's word: use int32, int64, uint32 or uint64"
	case kind == reflect.Complex64, kind == reflect.Complex128:
		return "BTF has no complex numbers: use an array of two floats"
	case kind == reflect.Struct && t.PkgPath() == "sync/atomic" && goScalar(t) == nil:
		return "of sync/atomic only Int32, Int64, Uint32, Uint64 and Bool are integers of a fixed size"
	case kind == reflect.Struct && padsForZeroSize(t):
		return "Go pads a struct that ends in a field of size 0: put that field first"
	case kind != reflect.Struct && goScalar(t) == nil: // strings, slices, maps, channels, functions, interfaces, unsafe.Pointer
		return "refers to Go memory: use an array, or a uint64"
	}
	return ""
}

// padsForZeroSize reports whether a last field of size 0 makes a struct larger than C's. Go pads so that a
// pointer to that field does not point past the struct.
func padsForZeroSize(t reflect.Type) bool {
	n := t.NumField()
	if n == 0 || t.Field(n-1).Type.Size() != 0 {
		return false
	}
	align := uintptr(t.Align())
	return (t.Field(n-1).Offset+align-1)/align*align != t.Size()
}
