package sys_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"kptr/sys"
)

// TestReadFile compares with os.ReadFile: regular files, and files that do not tell their size.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bytes.Repeat([]byte("abc\x00"), size/4), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, path := range []string{write("empty", 0), write("one", 4), write("512", 512), write("64k", 65536), "/proc/self/cmdline", "/sys/devices/system/cpu/possible"} {
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sys.ReadFile(path, 65536)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; os.ReadFile gives %d", path, len(got), err, len(want))
		}
	}
}

func TestReadFileErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		path  string
		limit int
		want  error
	}{
		{"missing", file + ".not", 1000, syscall.ENOENT},
		{"directory", filepath.Dir(file), 1000, syscall.EISDIR},
		{"one byte too many", file, 999, sys.ErrFileSize},
		{"far too many", "/dev/zero", 1 << 20, sys.ErrFileSize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := sys.ReadFile(tt.path, tt.limit)
			if b != nil || !errors.Is(err, tt.want) {
				t.Errorf("%d bytes, %v, want %v", len(b), err, tt.want)
			}
		})
	}
	if b, err := sys.ReadFile(file, 1000); err != nil || len(b) != 1000 {
		t.Errorf("as large as the limit: %d bytes, %v", len(b), err)
	}
}
