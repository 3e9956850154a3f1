package sys

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Field is one decoded attribute.
type Field struct {
	Name  string // the C name
	Value string // for people: enums and flags by name, text quoted, never an address of an attribute
}

// shortHex is how many bytes of a key or value are shown, more are counted.
const shortHex = 16

// Fields decodes the attributes that are set, in the order of the header. What a pointer points to
// is shown as text, as up to 16 bytes of key or value in hex, or as its size. It reads what the
// pointers point to, so it is called before they change. Fields of instead stand where the field of their name does, up to a '['.
func Fields(a Attr, instead ...Field) []Field {
	v := reflect.ValueOf(a).Elem()
	t := v.Type()
	var out []Field
	for i := range t.NumField() {
		f := t.Field(i)
		path, ok := f.Tag.Lookup("c")
		if !ok {
			continue
		}
		name, before := path[strings.LastIndexByte(path, '.')+1:], len(out)
		for _, x := range instead {
			if base, _, _ := strings.Cut(x.Name, "["); base == name {
				out = append(out, x)
			}
		}
		if len(out) > before || v.Field(i).IsZero() {
			continue
		}
		out = append(out, Field{Name: name, Value: fieldValue(v, f, v.Field(i))})
	}
	return out
}

func fieldValue(attr reflect.Value, f reflect.StructField, v reflect.Value) string {
	switch x := v.Interface().(type) {
	case Ptr:
		return pointerValue(attr, f, x)
	case ObjName:
		return strconv.Quote(x.String())
	case fmt.Stringer:
		return x.String()
	}
	return strconv.FormatUint(v.Uint(), 10)
}

func pointerValue(attr reflect.Value, f reflect.StructField, p Ptr) string {
	if f.Tag.Get("text") == "nul" {
		return strconv.Quote(p.cString())
	}
	size, known := pointerSize(attr, f.Tag.Get("bytes"))
	switch {
	case !known || size == 0:
		return "set"
	case f.Tag.Get("hex") == "short" && size <= shortHex:
		return hex.EncodeToString(p.view(size))
	case size == 1:
		return "1 byte"
	}
	return strconv.FormatUint(size, 10) + " bytes"
}

// pointerSize evaluates the tag `bytes`: a product of numbers and of fields of attr, each 32 bits
// wide at most, so that the product of two fits.
func pointerSize(attr reflect.Value, expr string) (uint64, bool) {
	if expr == "" {
		return 0, false
	}
	size := uint64(1)
	for factor := range strings.SplitSeq(expr, "*") {
		n, err := strconv.ParseUint(factor, 10, 32)
		if err != nil {
			n = attr.FieldByName(factor).Uint()
		}
		size *= n
	}
	return size, true
}
