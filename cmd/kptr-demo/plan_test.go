package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/btf"
)

// recordedBTF is a kernel's BTF with what the object asks for: void (*)(void) and
// the typedef, which gets the id 3.
func recordedBTF(t *testing.T, order binary.ByteOrder) string {
	t.Helper()
	s := btf.New(order)
	proto := s.Add(btf.Type{Kind: btf.KindFuncProto})
	ptr := s.Add(btf.Type{Kind: btf.KindPtr, Type: proto})
	if id := s.Add(btf.Type{Kind: btf.KindTypedef, Name: "btf_trace_sys_enter", Type: ptr}); id != 3 {
		t.Fatalf("id %d", id)
	}
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "vmlinux.btf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A plan for a recorded kernel is the same on every host, byte for byte. The golden
// files were checked by hand: sizes and counts against llvm-readelf -S, type ids
// against bpftool btf dump, the rest against the C source and linux/bpf.h. The
// BTF that is loaded has 5 bytes more than section .BTF, for "uptr" and its NUL.
func TestPlanGolden(t *testing.T) {
	for _, tt := range []struct {
		name   string
		order  binary.ByteOrder
		object string
		flags  []string
	}{
		{"plan-el.txt", binary.LittleEndian, object("el"), []string{"-release", "6.13.1", "-page-size", "4096"}},
		{"plan-eb.txt", binary.BigEndian, object("eb"), []string{"-page-size", "65536", "-tag", "kptr_user"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"plan", "-btf", recordedBTF(t, tt.order)}, append(tt.flags, tt.object)...)
			r := demoRun(args...)
			r.wantDone(t)
			want, err := os.ReadFile(filepath.Join("testdata", tt.name))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), r.stdout); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if again := demoRun(args...); again != r {
				t.Error("the second plan differs")
			}
		})
	}
}

// The document of plan says what the text does.
func TestPlanJSON(t *testing.T) {
	args := []string{"plan", "-btf", recordedBTF(t, binary.LittleEndian), "-release", "6.13.1", "-page-size", "4096", object("el")}
	text, r := demoRun(args...), demoRun(append(args, "-json")...)
	text.wantDone(t)
	r.wantDone(t)
	var doc planDocument
	if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if want := (kernelReport{"6.13.1", "little-endian", 4096, "uptr"}); doc.Kernel != want {
		t.Errorf("kernel %+v, want %+v", doc.Kernel, want)
	}
	lines := strings.Split(text.stdout, "\n")[3:]
	for i, s := range doc.Steps {
		if want := "step " + strconv.Itoa(i+1) + "  " + s.About; s.Step != i+1 || lines[2*i] != want {
			t.Errorf("step %d %q, the text has %q", s.Step, s.About, lines[2*i])
		}
		command := lines[2*i+1]
		if !strings.Contains(command, s.Command+"(") {
			t.Errorf("step %d is a %s, the text has %q", s.Step, s.Command, command)
		}
		for name, value := range s.Attributes {
			if !strings.Contains(command, name+"="+value) {
				t.Errorf("step %d has %s=%s, the text has %q", s.Step, name, value, command)
			}
		}
	}
}

// A planDocument is what a reader of plan -json makes of it.
type planDocument struct {
	Kernel kernelReport
	Steps  []struct {
		Step       int
		About      string
		Command    string
		Attributes map[string]string
		Yields     string
		Expect     string
	}
}

// A kernel that lacks what a program asks for.
func TestPlanNotFound(t *testing.T) {
	s := btf.New(binary.LittleEndian)
	s.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32})
	b, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "vmlinux.btf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	demoRun("plan", "-btf", file, object("el")).wantError(t, exitFailed, object("el"), `"on_sys_enter"`, "btf_trace_sys_enter")
}
