package bpfobj

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"kptr/sys"
)

func TestMaps(t *testing.T) {
	obj := loadObject(t, "maps", nil)
	call(t, obj, "use_maps", 7+20+1)
	order := binary.NativeEndian
	key4 := func(n uint32) []byte { return order.AppendUint32(nil, n) }
	value8 := func(n uint64) []byte { return order.AppendUint64(nil, n) }

	got := make([]byte, 8)
	if err := obj.Map("an_array").Lookup(key4(0), got); err != nil || order.Uint64(got) != 7 {
		t.Errorf("an_array[0] = %x, %v", got, err)
	}
	pair := append(append(key4(10), 0, 0, 0, 0), value8(20)...)
	value := make([]byte, 16)
	if err := obj.Map("a_hash").Lookup(append(append(key4(1), 0, 0, 0, 0), value8(2)...), value); err != nil || order.Uint64(value[8:]) != 20 {
		t.Errorf("a_hash = %x, %v", value, err)
	}
	for _, tt := range []struct {
		name string
		err  error
		want error
		text string
	}{
		{"lookup past the end", obj.Map("an_array").Lookup(key4(4), got), syscall.ENOENT, `map "an_array": BPF_MAP_LOOKUP_ELEM: no such file or directory (ENOENT)`},
		{"update past the end", obj.Map("an_array").Update(key4(4), got, sys.BPF_ANY), syscall.E2BIG, ""},
		{"array elements always exist", obj.Map("an_array").Update(key4(0), got, sys.BPF_NOEXIST), syscall.EEXIST, ""},
		{"array elements stay", obj.Map("an_array").Delete(key4(0)), syscall.EINVAL, ""},
		{"no element", obj.Map("a_hash").Lookup(pair, value), syscall.ENOENT, ""},
		{"none to replace", obj.Map("a_hash").Update(pair, value, sys.BPF_EXIST), syscall.ENOENT, ""},
		{"new", obj.Map("a_hash").Update(pair, pair, sys.BPF_NOEXIST), nil, ""},
		{"not new", obj.Map("a_hash").Update(pair, pair, sys.BPF_NOEXIST), syscall.EEXIST, ""},
		{"deleted", obj.Map("a_hash").Delete(pair), nil, ""},
		{"deleted before", obj.Map("a_hash").Delete(pair), syscall.ENOENT, ""},
		{"ring buffers have no elements", obj.Map("ring").Lookup(nil, nil), sys.ENOTSUPP, ""},
		{"short key", obj.Map("a_hash").Lookup(pair[:8], value), nil, "key of 8 bytes, the map's has 16"},
		{"short value", obj.Map("a_hash").Lookup(pair, value[:8]), nil, "value of 8 bytes, the map's has 16"},
		{"no value", obj.Map("a_hash").Update(pair, []byte{}, sys.BPF_ANY), nil, "value of 0 bytes, the map's has 16"},
		{"unknown flags", obj.Map("a_hash").Update(pair, value, 1<<20), syscall.EINVAL, ""},
	} {
		switch {
		case tt.text == "" && tt.want == nil && tt.err != nil:
			t.Errorf("%s: %v", tt.name, tt.err)
		case tt.want != nil && !errors.Is(tt.err, tt.want), tt.text != "" && (tt.err == nil || !strings.Contains(tt.err.Error(), tt.text)):
			t.Errorf("%s: error %v, want %v %s", tt.name, tt.err, tt.want, tt.text)
		}
	}
	lru := obj.Map("lru_hash")
	for i := range uint32(200) { // 32 fit
		if err := lru.Update(key4(i), make([]byte, 24), sys.BPF_ANY); err != nil {
			t.Fatal(err)
		}
	}
	if err := lru.Lookup(key4(199), make([]byte, 24)); err != nil {
		t.Errorf("the newest element: %v", err)
	}
}

// TestPerCPU: a value for each possible CPU, each rounded up to 8 bytes.
func TestPerCPU(t *testing.T) {
	obj := loadObject(t, "maps", nil)
	cpus, err := sys.PossibleCPUs()
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string][]byte{"percpu_array": {1, 0, 0, 0}, "percpu_hash": {1, 2, 3, 4, 5, 6, 7, 8}} {
		m := obj.Map(name)
		if nativeOrder() == binary.ByteOrder(binary.BigEndian) && len(key) == 4 {
			key = []byte{0, 0, 0, 1}
		}
		size, err := m.LookupSize()
		if err != nil || size != 8*cpus || m.ValueSize() != 8 {
			t.Errorf("%s: LookupSize %d, ValueSize %d on %d CPUs: %v", name, size, m.ValueSize(), cpus, err)
		}
		value := make([]byte, size)
		for i := range value {
			value[i] = byte(i)
		}
		if err := m.Update(key, value, sys.BPF_ANY); err != nil {
			t.Error(err)
		}
		got := make([]byte, size)
		if err := m.Lookup(key, got); err != nil || !reflect.DeepEqual(got, value) {
			t.Errorf("%s: %x, want %x: %v", name, got, value, err)
		}
		if err := m.Lookup(key, got[:8]); cpus > 1 && err == nil {
			t.Errorf("%s: a lookup with room for one CPU", name)
		}
	}
}

func TestMapInMap(t *testing.T) {
	obj := loadObject(t, "mapinmap", nil)
	order := binary.NativeEndian
	zero, two := make([]byte, 4), order.AppendUint32(nil, 2)
	call(t, obj, "read_inner", 0)
	if err := obj.Map("inner_b").Update(zero, order.AppendUint32(nil, 77), sys.BPF_ANY); err != nil {
		t.Fatal(err)
	}
	call(t, obj, "read_inner", 77)
	// A lookup gives the id of the inner map (bpf_map_fd_sys_lookup_elem).
	id := make([]byte, 4)
	for name, key := range map[string][]byte{"inner_a": zero, "inner_b": two} {
		if err := obj.Map("outer_array").Lookup(key, id); err != nil {
			t.Fatal(err)
		}
		m, err := OpenID(order.Uint32(id))
		if err != nil {
			t.Fatal(err)
		}
		if m.Name() != name {
			t.Errorf("slot %x holds %q, want %q", key, m.Name(), name)
		}
		m.Close()
	}
	if err := obj.Map("outer_array").Lookup(order.AppendUint32(nil, 1), id); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("slot 1: %v, want ENOENT", err)
	}
}

// TestUserMapUpdate: elements with user kptrs are not for raw bytes.
func TestUserMapUpdate(t *testing.T) {
	obj := loadObject(t, "task_local", nil)
	m := obj.Map("datamap")
	if err := m.Update(make([]byte, 4), make([]byte, 8), sys.BPF_ANY); !errors.Is(err, errUserMap) {
		t.Errorf("Update: %v", err)
	}
	types, id := m.ValueType()
	if types == nil || types.Type(id).Name != "value_type" || len(m.UserKptrs()) != 1 || m.UserKptrs()[0].Path != "udata" {
		t.Errorf("value type %d, user kptrs %v", id, m.UserKptrs())
	}
}
