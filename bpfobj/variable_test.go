package bpfobj

import (
	"encoding/binary"
	"errors"
	"math"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

type point struct {
	X, Y   int32
	Weight uint64
}

// TestGlobals: variables of each section and shape, as the C source initialises them,
// before the load, after it, and after the program ran.
func TestGlobals(t *testing.T) {
	kerneltest.NoLeaks(t)
	spec := mustParse(t, readObject(t, "globals", nativeOrder()))
	if err := spec.Variable("ro_limit").Set(uint32(50)); err != nil {
		t.Error(err)
	}
	if err := spec.Variable("data_u16").Set(uint16(0xf017)); err != nil { // 1 more
		t.Error(err)
	}
	if err := spec.Variable("bss_runs").Set(int32(10)); err != nil {
		t.Error(err)
	}
	var before int32
	if err := spec.Variable("bss_runs").Get(&before); err != nil || before != 10 {
		t.Errorf("bss_runs before the load: %d, %v", before, err)
	}
	obj, err := spec.Load(nil)
	kerneltest.Require(t, err)
	defer obj.Close()

	equal(t, obj, "data_s8", int8(-8))
	equal(t, obj, "data_u8", uint8(0xf8))
	equal(t, obj, "data_s16", int16(-1616))
	equal(t, obj, "data_u16", uint16(0xf017))
	equal(t, obj, "data_s32", int32(-323232))
	equal(t, obj, "data_u32", uint32(0xf0000032))
	equal(t, obj, "data_s64", int64(-6464646464646464))
	equal(t, obj, "data_u64", uint64(0xf000000000000064))
	equal(t, obj, "data_bool", true)
	equal(t, obj, "data_text", [8]byte{'h', 'e', 'l', 'l', 'o'})
	equal(t, obj, "data_array", [4]uint16{1, 2, 3, 4})
	equal(t, obj, "data_matrix", [2][3]uint8{{1, 2, 3}, {4, 5, 6}})
	equal(t, obj, "data_point", point{-1, 2, 3})
	equal(t, obj, "data_color", uint32(5))
	equal(t, obj, "data_static", uint32(11))
	equal(t, obj, "ro_limit", uint32(50))
	equal(t, obj, "ro_offset", int64(-5))
	equal(t, obj, "ro_point", point{7, 8, 9})
	equal(t, obj, "ro_static", uint8(12))
	equal(t, obj, "bss_runs", int32(10))
	equal(t, obj, "foo_counter", uint32(100))
	equal(t, obj, "bar_constant", uint64(1000))

	call(t, obj, "step", 11)
	// The sum of step(), with data_u16 one more than in the source.
	var s8, s16, s32, s64 int64 = -8, -1616, -323232, -6464646464646464
	sum := uint64(s8+s16+s32+s64) + 0xf8 + 0xf017 + 0xf0000032 + 0xf000000000000064 + 1 + 'h' + 4 + 6 + 3 + 5 + 11
	equal(t, obj, "bss_sum", sum)
	equal(t, obj, "bss_point", point{7 + 50, 8 + 12, 1000 - 5})
	equal(t, obj, "bss_array", [3]uint64{1: 0xf000000000000064})
	equal(t, obj, "bss_static", uint16(1))
	equal(t, obj, "data_s8", int8(-9))
	equal(t, obj, "data_u64", uint64(0xf000000000000065))
	equal(t, obj, "data_static", uint32(12))
	equal(t, obj, "data_array", [4]uint16{1, 2, 3, 4})
	equal(t, obj, "foo_counter", uint32(101))
	equal(t, obj, "baz_result", uint32(202))

	if err := obj.Variable("bss_static").Set(uint16(41)); err != nil {
		t.Error(err)
	}
	call(t, obj, "step", 12)
	equal(t, obj, "bss_static", uint16(42))
	equal(t, obj, "data_array", [4]uint16{42, 2, 3, 4})
}

func TestVariableRefuses(t *testing.T) {
	obj := loadObject(t, "globals", nil)
	spec := mustParse(t, readObject(t, "globals", nativeOrder()))
	for _, tt := range []struct {
		name string
		do   func() error
		err  error
		text string
	}{
		{"read-only", func() error { return obj.Variable("ro_limit").Set(uint32(1)) }, ErrReadOnly, `variable "ro_limit": variable is read-only`},
		{"read-only section of its own", func() error { return obj.Variable("bar_constant").Set(uint64(1)) }, ErrReadOnly, ""},
		{"not there", func() error { return obj.Variable("no_such").Set(uint32(1)) }, ErrNotFound, `variable "no_such": not found (there is data_s8`},
		{"not there, before the load", func() error { return spec.Variable("no_such").Get(new(int)) }, ErrNotFound, ""},
		{"another type", func() error { return obj.Variable("bss_runs").Set(int64(1)) }, nil, `variable "bss_runs": `},
		{"another type to Get", func() error { return obj.Variable("bss_runs").Get(new(uint8)) }, nil, `variable "bss_runs": `},
		{"Set nil", func() error { return obj.Variable("bss_runs").Set(nil) }, nil, `variable "bss_runs": Set(nil)`},
		{"Get no pointer", func() error { return obj.Variable("bss_runs").Get(int32(1)) }, nil, `Get needs a pointer, not int32`},
		{"Get nil pointer", func() error { return obj.Variable("bss_runs").Get((*int32)(nil)) }, nil, `Get needs a pointer`},
	} {
		err := tt.do()
		if err == nil || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: error %v, want %v with %q", tt.name, err, tt.err, tt.text)
		}
	}
	v := obj.Variable("bss_point")
	if v.Name() != "bss_point" || v.Size() != 16 {
		t.Errorf("%q of %d bytes", v.Name(), v.Size())
	}
	if v := obj.Variable("no_such"); v.Size() != 0 {
		t.Errorf("size %d of a variable that is not there", v.Size())
	}
	// Frozen: the kernel refuses it too.
	err := obj.Map(".rodata").Update(make([]byte, 4), make([]byte, 0x21), sys.BPF_ANY)
	if !errors.Is(err, syscall.EPERM) {
		t.Errorf("update of .rodata: %v, want EPERM", err)
	}
}

