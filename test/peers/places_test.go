package peers

import (
	"bytes"
	"debug/elf"
	"errors"
	"testing"

	"kptr/bpfobj"
)

// TestPlaces: an object that is refused as a whole is refused at a place that it has, as package debug/elf sees it: section, symbol,
// and the offset of that.
func TestPlaces(t *testing.T) {
	refused := 0
	for _, name := range objects() {
		b, err := object(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = bpfobj.Parse(b)
		if err == nil {
			continue
		}
		refused++
		var at *bpfobj.FormatError
		if !errors.As(err, &at) || at.Section == "" || at.Name == "" {
			t.Errorf("%s: %v: names no section, or no symbol", name, err)
			continue
		}
		checkPlace(t, name, b, at)
	}
	if refused < 10 {
		t.Errorf("%d objects of the corpus are refused as a whole, at least 10 were meant", refused)
	}
}

func checkPlace(t *testing.T, name string, b []byte, at *bpfobj.FormatError) {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	section := f.Section(at.Section)
	if section == nil && at.Section != ".kconfig" { // which is in BTF alone
		t.Errorf("%s: %v: there is no such section", name, at)
		return
	}
	for i, s := range symbols {
		if s.Name != at.Name {
			continue
		}
		want := at.Offset // of what stands elsewhere than its symbol
		switch {
		case section != nil && section.Type == elf.SHT_SYMTAB:
			want = uint64(i+1) * elf.Sym64Size // Symbols leaves the first one out
		case section != nil && int(s.Section) < len(f.Sections) && f.Sections[s.Section] == section:
			want = s.Value
		}
		if at.Offset != want || section != nil && at.Offset >= section.Size {
			t.Errorf("%s: %v: want offset %#x", name, at, want)
		}
		return
	}
	t.Errorf("%s: %v: there is no such symbol", name, at)
}
