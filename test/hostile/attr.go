package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"kptr/sys"
)

var errAttr = errors.New("attributes disagree")

// maxText bounds a text in an attribute, its NUL included: PATH_MAX.
const maxText = 4096

// A region is what a pointer of an attribute points to.
type region struct {
	field string
	data  []byte
}

// checkAttr holds each pointer of an attribute against the field that says how many bytes there are, and gives what they point
// to: NULL is 0 bytes, and 0 bytes are NULL.
func checkAttr(a sys.Attr) ([]region, error) {
	v := reflect.ValueOf(a).Elem()
	var regions []region
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Type != reflect.TypeFor[sys.Ptr]() {
			continue
		}
		p := v.Field(i).Interface().(sys.Ptr)
		size, how := f.Tag.Lookup("bytes")
		switch null := v.Field(i).IsZero(); {
		case f.Tag.Get("text") == "nul" && !null:
			end := bytes.IndexByte(memory(p, 1), 0)
			for n := uint64(1); end < 0 && n < maxText; n++ {
				end = bytes.IndexByte(memory(p, n), 0)
			}
			if end < 0 {
				return nil, fmt.Errorf("%w: %v: %s does not end", errAttr, a.Cmd(), f.Name)
			}
			regions = append(regions, region{f.Name, memory(p, uint64(end))})
		case how:
			n := product(v, size)
			if null != (n == 0) {
				return nil, fmt.Errorf("%w: %v: %s is NULL: %v, and has %s = %d bytes", errAttr, a.Cmd(), f.Name, null, size, n)
			}
			if n > 0 {
				regions = append(regions, region{f.Name, memory(p, n)})
			}
		}
	}
	return regions, nil
}

// product evaluates a tag such as `bytes:"InsnCnt*8"`.
func product(attr reflect.Value, expr string) uint64 {
	size := uint64(1)
	for factor := range strings.SplitSeq(expr, "*") {
		n, err := strconv.ParseUint(factor, 10, 32)
		if err != nil {
			n = attr.FieldByName(factor).Uint()
		}
		size *= n
	}
	return size
}

func find(regions []region, field string) []byte {
	for _, r := range regions {
		if r.field == field {
			return r.data
		}
	}
	return nil
}
