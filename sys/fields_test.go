package sys_test

import (
	"reflect"
	"testing"

	"kptr/sys"

	"github.com/google/go-cmp/cmp"
)

func TestFields(t *testing.T) {
	type fields = []sys.Field
	tests := []struct {
		name string
		a    sys.Attr
		want fields
	}{
		{"nothing set", &sys.MapCreateAttr{}, nil},
		{"map", &sys.MapCreateAttr{
			MapType: sys.BPF_MAP_TYPE_TASK_STORAGE, KeySize: 4, ValueSize: 8,
			MapFlags: sys.BPF_F_NO_PREALLOC | sys.BPF_F_CLONE, MapName: sys.MakeObjName("datamap"),
			BTFFD: 5, BTFKeyTypeID: 1, BTFValueTypeID: 2, MapExtra: 9,
		}, fields{
			{"map_type", "BPF_MAP_TYPE_TASK_STORAGE"}, {"key_size", "4"}, {"value_size", "8"},
			{"map_flags", "BPF_F_NO_PREALLOC|BPF_F_CLONE"}, {"map_name", `"datamap"`},
			{"btf_fd", "5"}, {"btf_key_type_id", "1"}, {"btf_value_type_id", "2"}, {"map_extra", "9"},
		}},
		{"short element", &sys.MapUpdateElemAttr{
			MapFD: 3, Key: sys.Bytes([]byte{1, 0, 0, 0}), KeySize: 4,
			Value: sys.Bytes(make([]byte, 16)), ValueSize: 16, Flags: sys.BPF_NOEXIST,
		}, fields{
			{"map_fd", "3"}, {"key", "01000000"}, {"value", "00000000000000000000000000000000"}, {"flags", "BPF_NOEXIST"},
		}},
		{"long element", &sys.MapLookupElemAttr{
			MapFD: 3, Key: sys.Bytes(make([]byte, 17)), KeySize: 17, Value: sys.Bytes(make([]byte, 4096)), ValueSize: 4096,
		}, fields{{"map_fd", "3"}, {"key", "17 bytes"}, {"value", "4096 bytes"}}},
		{"element of unknown size", &sys.MapDeleteElemAttr{MapFD: 3, Key: sys.PtrTo(new(int32))},
			fields{{"map_fd", "3"}, {"key", "set"}}},
		{"program", &sys.ProgLoadAttr{
			ProgType: sys.BPF_PROG_TYPE_TRACING, InsnCnt: 3, Insns: sys.Bytes(make([]byte, 24)),
			License: sys.CString("GPL"), LogLevel: sys.BPF_LOG_LEVEL1, LogSize: 1, LogBuf: sys.Bytes(make([]byte, 1)),
			ProgFlags: sys.BPF_F_SLEEPABLE, ProgName: sys.MakeObjName("on_enter"),
			ExpectedAttachType: sys.BPF_TRACE_RAW_TP, FuncInfoRecSize: 8, FuncInfo: sys.Bytes(make([]byte, 16)), FuncInfoCnt: 2,
			FDArray: sys.Bytes(make([]byte, 4)),
		}, fields{
			{"prog_type", "BPF_PROG_TYPE_TRACING"}, {"insn_cnt", "3"}, {"insns", "24 bytes"}, {"license", `"GPL"`},
			{"log_level", "BPF_LOG_LEVEL1"}, {"log_size", "1"}, {"log_buf", "1 byte"}, {"prog_flags", "BPF_F_SLEEPABLE"},
			{"prog_name", `"on_enter"`}, {"expected_attach_type", "BPF_TRACE_RAW_TP"}, {"func_info_rec_size", "8"},
			{"func_info", "16 bytes"}, {"func_info_cnt", "2"}, {"fd_array", "set"},
		}},
		{"member of a member", &sys.LinkCreateAttr{ProgFD: 3, TargetFD: 4, AttachType: sys.BPF_PERF_EVENT},
			fields{{"prog_fd", "3"}, {"target_fd", "4"}, {"attach_type", "BPF_PERF_EVENT"}}},
		{"path", &sys.ObjGetAttr{Pathname: sys.CString("/sys/fs/bpf/a\"b"), FileFlags: sys.BPF_F_WRONLY},
			fields{{"pathname", `"/sys/fs/bpf/a\"b"`}, {"file_flags", "BPF_F_WRONLY"}}},
		{"kind is not the kernel's", &sys.NextIDAttr{Kind: sys.ObjLink, StartID: 1}, fields{{"start_id", "1"}}},
		{"NULL pointers", &sys.ObjInfoAttr{BPFFD: 3, Info: sys.Bytes(nil)}, fields{{"bpf_fd", "3"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, sys.Fields(tt.a)); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
		})
	}
}

// TestFieldsOfAll decodes every attribute struct with every field set: none panics, none is left out.
func TestFieldsOfAll(t *testing.T) {
	for _, m := range mirrors {
		a, ok := m.v.(sys.Attr)
		if !ok {
			continue
		}
		t.Run(m.goType().Name(), func(t *testing.T) {
			full := fill(a)
			if got, want := len(sys.Fields(full)), len(m.fields()); got != want {
				t.Errorf("%d fields, want %d: %v", got, want, sys.Fields(full))
			}
		})
	}
}

func TestPtr(t *testing.T) {
	tests := []struct {
		name string
		p    sys.Ptr
		null bool
	}{
		{"zero", sys.Ptr{}, true},
		{"nil bytes", sys.Bytes(nil), true},
		{"empty bytes", sys.Bytes(make([]byte, 0, 8)), true},
		{"nil object", sys.PtrTo[int32](nil), true},
		{"bytes", sys.Bytes([]byte{0}), false},
		{"empty string", sys.CString(""), false},
		{"object", sys.PtrTo(new(int32)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if null := tt.p == (sys.Ptr{}); null != tt.null {
				t.Errorf("NULL is %v", null)
			}
		})
	}
}

// fill gives a new struct of a's type with each field set to 1, or to a NUL-terminated text.
func fill(a sys.Attr) sys.Attr {
	v := reflect.New(reflect.TypeOf(a).Elem())
	for i := range v.Elem().NumField() {
		f := v.Elem().Field(i)
		if !f.CanSet() {
			continue
		}
		switch f.Interface().(type) {
		case sys.Ptr:
			f.Set(reflect.ValueOf(sys.CString("x")))
		case sys.ObjName:
			f.Set(reflect.ValueOf(sys.MakeObjName("x")))
		default:
			if f.CanUint() {
				f.SetUint(1)
			}
		}
	}
	return v.Interface().(sys.Attr)
}
