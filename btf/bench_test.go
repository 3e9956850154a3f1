package btf

import "testing"

func BenchmarkScan(b *testing.B) {
	blob := kernelBTF(b)
	for _, bench := range []struct {
		name string
		want Name
	}{
		{"found", Name{KindTypedef, "btf_trace_sys_enter"}},
		{"other kind", Name{KindStruct, "btf_trace_sys_enter"}}, // walks all types
		{"no such name", Name{KindStruct, "no_such_struct"}},    // searches all strings
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			names := []Name{bench.want}
			for b.Loop() {
				if _, err := Scan(blob, names); err != nil {
					b.Fatal(err)
				}
			}
		})
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
