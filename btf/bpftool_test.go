package btf

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/internal/kerneltest"
)

// toolType is a type as `bpftool btf dump -j` prints it.
type toolType struct {
	ID         ID
	Kind, Name string
	Size       uint32
	TypeID     ID           `json:"type_id"`
	RetTypeID  ID           `json:"ret_type_id"`
	BitsOffset uint8        `json:"bits_offset"`
	NrBits     uint8        `json:"nr_bits"`
	Encoding   string       `json:"encoding"`
	IndexType  ID           `json:"index_type_id"`
	NrElems    uint32       `json:"nr_elems"`
	FwdKind    string       `json:"fwd_kind"`
	Linkage    string       `json:"linkage"`
	Component  *int64       `json:"component_idx"`
	Members    []toolMember `json:"members"`
	Params     []toolMember `json:"params"`
	Values     []toolValue  `json:"values"`
	Vars       []toolVar    `json:"vars"`
}

type toolMember struct {
	Name       string
	TypeID     ID     `json:"type_id"`
	BitsOffset uint32 `json:"bits_offset"`
	Size       uint8  `json:"bitfield_size"`
}

type toolValue struct {
	Name string
	Val  json.Number
}

type toolVar struct {
	TypeID       ID `json:"type_id"`
	Offset, Size uint32
}

// asTool turns a decoded type into what bpftool prints of it.
func asTool(id ID, t *Type) toolType {
	tt := toolType{ID: id, Kind: t.Kind.String(), Name: anon(t.Name), Size: t.Size, TypeID: t.Type}
	linkage := []string{"static", "global", "extern"}
	signed := map[bool]string{true: "SIGNED", false: "UNSIGNED"}
	switch t.Kind {
	case KindInt:
		tt.BitsOffset, tt.NrBits = t.BitOffset, t.Bits
		tt.Encoding = map[IntEncoding]string{0: "(none)", IntSigned: "SIGNED", IntChar: "CHAR", IntBool: "BOOL"}[t.Encoding]
	case KindArray:
		tt.IndexType, tt.NrElems = t.Index, t.Count
	case KindEnum, KindEnum64:
		tt.Encoding = signed[t.Flag]
	case KindFwd:
		tt.FwdKind = map[bool]string{true: "union", false: "struct"}[t.Flag]
	case KindFunc, KindVar:
		tt.Linkage = linkage[t.Linkage]
	case KindFuncProto:
		tt.TypeID, tt.RetTypeID = 0, t.Type
	case KindDeclTag:
		c := int64(t.Component)
		tt.Component = &c
	}
	for _, m := range t.Members {
		switch t.Kind {
		case KindStruct, KindUnion:
			tt.Members = append(tt.Members, toolMember{anon(m.Name), m.Type, m.BitOffset, m.BitSize})
		case KindFuncProto:
			tt.Params = append(tt.Params, toolMember{Name: anon(m.Name), TypeID: m.Type})
		case KindEnum, KindEnum64:
			tt.Values = append(tt.Values, toolValue{m.Name, toolNumber(t, m.Value)})
		case KindDataSec:
			tt.Vars = append(tt.Vars, toolVar{m.Type, m.Offset, m.Size})
		}
	}
	return tt
}

func anon(name string) string {
	if name == "" {
		return "(anon)"
	}
	return name
}

// toolNumber writes a value as bpftool does, which sign-extends the 32 bits of an unsigned ENUM.
func toolNumber(t *Type, v uint64) json.Number {
	if t.Kind == KindEnum && !t.Flag {
		v = uint64(int32(v))
	}
	var b []byte
	if t.Flag {
		b, _ = json.Marshal(int64(v))
	} else {
		b, _ = json.Marshal(v)
	}
	return json.Number(b)
}

func parseTool(t *testing.T, dump []byte) []toolType {
	t.Helper()
	var file struct{ Types []toolType }
	if err := json.Unmarshal(dump, &file); err != nil {
		t.Fatal(err)
	}
	for i := range file.Types {
		// bpftool prints empty lists where there is none; and 32-bit component_idx, -1 too, without a sign.
		tt := &file.Types[i]
		if len(tt.Values) == 0 {
			tt.Values = nil
		}
		if tt.Component != nil {
			*tt.Component = int64(int32(*tt.Component))
		}
		tt.Members, tt.Params = slices.Clip(tt.Members), slices.Clip(tt.Params)
		if len(tt.Members) == 0 {
			tt.Members = nil
		}
		if len(tt.Params) == 0 {
			tt.Params = nil
		}
		if len(tt.Vars) == 0 {
			tt.Vars = nil
		}
	}
	return file.Types
}

func compareTool(t *testing.T, s *Spec, want []toolType) {
	t.Helper()
	if s.Len() != len(want)+1 {
		t.Fatalf("%d types, bpftool has %d", s.Len()-1, len(want))
	}
	for i, w := range want {
		if diff := cmp.Diff(w, asTool(w.ID, s.Type(w.ID))); diff != "" || w.ID != ID(i+1) {
			t.Fatalf("type %d: bpftool -, decoded +\n%s", w.ID, diff)
		}
	}
}

// objects are the compiled sources in testdata, for both byte orders.
var objects = []string{"kinds-el", "kinds-eb", "plain-el", "plain-eb", "data-el", "data-eb"}

func TestDecodeAgreesWithBpftool(t *testing.T) {
	for _, name := range objects {
		t.Run(name, func(t *testing.T) {
			b := readTestdata(t, name+".btf")
			s := mustDecode(t, b)
			compareTool(t, s, parseTool(t, readTestdata(t, name+".json")))
			if order := s.ByteOrder().String(); (order == "BigEndian") != strings.HasSuffix(name, "-eb") {
				t.Errorf("byte order %s", order)
			}
		})
	}
}

// The objects have to hold what the tests are about.
func TestObjectsHoldEveryKind(t *testing.T) {
	s := mustDecode(t, readTestdata(t, "kinds-el.btf"))
	seen := kindSet(0)
	for id := range s.Len() {
		seen |= 1 << s.Type(ID(id)).Kind
	}
	for k := KindVoid; k <= kindMax; k++ {
		if !seen.has(k) {
			t.Errorf("no %s", k)
		}
	}
}

func TestKernelBTFAgreesWithBpftool(t *testing.T) {
	tool := kerneltest.NeedTool(t, "bpftool")
	b := kernelBTF(t)
	dump, err := exec.Command(tool, "btf", "dump", "-j", "file", "/sys/kernel/btf/vmlinux").Output()
	if err != nil {
		t.Fatal(err)
	}
	compareTool(t, mustDecode(t, b), parseTool(t, dump))
}
