package btf

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzGoTypes takes any valid BTF: printing ends within its budget, and gives the same text twice;
// comparing ends, and fails as documented or not at all.
func FuzzGoTypes(f *testing.F) {
	blob, err := clangSpec(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	for _, m := range mirrors {
		s := New(clangSpec(f).ByteOrder())
		if _, err := s.AddGo(m.t, "uptr"); err != nil {
			f.Fatal(err)
		}
		if blob, err = s.Encode(); err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		s, err := Decode(blob)
		if err != nil || s.Len() > 200 {
			return
		}
		for id := range ID(s.Len()) {
			text := s.C(id)
			if text != s.C(id) || len(text) > 2*printBudget {
				t.Fatalf("id %d: %d bytes", id, len(text))
			}
			if strings.HasSuffix(text, "/* cut off */") {
				return
			}
			for _, m := range mirrors {
				var layout *LayoutError
				if err := s.CompareGo(id, m.t); err != nil && (!errors.As(err, &layout) || !errors.Is(err, ErrLayout)) {
					t.Fatal(err)
				}
			}
			if err := s.CompareGo(id, reflect.TypeFor[[2]int32]()); err != nil && !errors.Is(err, ErrLayout) {
				t.Fatal(err)
			}
		}
	})
}
