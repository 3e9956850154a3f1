package btf

import (
	"errors"
	"testing"
)

// A caller finds in the fields what the message says.
func TestErrorFields(t *testing.T) {
	_, err := Decode(blob(orders[0], concat(wInt, []uint32{1, 4<<24 | 1, 4, 1, 99, 0})))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T", err)
	}
	want := Error{Section: ".BTF", Type: 2, Kind: KindStruct, Name: "a", Offset: 40, Err: ErrMalformed,
		What: `member 0 "a": type id 99 out of range (3 types)`}
	if *e != want {
		t.Errorf("got %+v\nwant %+v", *e, want)
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{0: "VOID", 1: "INT", 13: "FUNC_PROTO", 19: "ENUM64", 20: "kind 20", 255: "kind 255"} {
		if got := k.String(); got != want {
			t.Errorf("%d: %s, want %s", uint8(k), got, want)
		}
	}
}
