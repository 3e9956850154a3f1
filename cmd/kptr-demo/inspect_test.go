package main

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Sections, relocations and instruction counts are compared with debug/elf, the
// maps with the C source.
func TestInspect(t *testing.T) {
	for _, order := range []string{"el", "eb"} {
		t.Run(order, func(t *testing.T) {
			file := object(order)
			r := demoRun("inspect", "-json", file)
			r.wantDone(t)
			var doc objectReport
			if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
				t.Fatal(err)
			}
			f, err := elf.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			compareSections(t, f, &doc)

			value := "struct user_data;\n\nstruct value_type {\n\tstruct user_data __attribute__((btf_type_tag(\"kptr_user\"))) *udata;\n};\n\n" +
				"struct user_data {\n\tint a;\n\tint b;\n\tint result;\n};"
			want := mapReport{
				Name: "datamap", Type: "BPF_MAP_TYPE_TASK_STORAGE", KeySize: 4, ValueSize: 8, Flags: "BPF_F_NO_PREALLOC",
				Key: "int", Value: value, UserKptrs: []kptrReport{{"udata", 0, "user_data", 12}},
			}
			if diff := cmp.Diff(want, doc.Maps[0]); diff != "" {
				t.Errorf("datamap: -want +got:\n%s", diff)
			}
			if m := doc.Maps[1]; m.Name != ".bss" || len(m.Variables) == 0 || m.Variables[0] != (variableReport{"target_pid", 0, 4}) {
				t.Errorf(".bss: %+v", m)
			}
			program := programReport{
				Name: "on_sys_enter", Section: "tp_btf/sys_enter", Type: "BPF_PROG_TYPE_TRACING", AttachType: "BPF_TRACE_RAW_TP", Target: "sys_enter",
				Instructions: int(f.Section("tp_btf/sys_enter").Size / 8), CORE: 1, // task->pid
			}
			if diff := cmp.Diff([]programReport{program}, doc.Programs); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if doc.License != "GPL" || doc.ByteOrder != map[string]string{"el": "little-endian", "eb": "big-endian"}[order] {
				t.Errorf("licence %q, %s", doc.License, doc.ByteOrder)
			}
			compareInspectText(t, &doc, demoRun("inspect", file))
		})
	}
}

func compareSections(t *testing.T, f *elf.File, doc *objectReport) {
	t.Helper()
	if len(doc.Sections) != len(f.Sections)-1 {
		t.Fatalf("%d sections, debug/elf has %d and the null section", len(doc.Sections), len(f.Sections)-1)
	}
	relocs := 0
	for i, s := range f.Sections[1:] {
		got := doc.Sections[i]
		if got.Name != s.Name || got.Offset != s.Offset || got.Size != s.FileSize && s.Type != elf.SHT_NOBITS || got.Index != i+1 {
			t.Errorf("section %+v, debug/elf has %+v", got, s.SectionHeader)
		}
		if s.Type == elf.SHT_REL {
			if n := int(s.Size / 16); doc.Sections[s.Info-1].Relocations != n {
				t.Errorf("section %+v, debug/elf has %d relocations", doc.Sections[s.Info-1], n)
			}
			if f.Sections[s.Info].Flags&elf.SHF_ALLOC != 0 {
				relocs += int(s.Size / 16)
			}
		}
	}
	if len(doc.Relocations) != relocs {
		t.Errorf("%d relocations of what is loaded, debug/elf has %d", len(doc.Relocations), relocs)
	}
	for _, r := range doc.Relocations {
		if r.Section != "tp_btf/sys_enter" || r.Type != "R_BPF_64_64" || r.Symbol != "target_pid" && r.Symbol != "datamap" {
			t.Errorf("relocation %+v", r)
		}
	}
}

func compareInspectText(t *testing.T, doc *objectReport, text result) {
	t.Helper()
	text.wantDone(t)
	for _, s := range doc.Sections {
		if !strings.Contains(text.stdout, " "+s.Name+" ") {
			t.Errorf("section %s is not in the text", s.Name)
		}
	}
	for _, want := range []string{
		"licence \"GPL\"", "\n      \tstruct user_data __attribute__((btf_type_tag(\"kptr_user\"))) *udata;\n", "user kptr udata (offset 0) to struct user_data, 12 bytes",
		"pid_t target_pid;", "on_sys_enter  section tp_btf/sys_enter, BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, target sys_enter, ", "R_BPF_64_64  datamap\n",
	} {
		if !strings.Contains(text.stdout, want) {
			t.Errorf("no %q in:\n%s", want, text.stdout)
		}
	}
}

// An object that breaks a rule of user kptrs is shown all the same, with the rule.
func TestInspectBrokenRule(t *testing.T) {
	r := demoRun("inspect", testObject("bad_toomany"))
	r.wantDone(t)
	if !strings.Contains(r.stdout, "breaks a rule: ") || !strings.Contains(r.stdout, "BTF_FIELDS_MAX") {
		t.Errorf("standard output:\n%s", r.stdout)
	}
}

// Names of ELF may be any bytes: none reaches the terminal that it would act on.
func TestInspectNames(t *testing.T) {
	b, err := os.ReadFile(testObject("maps"))
	must(t, err)
	file := filepath.Join(t.TempDir(), "escape.o")
	b = bytes.ReplaceAll(b, []byte(".strtab"), []byte("\x1b[31mEV"))
	must(t, os.WriteFile(file, bytes.ReplaceAll(b, []byte(".rodata.cst16"), []byte(".rodata.\x1b[31m")), 0o600))
	r := demoRun("inspect", file)
	r.wantDone(t)
	if strings.Contains(r.stdout, "\x1b") || !strings.Contains(r.stdout, "?[31mEV") || !strings.Contains(r.stdout, "\n  .rodata.?[31m  BPF_MAP_TYPE_ARRAY") {
		t.Errorf("standard output:\n%q", r.stdout)
	}
}
