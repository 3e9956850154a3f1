package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// TestInitramfs: cpio(1) finds one file, /init, executable, root's, with the binary's bytes.
func TestInitramfs(t *testing.T) {
	dir, name := t.TempDir(), allExecutables(t)[0]
	out := filepath.Join(dir, "initramfs.cpio")
	must(t, run([]string{"initramfs", out, name}))
	list := tool(t, dir, "cpio", "--list", "--verbose", "--numeric-uid-gid", "--quiet", "--file", out)
	if want := regexp.MustCompile(`^-rwxr-xr-x +1 0 +0 +[0-9]+ Jan  1  1970 init\n$`); !want.Match(list) {
		t.Errorf("cpio lists %q, want %v", list, want)
	}
	tool(t, dir, "cpio", "--extract", "--quiet", "--file", out)
	want, err := os.ReadFile(name)
	must(t, err)
	if got, err := os.ReadFile(filepath.Join(dir, "init")); err != nil || string(got) != string(want) {
		t.Errorf("init: %d bytes, %v, want the binary's %d", len(got), err, len(want))
	}
}
