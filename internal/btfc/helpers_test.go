package btfc

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
)

// clangSpec decodes what clang wrote for btf/testdata/gotypes_values.c.
func clangSpec(t testing.TB) *btf.Spec {
	t.Helper()
	kerneltest.NeedHost(t, "the source tree")
	blob, err := os.ReadFile("../../btf/testdata/gotypes_values.btf")
	if err != nil {
		t.Fatal(err)
	}
	s, err := btf.Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustFind(t testing.TB, s *btf.Spec, kind btf.Kind, name string) btf.ID {
	t.Helper()
	id, err := s.Find(kind, name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// bpftoolStruct is a STRUCT as bpftool prints it in JSON.
type bpftoolStruct struct {
	Kind    string
	Name    string
	Size    uint32
	Members []struct {
		Name       string
		BitsOffset uint32 `json:"bits_offset"`
	}
}

// bpftoolStructs returns the named structs of testdata/gotypes_values.json.
func bpftoolStructs(t testing.TB) map[string]bpftoolStruct {
	t.Helper()
	text, err := os.ReadFile("../../btf/testdata/gotypes_values.json")
	if err != nil {
		t.Fatal(err)
	}
	var dump struct{ Types []bpftoolStruct }
	if err := json.Unmarshal(text, &dump); err != nil {
		t.Fatal(err)
	}
	structs := make(map[string]bpftoolStruct)
	for _, s := range dump.Types {
		if s.Kind == "STRUCT" && s.Name != "(anon)" {
			structs[s.Name] = s
		}
	}
	return structs
}

// doubling returns a Spec whose last struct holds an anonymous struct twice, which holds another twice, and so on.
func doubling(levels int) (*btf.Spec, btf.ID) {
	s := btf.New(binary.LittleEndian)
	id := s.Add(btf.Type{Kind: btf.KindStruct})
	for range levels {
		id = s.Add(btf.Type{Kind: btf.KindStruct, Members: []btf.Member{{Type: id}, {Type: id}}})
	}
	return s, s.Add(btf.Type{Kind: btf.KindStruct, Name: "doubling", Members: []btf.Member{{Type: id}}})
}
