package btf

import (
	"strings"
	"testing"
)

func BenchmarkScan(b *testing.B) {
	blob := kernelBTF(b)
	for _, bench := range []struct {
		name  string
		names []Name
	}{
		{"found", []Name{{KindTypedef, "btf_trace_sys_enter"}}},
		{"other kind", []Name{{KindStruct, "btf_trace_sys_enter"}}}, // walks all types
		{"no such name", []Name{{KindStruct, "no_such_struct"}}},    // walks all types too
		{"forty kfuncs", kfuncs(b, blob, 40)},                       // as a scheduler has
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(blob, bench.names); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// kfuncs names the last functions of a kernel whose names begin as those of kfuncs do.
func kfuncs(b *testing.B, blob []byte, n int) (names []Name) {
	spec, err := Decode(blob)
	if err != nil {
		b.Fatal(err)
	}
	for id := ID(spec.Len() - 1); id > 0 && len(names) < n; id-- {
		if t := spec.Type(id); t.Kind == KindFunc && strings.HasPrefix(t.Name, "bpf_") {
			names = append(names, Name{KindFunc, t.Name})
		}
	}
	return names
}

func BenchmarkEnumerators(b *testing.B) {
	blob := kernelBTF(b)
	names := []string{"BPF_MAP_TYPE_TASK_STORAGE", "BPF_PROG_TYPE_STRUCT_OPS", "NO_SUCH_ENUMERATOR"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Enumerators(blob, names); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExtract(b *testing.B) {
	blob := kernelBTF(b)
	ids, err := Scan(blob, []Name{{KindStruct, "tcp_congestion_ops"}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Extract(blob, ids); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct {
		name string
		blob []byte
	}{
		{"object", readTestdata(b, "kinds-el.btf")},
		{"kernel", kernelBTF(b)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.blob)))
			for b.Loop() {
				if _, err := Decode(bench.blob); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	s := mustDecode(b, readTestdata(b, "kinds-el.btf"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Encode(); err != nil {
			b.Fatal(err)
		}
	}
}
