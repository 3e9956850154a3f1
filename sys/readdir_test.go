package sys_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"kptr/sys"
)

// TestReadNames compares with os.ReadDir, over more names than one getdents64 gives.
func TestReadNames(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%d", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{dir, t.TempDir(), "/sys/devices/system"} {
		entries, err := os.ReadDir(dir) // sorted by name
		if err != nil {
			t.Fatal(err)
		}
		got, err := sys.ReadNames(dir)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		var want []string
		for _, e := range entries {
			want = append(want, e.Name())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d names, os.ReadDir has %d", dir, len(got), len(want))
		}
	}
}

func TestReadNamesErrors(t *testing.T) {
	for path, want := range map[string]error{"/proc/self/no such": syscall.ENOENT, "/proc/self/cmdline": syscall.ENOTDIR} {
		if names, err := sys.ReadNames(path); names != nil || !errors.Is(err, want) {
			t.Errorf("ReadNames(%q) = %v, %v, want %v", path, names, err, want)
		}
	}
}

func TestExists(t *testing.T) {
	dangling := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/no such", dangling); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{"/proc/self": true, "/proc/self/cmdline": true, "/proc/self/no such": false, dangling: true} {
		if got := sys.Exists(path); got != want {
			t.Errorf("Exists(%q) = %v", path, got)
		}
	}
}
