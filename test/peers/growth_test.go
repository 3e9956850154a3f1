package peers

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/cilium/ebpf"
	cilium "github.com/cilium/ebpf/btf"

	"kptr/bpfobj"
	"kptr/btf"
)

// BenchmarkGrowthObject loads objects with n programs and n maps, and reports the time for each of them.
func BenchmarkGrowthObject(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		object, err := growing(n)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range []struct {
			what string
			run  func(*testing.B, []byte)
		}{{"plan", planKptr}, {"load", benchmarkKptr}, {"cilium", benchmarkCilium}} {
			b.Run(fmt.Sprintf("%s/n=%d", f.what, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f.run(b, object)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/program")
			})
		}
	}
}

// planKptr is what this project does before it asks the kernel for anything.
func planKptr(b *testing.B, object []byte) {
	spec, err := bpfobj.Parse(object)
	if err != nil {
		b.Fatal(err)
	}
	mustPlan(b, spec)
}

func benchmarkKptr(b *testing.B, object []byte) {
	obj, err := bpfobj.Load(object, nil)
	if err != nil {
		b.Fatal(err)
	}
	obj.Close()
}

func benchmarkCilium(b *testing.B, object []byte) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(object))
	if err != nil {
		b.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		b.Fatal(err)
	}
	coll.Close()
}

// BenchmarkGrowthKernel looks names up in the kernel's BTF, and in one of twice the size: one that stands at the end of it, and
// one that is not there.
func BenchmarkGrowthKernel(b *testing.B) {
	once, err := os.ReadFile(vmlinux)
	if err != nil {
		b.Fatal(err)
	}
	twice, err := doubled(once)
	if err != nil {
		b.Fatal(err)
	}
	for _, size := range []struct {
		blob []byte
		last string
	}{{once, lastFunc(b, once)}, {twice, lastFunc(b, twice)}} {
		b.Run(fmt.Sprintf("kptr/bytes=%d", len(size.blob)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ids, err := btf.Scan(size.blob, []btf.Name{{Kind: btf.KindFunc, Name: size.last}, {Kind: btf.KindFunc, Name: "not there"}})
				if err != nil || ids[0] == 0 || ids[1] != 0 {
					b.Fatal(ids, err)
				}
			}
		})
		b.Run(fmt.Sprintf("cilium/bytes=%d", len(size.blob)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				spec, err := cilium.LoadSpecFromReader(bytes.NewReader(size.blob))
				if err != nil {
					b.Fatal(err)
				}
				var f *cilium.Func
				if err := spec.TypeByName(size.last, &f); err != nil {
					b.Fatal(err)
				}
				if err := spec.TypeByName("not there", &f); err == nil {
					b.Fatal("a type that is not there")
				}
			}
		})
	}
}

func lastFunc(b *testing.B, blob []byte) string {
	spec, err := btf.Decode(blob)
	if err != nil {
		b.Fatal(err)
	}
	last := ""
	for id := btf.ID(1); int(id) < spec.Len(); id++ {
		if t := spec.Type(id); t.Kind == btf.KindFunc {
			last = t.Name
		}
	}
	return last
}

// Offsets in struct btf_header, and sizes of what follows struct btf_type (linux/btf.h).
const (
	offHdrLen, offTypeLen, offStrOff, offStrLen = 4, 12, 16, 20
	typeSize                                    = 12
)

// doubled appends to a BTF the same types and strings once more. The names in the second half begin with another letter, or a
// string would stand in the table twice; what they refer to is in the first half.
func doubled(blob []byte) ([]byte, error) {
	order := binary.NativeEndian
	hdr := order.Uint32(blob[offHdrLen:])
	typeLen, strOff, strLen := order.Uint32(blob[offTypeLen:]), order.Uint32(blob[offStrOff:]), order.Uint32(blob[offStrLen:])
	types, strings := blob[hdr:][:typeLen], blob[hdr+strOff:][:strLen]

	more := bytes.Clone(types)
	for at := 0; at < len(more); {
		n, err := shiftNames(more[at:], strLen)
		if err != nil {
			return nil, fmt.Errorf("type at 0x%x: %w", at, err)
		}
		at += n
	}
	out := bytes.Clone(blob[:hdr])
	order.PutUint32(out[offTypeLen:], 2*typeLen)
	order.PutUint32(out[offStrOff:], 2*typeLen)
	order.PutUint32(out[offStrLen:], 2*strLen)
	out = append(append(out, types...), more...)
	out = append(out, strings...)
	for i, c := range strings {
		if c != 0 && strings[i-1] == 0 {
			c = c ^ 0x80
		}
		out = append(out, c)
	}
	return out, nil
}

// shiftNames moves the names of a type, and gives its length.
func shiftNames(t []byte, by uint32) (int, error) {
	order := binary.NativeEndian
	info := order.Uint32(t[4:])
	kind, vlen := btf.Kind(info>>24&0x1f), int(info&0xffff)
	shift(t, by)
	record, named := 0, false // of each of vlen that follow
	switch kind {
	case btf.KindStruct, btf.KindUnion, btf.KindEnum64:
		record, named = 12, true
	case btf.KindEnum, btf.KindFuncProto:
		record, named = 8, true
	case btf.KindDataSec:
		record = 12
	case btf.KindInt, btf.KindVar, btf.KindDeclTag:
		record, vlen = 4, 1
	case btf.KindArray:
		record, vlen = 12, 1
	case btf.KindPtr, btf.KindFwd, btf.KindTypedef, btf.KindVolatile, btf.KindConst, btf.KindRestrict, btf.KindFunc, btf.KindFloat,
		btf.KindTypeTag:
		vlen = 0
	default:
		return 0, fmt.Errorf("kind %v", kind)
	}
	for i := range vlen {
		if named {
			shift(t[typeSize+i*record:], by)
		}
	}
	return typeSize + vlen*record, nil
}

// shift moves one name, if it is one.
func shift(t []byte, by uint32) {
	if off := binary.NativeEndian.Uint32(t); off != 0 {
		binary.NativeEndian.PutUint32(t, off+by)
	}
}
