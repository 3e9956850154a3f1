package btfc

import (
	"strings"
	"testing"

	"kptr/btf"
)

// FuzzC takes any valid BTF: printing ends within its budget, and gives the same text twice.
func FuzzC(f *testing.F) {
	blob, err := clangSpec(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	f.Fuzz(func(t *testing.T, blob []byte) {
		s, err := btf.Decode(blob)
		if err != nil || s.Len() > 200 {
			return
		}
		for id := range btf.ID(s.Len()) {
			text := C(s, id)
			if text != C(s, id) || len(text) > 2*printBudget {
				t.Fatalf("id %d: %d bytes", id, len(text))
			}
			if strings.HasSuffix(text, "/* cut off */") {
				return
			}
		}
	})
}
