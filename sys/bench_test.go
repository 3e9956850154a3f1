package sys_test

import (
	"testing"

	"kptr/sys"
)

// BenchmarkMapUpdate is the door's own price: one update of an array, trace off.
func BenchmarkMapUpdate(b *testing.B) {
	fd, err := sys.OpenFD(&sys.MapCreateAttr{MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		b.Skip(err)
	}
	defer fd.Close()
	var key uint32
	var value uint64
	a := &sys.MapUpdateElemAttr{MapFD: fd.Uint32(), Key: sys.PtrTo(&key), Value: sys.PtrTo(&value)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sys.BPF(a); err != nil {
			b.Fatal(err)
		}
	}
}
