package main

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendJSON appends a document as package encoding/json would, indented by two
// spaces and without escapes for HTML. That package would be a tenth of the binary;
// the documents here are structs, slices, attributes, strings, integers, booleans and
// pointers to those, with the struct tags `json:"name,omitempty"`.
func appendJSON(b []byte, doc any) []byte {
	w := jsonWriter{b: b}
	w.value(reflect.ValueOf(doc))
	return append(w.b, '\n')
}

type jsonWriter struct {
	b     []byte
	depth int
}

func (w *jsonWriter) value(v reflect.Value) {
	if a, ok := v.Interface().(attributes); ok {
		w.attributes(a)
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			w.b = append(w.b, "null"...)
			return
		}
		w.value(v.Elem())
	case reflect.Struct:
		w.object(v)
	case reflect.Slice:
		w.array(v)
	case reflect.String:
		w.text(v.String())
	case reflect.Bool:
		w.b = strconv.AppendBool(w.b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.b = strconv.AppendInt(w.b, v.Int(), 10)
	default: // an unsigned integer; anything else panics
		w.b = strconv.AppendUint(w.b, v.Uint(), 10)
	}
}

// An element of an object or array: the opening bracket for the first, a comma for
// the others, and a new line.
func (w *jsonWriter) next(bracket byte, first bool) {
	if first {
		w.b = append(w.b, bracket)
		w.depth++
	} else {
		w.b = append(w.b, ',')
	}
	w.newline()
}

func (w *jsonWriter) newline() {
	w.b = append(w.b, '\n')
	for range w.depth {
		w.b = append(w.b, "  "...)
	}
}

// end closes what next opened; both brackets stand together where there was
// nothing.
func (w *jsonWriter) end(brackets string, empty bool) {
	if empty {
		w.b = append(w.b, brackets...)
		return
	}
	w.depth--
	w.newline()
	w.b = append(w.b, brackets[1])
}

func (w *jsonWriter) object(v reflect.Value) {
	first := true
	for i := range v.NumField() {
		name, option, ok := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if !ok && name == "" || option == "omitempty" && isEmpty(v.Field(i)) {
			continue
		}
		w.next('{', first)
		first = false
		w.text(name)
		w.b = append(w.b, ": "...)
		w.value(v.Field(i))
	}
	w.end("{}", first)
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}

// attributes are an object that keeps their order.
func (w *jsonWriter) attributes(a attributes) {
	for i, f := range a {
		w.next('{', i == 0)
		w.text(f.Name)
		w.b = append(w.b, ": "...)
		w.text(f.Value)
	}
	w.end("{}", len(a) == 0)
}

func (w *jsonWriter) array(v reflect.Value) {
	if v.IsNil() {
		w.b = append(w.b, "null"...)
		return
	}
	for i := range v.Len() {
		w.next('[', i == 0)
		w.value(v.Index(i))
	}
	w.end("[]", v.Len() == 0)
}

// text writes a string as RFC 8259, section 7 has it; bytes that are no UTF-8
// become U+FFFD. The two line separators of Unicode are escaped because JavaScript
// takes them for line ends.
func (w *jsonWriter) text(s string) {
	w.b = append(w.b, '"')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			w.b = append(w.b, `\ufffd`...)
		case r == '"' || r == '\\':
			w.b = append(w.b, '\\', byte(r))
		case r < ' ' || r == '\u2028' || r == '\u2029':
			w.escape(r)
		default:
			w.b = append(w.b, s[i:i+size]...)
		}
		i += size
	}
	w.b = append(w.b, '"')
}

func (w *jsonWriter) escape(r rune) {
	const short = "btn\x00fr" // of \b, U+0008, to \r, U+000D
	if r >= '\b' && r <= '\r' && r != '\v' {
		w.b = append(w.b, '\\', short[r-'\b'])
		return
	}
	const hex = "0123456789abcdef"
	w.b = append(w.b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}
