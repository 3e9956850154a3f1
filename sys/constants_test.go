package sys_test

import (
	"fmt"
	"go/constant"
	"go/types"
	"slices"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// newerThanHeader lists constants that linux-libc-dev 6.1, which testdata/layout.c is compiled
// with, does not have; the running kernel's BTF vouches for them.
var newerThanHeader = map[string]bool{
	"BPF_MAP_TYPE_CGRP_STORAGE": true, // 6.2
	"BPF_MAP_TYPE_ARENA":        true, // 6.9
	"BPF_STRUCT_OPS":            true, // 6.4
	"BPF_F_LINK":                true, // 6.4
}

// notUAPI lists macros of the kernel's linux/bpf_verifier.h, in no UAPI header and no BTF;
// TestLogLevels sees what they do.
var notUAPI = map[string]bool{"BPF_LOG_LEVEL1": true, "BPF_LOG_LEVEL2": true, "BPF_LOG_STATS": true}

// sourceConstants evaluates the constants of the package that have C names, from its source.
func sourceConstants(t *testing.T) map[string]uint64 {
	t.Helper()
	// Imports are not followed, and what they break is not a constant.
	conf := types.Config{Error: func(error) {}, IgnoreFuncBodies: true}
	pkg, _ := conf.Check("sys", sourceSet, parseSources(t), nil)
	out := make(map[string]uint64)
	for _, name := range pkg.Scope().Names() {
		c, ok := pkg.Scope().Lookup(name).(*types.Const)
		if !ok || !strings.HasPrefix(name, "BPF_") && !strings.HasPrefix(name, "CAP_") {
			continue
		}
		v, exact := constant.Uint64Val(constant.ToInt(c.Val()))
		if !exact {
			t.Fatalf("%s = %v", name, c.Val())
		}
		out[name] = v
	}
	if len(out) < 80 {
		t.Fatalf("found %d constants only", len(out))
	}
	return out
}

func TestConstantsHeader(t *testing.T) {
	h := readHeaderLayout(t)
	for name, got := range sourceConstants(t) {
		want, ok := h.consts[name]
		switch {
		case ok && got != want:
			t.Errorf("%s = %d, the header has %d", name, got, want)
		case !ok && !newerThanHeader[name] && !notUAPI[name]:
			t.Errorf("%s: no row", name)
		}
	}
}

func TestConstantsKernelBTF(t *testing.T) {
	kerneltest.NeedLinux(t, "6.9", "BPF_MAP_TYPE_ARENA and other constants of linux/bpf.h")
	s := kernelBTF(t)
	kernel := make(map[string]uint64)
	for id := range s.Len() {
		if t := s.Type(btf.ID(id)); t.Kind == btf.KindEnum || t.Kind == btf.KindEnum64 {
			for _, v := range t.Members {
				kernel[v.Name] = v.Value
			}
		}
	}
	for name, got := range sourceConstants(t) {
		want, ok := kernel[name]
		if ok && got != want {
			t.Errorf("%s = %d, the kernel has %d", name, got, want)
		}
		if !ok && newerThanHeader[name] {
			t.Errorf("%s: not in the kernel's BTF", name)
		}
	}
}

// TestEnumNames compares String with the kernel's own names.
func TestEnumNames(t *testing.T) {
	s := kernelBTF(t)
	consts := sourceConstants(t)
	tests := []struct {
		enum string
		name func(uint32) string
	}{
		{"bpf_cmd", func(v uint32) string { return sys.Cmd(v).String() }},
		{"bpf_map_type", func(v uint32) string { return sys.MapType(v).String() }},
		{"bpf_prog_type", func(v uint32) string { return sys.ProgType(v).String() }},
		{"bpf_attach_type", func(v uint32) string { return sys.AttachType(v).String() }},
		{"bpf_link_type", func(v uint32) string { return sys.LinkType(v).String() }},
	}
	for _, tt := range tests {
		t.Run(tt.enum, func(t *testing.T) {
			id, err := s.Find(btf.KindEnum, tt.enum)
			if err != nil {
				t.Fatal(err)
			}
			names := make(map[uint64][]string) // some have two
			for _, v := range s.Type(id).Members {
				names[v.Value] = append(names[v.Value], v.Name)
			}
			for value, known := range names {
				if strings.HasPrefix(known[0], "__MAX_") {
					continue // a later kernel's first new value
				}
				got := tt.name(uint32(value))
				ours := slices.ContainsFunc(known, func(name string) bool { _, ok := consts[name]; return ok })
				if !slices.Contains(known, got) && (ours || !strings.HasSuffix(got, fmt.Sprintf("(%d)", value))) {
					t.Errorf("%d is %q, the kernel has %q", value, got, known)
				}
			}
			if got, want := tt.name(4000), tt.enum+"(4000)"; got != want {
				t.Errorf("an unknown value is %q, want %q", got, want)
			}
		})
	}
}

func TestFlagNames(t *testing.T) {
	tests := []struct {
		name  string
		flags interface{ String() string }
		want  string
	}{
		{"none", sys.MapFlags(0), "0"},
		{"one", sys.BPF_F_NO_PREALLOC, "BPF_F_NO_PREALLOC"},
		{"two", sys.BPF_F_MMAPABLE | sys.BPF_F_RDONLY_PROG, "BPF_F_RDONLY_PROG|BPF_F_MMAPABLE"},
		{"access", sys.BPF_F_RDONLY | sys.BPF_F_WRONLY | sys.BPF_F_WRONLY_PROG | sys.BPF_F_CLONE, "BPF_F_RDONLY|BPF_F_WRONLY|BPF_F_WRONLY_PROG|BPF_F_CLONE"},
		{"unknown", sys.MapFlags(1 << 30), "0x40000000"},
		{"known and unknown", sys.BPF_F_NO_PREALLOC | 1<<30, "BPF_F_NO_PREALLOC|0x40000000"},
		{"any", sys.BPF_ANY, "BPF_ANY"},
		{"update", sys.BPF_NOEXIST | sys.BPF_F_LOCK, "BPF_NOEXIST|BPF_F_LOCK"},
		{"exist", sys.BPF_EXIST, "BPF_EXIST"},
		{"program", sys.BPF_F_SLEEPABLE, "BPF_F_SLEEPABLE"},
		{"log", sys.BPF_LOG_LEVEL1 | sys.BPF_LOG_LEVEL2 | sys.BPF_LOG_STATS, "BPF_LOG_LEVEL1|BPF_LOG_LEVEL2|BPF_LOG_STATS"},
		{"object kind", sys.ObjLink, "link"},
		{"no object kind", sys.ObjKind(9), "object kind(9)"},
		{"capability", sys.CAP_BPF, "CAP_BPF"},
		{"capabilities", sys.CapSet(1<<12 | 1<<21 | 1<<38 | 1<<39), "CAP_NET_ADMIN,CAP_SYS_ADMIN,CAP_PERFMON,CAP_BPF"},
		{"capability without name", sys.CapSet(1 << 3), "capability(3)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.flags.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