// TestBSSUntouched: reading a variable that nothing was stored to allocates nothing.
func TestBSSUntouched(t *testing.T) {
	spec := mustParse(t, readObject(t, "globals", nativeOrder()))
	got := point{1, 2, 3}
	if err := spec.Variable("bss_point").Get(&got); err != nil || got != (point{}) {
		t.Errorf("%v, %v", got, err)
	}
	if spec.Map(".bss").Contents != nil {
		t.Error("Get allocated the contents of .bss")
	}
}

// setters stores another value in each shape of variable of globals.
var setters = []struct {
	name  string
	value any
}{
	{"data_s8", int8(math.MinInt8)},
	{"data_u8", uint8(0xa5)},
	{"data_s16", int16(math.MinInt16)},
	{"data_u16", uint16(0xa5a6)},
	{"data_s32", int32(math.MinInt32)},
	{"data_u32", uint32(0xa5a6a7a8)},
	{"data_s64", int64(math.MinInt64)},
	{"data_u64", uint64(0xa5a6a7a8a9aaabac)},
	{"data_bool", false},
	{"data_text", [8]byte{'w', 'o', 'r', 'l', 'd'}},
	{"data_array", [4]uint16{5, 6, 7, 0xfffe}},
	{"data_matrix", [2][3]uint8{{9, 8, 7}, {6, 5, 4}}},
	{"data_point", point{math.MaxInt32, math.MinInt32, math.MaxUint64}},
	{"data_color", uint32(6)},
	{"data_static", uint32(13)},
	{"ro_point", point{1, 2, 3}},
	{"bss_point", point{4, 5, 6}},
	{"bss_array", [3]uint64{1, 2, 3}},
	{"baz_result", uint32(14)},
}

// TestSetGet: what Set stores Get loads, in either byte order, and neighbours stay.
func TestSetGet(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		spec := mustParse(t, readObject(t, "globals", order))
		for _, tt := range setters {
			if err := spec.Variable(tt.name).Set(tt.value); err != nil {
				t.Error(err)
			}
		}
		for _, tt := range setters {
			checkVariable(t, spec.Variable(tt.name), tt.value)
		}
		if b := spec.Map(".data").Contents; order.Uint64(b[0x18:]) != 0xa5a6a7a8a9aaabac || b[0x20] != 0 {
			t.Errorf("data_u64 and data_bool are %x", b[0x18:0x21]) // offsets from llvm-readelf -s
		}
	})
}

func checkVariable(t *testing.T, v *Variable, want any) {
	t.Helper()
	got := reflect.New(reflect.TypeOf(want))
	if err := v.Get(got.Interface()); err != nil {
		t.Error(err)
	}
	if got.Elem().Interface() != want {
		t.Errorf("variable %q is %v, want %v", v.Name(), got.Elem(), want)
	}
}

// TestSetGetLoaded: the same through the memory of the maps.
func TestSetGetLoaded(t *testing.T) {
	obj := loadObject(t, "globals", nil)
	for _, tt := range setters {
		if v := obj.Variable(tt.name); !v.section.readOnly() {
			if err := v.Set(tt.value); err != nil {
				t.Error(err)
			}
			checkVariable(t, v, tt.value)
		}
	}
}

// TestFloats: C programs for BPF have no floating point, but their variables may.
func TestFloats(t *testing.T) {
	bothOrders(t, func(t *testing.T, order binary.ByteOrder) {
		types := btf.New(order)
		single := types.Add(btf.Type{Kind: btf.KindFloat, Name: "float", Size: 4})
		double := types.Add(btf.Type{Kind: btf.KindFloat, Name: "double", Size: 8})
		b := make([]byte, 8)
		f := &Variable{name: "f", types: types, typ: single, size: 4, section: new(MapSpec), mapped: b[:4]}
		d := &Variable{name: "d", types: types, typ: double, size: 8, section: new(MapSpec), mapped: b}
		if err := f.Set(float32(-1.5)); err != nil || order.Uint32(b) != 0xbfc00000 { // IEEE 754
			t.Errorf("%x: %v", b[:4], err)
		}
		checkVariable(t, f, float32(-1.5))
		if err := d.Set(-1.5); err != nil || order.Uint64(b) != 0xbff8000000000000 {
			t.Errorf("%x: %v", b, err)
		}
		checkVariable(t, d, -1.5)
	})
}
