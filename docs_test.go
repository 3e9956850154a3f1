package kptr_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kptr/internal/kerneltest"
)

// TestDocs: what README and docs send a reader to is there: make targets, tests and files.
func TestDocs(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	makefile := readText(t, "Makefile")
	tests := ""
	for _, dir := range []string{".", "elf", "btf", "sys", "bpfobj", "bpfobj/prebuilt", "cmd/kptr-demo", "internal/btfc", "broker", "test/attack", "test/hostile"} {
		names, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		must(t, err)
		for _, name := range names {
			tests += readText(t, name)
		}
	}
	docs, err := filepath.Glob("docs/*.md")
	must(t, err)
	for _, doc := range append(docs, "README.md") {
		text := readText(t, doc)
		for _, m := range regexp.MustCompile("(?m)(?:`|^ {4}|\\$ )make ([a-z-]+)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: make %s: no such target", doc, m[1])
			}
		}
		for _, name := range regexp.MustCompile(`\bTest[A-Z]\w*`).FindAllString(text, -1) {
			if !strings.Contains(tests, "\nfunc "+name+"(") {
				t.Errorf("%s: %s: no such test", doc, name)
			}
		}
		prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
		for _, m := range regexp.MustCompile(`\]\(([\w./-]+)\)`).FindAllStringSubmatch(prose, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(doc), m[1])); err != nil {
				t.Errorf("%s: link: %v", doc, err)
			}
		}
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return string(b)
}
