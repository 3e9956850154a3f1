package btf

import (
	"math"
	"slices"
	"testing"
)

func TestScanFindsWhatFindFinds(t *testing.T) {
	b := kernelBTF(t)
	s := mustDecode(t, b)
	names := []Name{
		{KindTypedef, "btf_trace_sys_enter"},
		{KindStruct, "task_struct"},
		{KindUnion, "task_struct"},
		{KindFunc, "bpf_rcu_read_lock"},
		{KindStruct, "no_such_struct"},
		{KindStruct, "task_struct"},
		{KindInt, ""},
	}
	ids, err := Scan(b, names)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		want, _ := s.Find(name.Kind, name.Name)
		if ids[i] != want {
			t.Errorf("%s %q: %d, want %d", name.Kind, name.Name, ids[i], want)
		}
	}
	if ids[0] == 0 || ids[1] == 0 {
		t.Errorf("not found: %d", ids)
	}
}

func TestScanAllocations(t *testing.T) {
	b := kernelBTF(t)
	names := []Name{{KindTypedef, "btf_trace_sys_enter"}, {KindStruct, "task_struct"}}
	got := testing.AllocsPerRun(5, func() {
		if _, err := Scan(b, names); err != nil {
			t.Fatal(err)
		}
	})
	if got > 4 {
		t.Errorf("%v allocations, want at most 4", got)
	}
}

func TestScanHandMade(t *testing.T) {
	for _, order := range orders {
		b := blob(order, concat(wInt, []uint32{1, 4<<24 | 1, 4, 3, 1, 0}, wTypedef(2), wTypedef(1)))
		ids, err := Scan(b, []Name{{KindTypedef, "a"}, {KindStruct, "a"}, {KindInt, "a"}, {KindInt, "int"}, {KindInt, "nt"}, {KindTypedef, "a\x00b"}})
		if err != nil {
			t.Fatal(err)
		}
		if want := []ID{3, 2, 0, 1, 0, 0}; !slices.Equal(ids, want) {
			t.Errorf("%s: %d, want %d", order, ids, want)
		}
		if ids, err := Scan(b, nil); err != nil || len(ids) != 0 {
			t.Errorf("nothing wanted: %d, %v", ids, err)
		}
	}
}

// Offsets of names that have no two bytes in the table, or that are out of it, belong to no name; and a name that the filter lets
// through need not be the one that is wanted. "!" and "a" have the lower six bits in common.
func TestScanOddNames(t *testing.T) {
	for _, order := range orders {
		var list []uint32
		for _, nameOff := range []uint32{0, 6, 7, 8, 0xffffff, math.MaxUint32, 5, 3, 4, 1, 1} {
			list = append(list, nameOff, 8<<24, 0)
		}
		b := blobOf(order, words(order, list...), "\x00ab\x00!\x00\x00") // "ab" at 1, "b" at 2, "!" at 4
		for name, want := range map[string]ID{"!": 9, "ab": 10, "a": 0, "abc": 0, "b": 0, "": 0, "!\x00": 0} {
			ids, err := Scan(b, []Name{{KindTypedef, name}, {KindTypedef, "ab"}})
			if err != nil || ids[0] != want || ids[1] != 10 {
				t.Errorf("%s: %q: %d, %v, want %d and 10", order, name, ids, err, want)
			}
		}
	}
}

// A number that is no kind is no type's.
func TestScanForNoKind(t *testing.T) {
	for _, kind := range []Kind{0, 20, 31, 32, 40, 255} {
		if ids, err := Scan(blob(orders[0], wTypedef(0)), []Name{{kind, "a"}}); err != nil || ids[0] != 0 {
			t.Errorf("%s: %d, %v", kind, ids, err)
		}
	}
}

// What Scan has no need to look at is not refused.
func TestScanStops(t *testing.T) {
	for _, order := range orders {
		b := blob(order, concat(wTypedef(0), []uint32{0, 127 << 24, 0}))
		for _, names := range [][]Name{nil, {{KindTypedef, "a"}}, {{KindTypedef, ""}}} {
			if _, err := Scan(b, names); err != nil {
				t.Errorf("%s: %v: %v", order, names, err)
			}
		}
	}
}

// What is wrong in the header is in TestDecodeRefusesHeader.
func TestScanRefuses(t *testing.T) {
	for _, row := range []struct {
		name  string
		words []uint32
		err   error
		text  string
	}{
		{"kind 0", []uint32{0, 0, 0}, ErrUnsupported, ".BTF: type 1 at 0x18: info 0x0: unknown kind 0"},
		{"kind 20", concat(wInt, []uint32{0, 20 << 24, 0}), ErrUnsupported, ".BTF: type 2 at 0x28: info 0x14000000: unknown kind 20"},
		{"kind 127", concat(wInt, []uint32{0, 127 << 24, 0}), ErrUnsupported, ".BTF: type 2 at 0x28: info 0x7f000000: unknown kind 127"},
		{"half a type", concat(wInt, []uint32{0, 0}), ErrTruncated, ".BTF: type 2 at 0x28: 0x8 bytes left, too few for struct btf_type (0xc bytes)"},
		{"half a tail", concat(wInt, wInt[:3]), ErrTruncated, ".BTF: type 2 at 0x28: INT with vlen 0 runs past the end of the types (0x0 bytes left, 0x4 needed)"},
		{"vlen past the end", []uint32{1, 4<<24 | 0xffffff, 4}, ErrTruncated, ".BTF: type 1 at 0x18: STRUCT with vlen 16777215 runs past the end of the types (0x0 bytes left, 0xbfffff4 needed)"},
	} {
		for _, order := range orders {
			t.Run(row.name+"/"+order.String(), func(t *testing.T) {
				ids, err := Scan(blob(order, row.words), []Name{{KindTypedef, "a"}})
				if ids != nil {
					t.Error("ids beside the error")
				}
				checkRefusal(t, err, row.err, row.text)
			})
		}
	}
}
