package sys_test

import (
	"os"
	"path/filepath"
	"testing"

	"kptr/sys"
)

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
