package hostile

import (
	"reflect"
	"unsafe"

	"kptr/sys"
)

// memory gives the n bytes behind a pointer of an attribute, which package sys does not hand out. Built with -d=checkptr, the
// program ends if they are not part of one allocation.
func memory(p sys.Ptr, n uint64) []byte {
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.UnsafePointer {
			return unsafe.Slice((*byte)(v.Field(i).UnsafePointer()), n)
		}
	}
	panic("sys.Ptr holds no pointer")
}
