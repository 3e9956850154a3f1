package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kptr/internal/kerneltest"
)

// The objects are those of package bpfobj's tests; what becomes of each follows from
// its source, and has been seen with bpftool prog loadall where that knows the
// object.
func TestLoad(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		object string
		want   []string // kind, name and reason, of each
		code   int
	}{
		{"maps", []string{"BTF", "map an_array", "map a_hash", "map percpu_array", "map ring", "map percpu_hash", "map lru_hash",
			"map task_storage", "map sized_hash", "map both_forms", "map .rodata.cst16", "program use_maps"}, 0},
		{"mapinmap", []string{"BTF", "map inner_a", "map inner_b", "map outer_array", "map outer_hash", "program read_inner"}, 0},
		{"bad_toomany", []string{"BTF", "map datamap: rule", "map .bss"}, 1},
		{"kfunc_missing", []string{"BTF", "program call_missing: not found"}, 1},
		{"core_missing", []string{"BTF", "program read_missing: verifier", "program value_missing: verifier"}, 1},
		{"refused", []string{"BTF", "map .bss", "program out_of_bounds: verifier", "program long_log: verifier"}, 1},
	} {
		t.Run(tt.object, func(t *testing.T) {
			file := testObject(tt.object)
			r := demoRun("load", "-json", file)
			var doc loadReport
			if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range doc.Results {
				line := join(x.Kind, x.Name)
				if !x.Loaded {
					line += ": " + x.Reason
				}
				if (x.Reason == "verifier") != strings.Contains(x.Log, "processed ") {
					t.Errorf("%s: log %q", line, x.Log)
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if r.code != tt.code || doc.Exit != tt.code || doc.Loaded+doc.Refused != len(tt.want) {
				t.Errorf("exit code %d, want %d; document: %d, %d loaded, %d refused", r.code, tt.code, doc.Exit, doc.Loaded, doc.Refused)
			}
			compareText(t, file, doc, demoRun("load", file))
		})
	}
}

func compareText(t *testing.T, file string, doc loadReport, text result) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text.stdout), "\n")
	if len(lines) != 1+len(doc.Results) || !strings.HasPrefix(lines[0], file+": ") {
		t.Fatalf("standard output:\n%s", text.stdout)
	}
	for i, x := range doc.Results {
		want := "loaded  " + x.thing()
		if !x.Loaded {
			want = "refused " + x.thing() + " (" + x.Reason + "): "
		}
		if !strings.HasPrefix(lines[i+1], want) {
			t.Errorf("line %q, want %q", lines[i+1], want)
		}
	}
	if doc.Refused > 0 {
		text.wantLine(t, file, "not loaded")
	}
}

func TestLoadLog(t *testing.T) {
	requireKernel(t)
	kerneltest.NoLeaks(t)
	r := demoRun("load", "-log", testObject("refused"))
	if r.code != exitFailed || strings.Count(r.stdout, "\n        processed ") != 2 {
		t.Errorf("exit code %d, %d lines", r.code, strings.Count(r.stdout, "\n"))
	}
}
