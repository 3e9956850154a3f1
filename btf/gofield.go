package btf

import (
	"reflect"
	"strings"
)

// goField is a field of a Go struct as C sees it.
type goField struct {
	name     string // in Go
	cName    string // of the struct tag; empty: made from name
	bad      string // what is wrong with the struct tag; empty: nothing
	typ      reflect.Type
	offset   uint64 // bytes from the start of the outermost struct
	userKptr bool   // the struct tag says so
	blank    bool
	embedded bool
}

func fieldAt(t reflect.Type, i int) goField {
	sf := t.Field(i)
	f := goField{name: sf.Name, typ: sf.Type, offset: uint64(sf.Offset), blank: sf.Name == "_", embedded: sf.Anonymous}
	f.parseTag(sf.Tag)
	return f
}

// parseTag reads the struct tag `btf:"name=foo,kptr_user"`. A word that it does not know is an error: a misspelt tag would
// otherwise be a map that is silently plain.
func (f *goField) parseTag(tag reflect.StructTag) {
	words, ok := tag.Lookup("btf")
	for more := ok; more && f.bad == ""; {
		var word string
		word, words, more = strings.Cut(words, ",")
		name, named := strings.CutPrefix(word, "name=")
		switch {
		case IsUserKptrTag(word):
			f.userKptr = true
		case !named:
			f.bad = `struct tag btf: unknown word "` + word + `": want name=..., kptr_user or uptr`
		case !isIdentifier(name):
			f.bad = `struct tag btf: name "` + name + `" is no C identifier`
		default:
			f.cName = name
		}
	}
	switch {
	case f.bad != "" || !f.blank:
	case f.userKptr:
		f.bad = "struct tag btf: a blank field is no user kptr"
	case f.cName != "" && f.typ.Size() != 0:
		f.bad = "struct tag btf: name= on a blank field names the struct, and wants a field of type struct{}"
	}
}

// IsUserKptrTag reports whether a type tag (or a word of a struct tag) marks a user kptr: "kptr_user" in the kernel's
// RFC, "uptr" in Linux 6.13 and later.
func IsUserKptrTag(tag string) bool { return tag == "kptr_user" || tag == "uptr" }

// appendC appends the field's name in C.
func (f *goField) appendC(b []byte) []byte {
	if f.cName != "" {
		return append(b, f.cName...)
	}
	return appendSnake(b, f.name)
}

func (f *goField) end() uint64 { return f.offset + uint64(f.typ.Size()) }

// refusal says why no C type is like a Go type, "" if one may be. It looks through arrays but not into structs.
func refusal(t reflect.Type, userKptr bool) string {
	for t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if userKptr && t.Kind() != reflect.Pointer {
		return "has the struct tag of a user kptr, and is no pointer to a struct"
	}
	switch t.Kind() {
	case reflect.Pointer:
		switch {
		case !userKptr:
			return "pointer without the struct tag `btf:\"kptr_user\"`: add it, or use uint64 for a pointer that Go does not follow"
		case !isGoStruct(t.Elem()):
			return "user kptr to " + t.Elem().String() + ": the kernel wants a struct"
		}
	case reflect.Int, reflect.Uint, reflect.Uintptr:
		return "has the size of the machine's word: use int32, int64, uint32 or uint64"
	case reflect.String, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.Interface, reflect.UnsafePointer:
		return "refers to Go memory: use an array, or a uint64"
	case reflect.Complex64, reflect.Complex128:
		return "BTF has no complex numbers: use an array of two floats"
	case reflect.Struct:
		if t.PkgPath() == "sync/atomic" && atomicScalar(t).class == notScalar {
			return "of sync/atomic only Int32, Int64, Uint32, Uint64 and Bool are integers of a fixed size"
		}
	}
	return ""
}

// structName returns the C name of a Go struct: that of its blank field, else its own, else "".
func structName(t reflect.Type) string {
	for i := range t.NumField() {
		if f := fieldAt(t, i); f.blank && f.cName != "" && f.bad == "" {
			return f.cName
		}
	}
	return t.Name()
}
