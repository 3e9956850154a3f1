package btf

import (
	"math"
	"reflect"
	"strconv"
	"strings"
)

// goChecker finds what AddGo cannot build, before anything is added.
type goChecker struct {
	root   reflect.Type
	typTag string
	path   []string // field names, from root
	seen   map[reflect.Type]bool
}

func checkGo(t reflect.Type, typeTag string) error {
	if t == nil {
		return &TypeError{What: "no type"}
	}
	c := goChecker{root: t, typTag: typeTag, seen: make(map[reflect.Type]bool)}
	// A pointer at the top has no struct tag to mark it.
	if why := refusal(t, false); why != "" {
		return c.refuse(t, why)
	}
	return c.check(t)
}

func (c *goChecker) refuse(t reflect.Type, why string) error {
	return &TypeError{Root: c.root, Field: strings.Join(c.path, "."), Type: t, What: why}
}

// check looks into arrays, pointees and structs; refusal has taken t itself.
func (c *goChecker) check(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Array:
		// Count of struct btf_array has 32 bits.
		if uint64(t.Len()) > math.MaxUint32 {
			return c.refuse(t, strconv.Itoa(t.Len())+" elements are more than BTF can count")
		}
		return c.check(t.Elem())
	case reflect.Pointer:
		switch {
		case c.typTag == "":
			return c.refuse(t, "user kptr, and no type tag to build it with")
		case structName(t.Elem()) == "":
			// The kernel compares the pointee's name with those of its own structs, and "" is among them
			// (btf_parse_kptr, bpf_find_btf_id).
			return c.refuse(t, "user kptr to a struct without a name: add a field _ struct{} `btf:\"name=...\"`")
		}
		return c.check(t.Elem())
	case reflect.Struct:
		if isGoStruct(t) && !c.seen[t] {
			c.seen[t] = true
			return c.checkStruct(t)
		}
	}
	return nil
}

func (c *goChecker) checkStruct(t reflect.Type) error {
	if name := structName(t); name != "" && !isIdentifier(name) {
		return c.refuse(t, `struct name "`+name+"\" is no C identifier: add a field _ struct{} `btf:\"name=...\"`")
	}
	if uint64(t.Size()) > math.MaxUint32 {
		return c.refuse(t, strconv.FormatUint(uint64(t.Size()), 10)+" bytes are more than BTF can say")
	}
	if padsForZeroSize(t) {
		return c.refuse(t, "Go pads a struct that ends in a field of size 0: put that field first")
	}
	names := make(map[string]string, t.NumField())
	for i := range t.NumField() {
		f := fieldAt(t, i)
		c.path = append(c.path, f.name)
		if err := c.checkField(&f, names); err != nil {
			return err
		}
		c.path = c.path[:len(c.path)-1]
	}
	return nil
}

func (c *goChecker) checkField(f *goField, names map[string]string) error {
	switch {
	case f.bad != "":
		return c.refuse(f.typ, f.bad)
	case f.blank && f.typ.Size() == 0:
		return nil // the struct's name, structs.HostLayout and the like
	case f.offset > math.MaxUint32/8:
		// Offset of struct btf_member counts bits.
		return c.refuse(f.typ, "offset "+strconv.FormatUint(f.offset, 10)+" is more than BTF can say")
	}
	if why := refusal(f.typ, f.userKptr); why != "" {
		return c.refuse(f.typ, why)
	}
	if f.blank {
		return c.check(f.typ)
	}
	name := string(f.appendC(nil))
	if !isIdentifier(name) {
		return c.refuse(f.typ, `member name "`+name+"\" is no C identifier: add the struct tag `btf:\"name=...\"`")
	}
	if first, ok := names[name]; ok {
		return c.refuse(f.typ, `member name "`+name+`" is that of field `+first+" too")
	}
	names[name] = f.name
	return c.check(f.typ)
}

// padsForZeroSize reports whether a last field of size 0 makes a struct larger than C's. Go pads so that a
// pointer to that field does not point past the struct.
func padsForZeroSize(t reflect.Type) bool {
	n := t.NumField()
	if n == 0 || t.Field(n-1).Type.Size() != 0 {
		return false
	}
	align := uint64(t.Align())
	return (uint64(t.Field(n-1).Offset)+align-1)/align*align != uint64(t.Size())
}
