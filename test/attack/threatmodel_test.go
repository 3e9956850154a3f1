//go:build !race

package attack

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"kptr/broker"
	"kptr/internal/kerneltest"
)

const threatModel = "../../docs/threat-model.md"

// TestThreatModel: the list of system calls in the text is that of the code, and each line that says what somebody can do names a test that there is.
func TestThreatModel(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	b, err := os.ReadFile(threatModel)
	must(t, err)
	t.Run("system calls", func(t *testing.T) { compareSyscalls(t, string(b)) })
	t.Run("tests", func(t *testing.T) { checkLines(t, string(b)) })
}

func compareSyscalls(t *testing.T, text string) {
	_, section, _ := strings.Cut(text, "\n| system calls |")
	section, _, _ = strings.Cut(section, "\n\n")
	var said, allowed []string
	for _, m := range regexp.MustCompile("`([a-z0-9_]+(?:\\([^`]*\\))?)`").FindAllStringSubmatch(section, -1) {
		said = append(said, m[1])
	}
	const pid = 424242
	for _, s := range broker.Syscalls(pid) {
		allowed = append(allowed, strings.Replace(s.String(), "0x67932", "PID", 1)) // 424242
	}
	if runtime.GOARCH == "s390x" { // whose differences the text tells
		arguments := regexp.MustCompile(`\(.*`)
		for _, list := range [][]string{said, allowed} {
			for i := range list {
				list[i] = arguments.ReplaceAllString(list[i], "")
			}
		}
	}
	slices.Sort(said)
	slices.Sort(allowed)
	for _, s := range said {
		if !slices.Contains(allowed, s) {
			t.Errorf("%s: the filter does not allow %s", threatModel, s)
		}
	}
	for _, s := range allowed {
		if !slices.Contains(said, s) {
			t.Errorf("%s: not in the list: %s", threatModel, s)
		}
	}
	if len(slices.Compact(said)) != len(said) {
		t.Errorf("%s: a system call is listed twice: %v", threatModel, said)
	}
}

func checkLines(t *testing.T, text string) {
	dirs := map[string]string{"attack.": ".", "": "../..", "hostile.": "../hostile", "kptr-demo.": "../../cmd/kptr-demo"}
	for _, name := range []string{"broker", "sys", "bpfobj", "btf", "elf"} {
		dirs[name+"."] = "../../" + name
	}
	lines := 0
	for i, line := range strings.Split(text, "\n") {
		names := regexp.MustCompile(`([a-z-]+\.)?\b((?:Test|Fuzz)[A-Z]\w*)`).FindAllStringSubmatch(line, -1)
		if strings.HasPrefix(line, "| can") {
			lines++
			if len(names) == 0 {
				t.Errorf("%s:%d: no test: %s", threatModel, i+1, line)
			}
		}
		for _, m := range names {
			if dir, ok := dirs[m[1]]; !ok || !hasTest(t, dir, m[2]) {
				t.Errorf("%s:%d: no test %s", threatModel, i+1, m[0])
			}
		}
	}
	if lines < 40 {
		t.Errorf("found %d lines that say what somebody can do", lines)
	}
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	must(t, err)
	for _, file := range files {
		b, err := os.ReadFile(file)
		must(t, err)
		if strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
