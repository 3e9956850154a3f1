package btf

import (
	"encoding/json"
	"os"
	"reflect"
	"sync/atomic"
	"testing"
)

// Mirrors of the structs in testdata/gotypes_values.c.

type userData struct {
	_            struct{} `btf:"name=user_data"`
	A, B, Result int32
}

type valueType struct {
	_     struct{}  `btf:"name=value_type"`
	Udata *userData `btf:"kptr_user"`
}

// atomicData mirrors struct user_data too.
type atomicData struct {
	A, B, Result atomic.Int32
}

type scalars struct {
	S8       int8
	U8       uint8
	S16      int16
	U16      uint16
	Flag     bool
	_        uint8
	S32      int32
	Byte     bool
	U32      atomic.Uint32
	C        int8
	S64      atomic.Int64
	Ul       atomic.Uint64
	F32      float32
	_        [4]byte
	F64      float64
	TgtPid   int32 // tgt_pid
	Small    int32
	Negative uint32 `btf:"name=neg"`
	Big      uint64
	BigNeg   uint64
	Comm     [16]byte
	CV       atomic.Bool
}

type inner struct {
	X uint16
	Y uint64
}

type pq struct{ P, Q int32 }

type nested struct {
	One  inner
	Many [3]inner
	Grid [2][3]int32
	pq
	Word      uint32
	U         uint64
	NamedAnon struct{ Tail uint8 }
}

type deep struct {
	Udata *userData `btf:"uptr"`
	Depth int32
}

type mixed struct {
	Lock  uint32
	Plain int32
	Udata *userData `btf:"uptr"`
	Deep  deep
	Slots [4]*inner `btf:"kptr_user"`
	Owned uint64
	Bare  [8]byte
}

type node struct {
	Value int32
	Next  *node `btf:"uptr"`
}

type ping struct {
	Pong *pong `btf:"uptr"`
	N    int32
}

type pong struct {
	Ping *ping `btf:"uptr"`
	N    int32
}

type bitFields struct {
	_    uint32
	Rest uint32
}

type locked struct {
	Lock  [4]byte
	Timer [2]uint64
}

// clangSpec decodes what clang wrote for testdata/gotypes_values.c.
func clangSpec(t testing.TB) *Spec {
	t.Helper()
	blob, err := os.ReadFile("testdata/gotypes_values.btf")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Decode(blob)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustFind(t testing.TB, s *Spec, kind Kind, name string) ID {
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
	text, err := os.ReadFile("testdata/gotypes_values.json")
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

// mirrors pairs Go types with the C structs that they mirror.
var mirrors = []struct {
	c string
	t reflect.Type
}{
	{"user_data", reflect.TypeFor[userData]()},
	{"user_data", reflect.TypeFor[atomicData]()},
	{"value_type", reflect.TypeFor[valueType]()},
	{"scalars", reflect.TypeFor[scalars]()},
	{"inner", reflect.TypeFor[inner]()},
	{"nested", reflect.TypeFor[nested]()},
	{"mixed", reflect.TypeFor[mixed]()},
	{"node", reflect.TypeFor[node]()},
	{"ping", reflect.TypeFor[ping]()},
	{"pong", reflect.TypeFor[pong]()},
	{"bits", reflect.TypeFor[bitFields]()},
	{"locked", reflect.TypeFor[locked]()},
}
