package main

import (
	"strings"
	"testing"
	"time"

	"kptr/internal/kerneltest"
	"kptr/test/vm/kernel"
)

func TestTakes(t *testing.T) {
	c := cell{arch: "arm64", series: "7"}
	for _, row := range []struct {
		s       selection
		version string
		want    bool
	}{
		{selection{}, "7.3.4+deb13-arm64", true},
		{selection{kernel: "7"}, "7.3.4+deb13-arm64", true},
		{selection{kernel: "7.3", arch: "arm64"}, "7.3.4+deb13-arm64", true},
		{selection{kernel: "7.3"}, "7.30.1+deb13-arm64", false},
		{selection{kernel: "6"}, "7.3.4+deb13-arm64", false},
		{selection{arch: "amd64"}, "7.3.4+deb13-arm64", false},
		{selection{ci: true}, "7.3.4+deb13-arm64", false},
		{selection{kernel: "7"}, "", true}, // in no archive
	} {
		if got := row.s.takes(c, row.version); got != row.want {
			t.Errorf("%+v %s: got %v", row.s, row.version, got)
		}
	}
}

// TestJudge: what fails a kernel although its verdict came.
func TestJudge(t *testing.T) {
	note := func(end, why string) []kerneltest.Note { return []kerneltest.Note{{Test: "TestX", End: end, Why: why}} }
	for _, row := range []struct {
		name    string
		release string
		notes   []kerneltest.Note
		want    string // "" if all is well
	}{
		{"passed", "7.3.4", nil, ""},
		{"another kernel", "7.3.5", nil, "not 7.3.4"},
		{"failed", "7.3.4", note(kerneltest.Failed, ""), "TestX failed"},
		{"refused", "7.3.4", note(kerneltest.Refused, "needs Linux 7.9"), ""},
		{"left out", "7.3.4", note(kerneltest.LeftOut, "bpftool"), ""},
		{"skipped", "7.3.4", note(kerneltest.Skipped, "no time"), "TestX skipped: no time"},
		{"option that it lacks", "7.3.4", note(kerneltest.Skipped, "no secret memory (CONFIG_SECRETMEM)"), ""},
		{"option that it has", "7.3.4", note(kerneltest.Skipped, "no huge pages (CONFIG_HUGETLBFS)"), "TestX skipped"},
		{"module", "7.3.4", note(kerneltest.Skipped, "CONFIG_DUMMY"), ""},
		{"what QEMU lacks", "7.3.4", note(kerneltest.Skipped, "no edat here"), ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := &outcome{
				cell: cell{lacks: []string{"no edat"}}, kernel: &kernel.Kernel{Release: "7.3.4"},
				config: "\nCONFIG_HUGETLBFS=y\n# CONFIG_SECRETMEM is not set\nCONFIG_DUMMY=m\n",
			}
			got := strings.Join(judge(&kerneltest.Verdict{Release: row.release, Notes: row.notes}, o), "; ")
			if !strings.Contains(got, row.want) || (got == "") != (row.want == "") {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
	old := &outcome{kernel: &kernel.Kernel{Release: "6.12.1"}}
	if got := judge(&kerneltest.Verdict{Release: "6.12.1", Notes: note(kerneltest.Skipped, "no time")}, old); got != nil {
		t.Errorf("before 6.13: %q", got)
	}
	unknown := &outcome{kernel: &kernel.Kernel{Release: "6.19.1"}} // without a configuration nothing is excused
	if got := judge(&kerneltest.Verdict{Release: "6.19.1", Notes: note(kerneltest.Skipped, "CONFIG_X")}, unknown); got == nil {
		t.Error("excused by a configuration that is not known")
	}
}

func TestTable(t *testing.T) {
	v := &kerneltest.Verdict{PageSize: 16384, Counts: map[string]int{
		kerneltest.Passed: 7, kerneltest.Failed: 1, kerneltest.Refused: 2, kerneltest.Skipped: 3, kerneltest.LeftOut: 4,
	}, Notes: []kerneltest.Note{{Test: "TestX", End: kerneltest.Skipped, Why: "because"}}}
	o := []*outcome{
		{
			cell: cell{arch: "arm64"}, kernel: &kernel.Kernel{Release: "7.3.4-16k", Version: "7.3.4-1"},
			runs: []run{{pkg: "kptr/sys", verdict: v, took: 9 * time.Second}, {took: 600 * time.Second, wrong: []string{"it hangs"}}},
		},
		{cell: cell{arch: "amd64", suites: []string{"trixie-backports"}, series: "6", flavour: "cloud-amd64"}},
	}
	var b strings.Builder
	writeDoc(&b, o, time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC), "QEMU 7")
	for _, want := range []string{
		"on 2026-11-22, with QEMU 7",
		"\n| 7.3.4-16k (7.3.4-1) | arm64 | 16384 | 13 | 7 | 2 | 3 | 4 | 609 | FAIL |\n",
		"\n| 6 cloud-amd64 trixie-backports | amd64 | | | | | | | | not in the archive |\n",
		"\n- kptr/sys TestX: because (all)\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
