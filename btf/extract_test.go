package btf

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// TestExtract takes structs out of the running kernel's BTF: they have the layout that Decode of all of it gives.
func TestExtract(t *testing.T) {
	blob := kernelBTF(t)
	all, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"task_struct", "list_head", "tcp_congestion_ops", "bpf_struct_ops_tcp_congestion_ops"} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "bpf_struct_ops_") {
				kerneltest.NeedJIT(t) // struct_ops are of CONFIG_BPF_JIT too (kernel/bpf/Makefile)
			}
			id, err := all.Find(KindStruct, name)
			if err != nil {
				t.Fatal(err)
			}
			some, ids, err := Extract(blob, []ID{id, 0, ID(all.Len())})
			if err != nil {
				t.Fatal(err)
			}
			if ids[1] != 0 || ids[2] != 0 {
				t.Errorf("ids %v, want void for 0 and for what is not there", ids)
			}
			if some.Len() > all.Len()/20 {
				t.Errorf("%d types of %d", some.Len(), all.Len())
			}
			got, want := some.Type(ids[0]), all.Type(id)
			if got.Name != name || got.Size != want.Size || len(got.Members) != len(want.Members) {
				t.Fatalf("%v %q of %d bytes with %d members", got.Kind, got.Name, got.Size, len(got.Members))
			}
			for i, m := range want.Members {
				g := got.Members[i]
				if g.Name != m.Name || g.BitOffset != m.BitOffset || g.BitSize != m.BitSize {
					t.Errorf("member %d is %+v, want %+v", i, g, m)
				}
				size, err := all.Size(m.Type)
				if gotSize, gotErr := some.Size(g.Type); gotSize != size || (gotErr == nil) != (err == nil) {
					t.Errorf("member %q has %d bytes, %v, want %d, %v", m.Name, gotSize, gotErr, size, err)
				}
			}
		})
	}
}

func TestExtractRefuses(t *testing.T) {
	s := New(binary.LittleEndian)
	s.Add(Type{Kind: KindStruct, Name: "s", Size: 4, Members: []Member{{Name: "m", Type: s.Add(Type{Kind: KindInt, Name: "int", Size: 4, Bits: 32})}}})
	blob, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"no BTF": []byte("BTF"), "cut": blob[:30]} {
		if _, _, err := Extract(b, []ID{1}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	// Each of the CONSTs refers to the one after it, as deep as Decode refuses it.
	if _, _, err := Extract(blobOf(orders[0], words(orders[0], chain(200, +1)...), testStrings), []ID{1}); !errors.Is(err, ErrMalformed) {
		t.Errorf("nested 200 deep: %v", err)
	}
	bad := append([]byte(nil), blob...)
	bad[24+4+3] = 0x7f // the first type is of kind 127
	if _, _, err := Extract(bad, []ID{1}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("unknown kind: %v", err)
	}
}

// TestEnumerators compares with Decode.
func TestEnumerators(t *testing.T) {
	blob := kernelBTF(t)
	all, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]Enumerator)
	var names []string
	for id := range all.Len() {
		t := all.Type(ID(id))
		if !enums.has(t.Kind) {
			continue
		}
		for _, v := range t.Members {
			if _, ok := want[v.Name]; ok {
				continue
			}
			want[v.Name] = Enumerator{true, v.Value}
			if len(want)%100 == 0 {
				names = append(names, v.Name)
			}
		}
	}
	names = append(names, "NO_SUCH_ENUMERATOR", "task_struct", "")
	got, err := Enumerators(blob, names)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		if got[i] != want[name] {
			t.Errorf("%q is %+v, want %+v", name, got[i], want[name])
		}
	}
	if _, err := Enumerators([]byte("no BTF"), nil); err == nil {
		t.Error("no BTF: taken")
	}
}
