package prebuilt

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manifestSums returns the SHA-256 that manifest.txt records for each file, by "source" or "object" and file name.
func manifestSums(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("manifest.txt")
	if err != nil {
		t.Fatal(err)
	}
	sums := make(map[string]string)
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[0] == "source" || f[0] == "object") {
			sums[f[0]+" "+f[2]] = f[1]
		}
	}
	return sums
}

// TestManifest fails when a source was edited without "make bpf", or an object was built by other means.
func TestManifest(t *testing.T) {
	sums := manifestSums(t)
	for kind, patterns := range map[string][]string{"source": {"*.c", "*.h"}, "object": {"*.o"}} {
		for _, pattern := range patterns {
			names, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(b)
				got, want := hex.EncodeToString(sum[:]), sums[kind+" "+name]
				if got != want {
					t.Errorf("%s %s: sha256 %s, manifest.txt says %q: run make bpf", kind, name, got, want)
				}
				delete(sums, kind+" "+name)
			}
		}
	}
	for name := range sums {
		t.Errorf("manifest.txt lists %s, which is not there", name)
	}
}

// TestManifestHead checks that the manifest names what makes a rebuild the same: the compiler and its flags.
func TestManifestHead(t *testing.T) {
	b, err := os.ReadFile("manifest.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"compiler clang 19.", "flags -mcpu=v3 -O2 -g "} {
		if !bytes.Contains(b, []byte("\n"+prefix)) {
			t.Errorf("manifest.txt: no line begins with %q", prefix)
		}
	}
}

func TestObjects(t *testing.T) {
	for _, tt := range []struct {
		name string
		data elf.Data
	}{
		{"task_local.bpfel.o", elf.ELFDATA2LSB},
		{"task_local.bpfeb.o", elf.ELFDATA2MSB},
		{"every_task.bpfel.o", elf.ELFDATA2LSB},
		{"every_task.bpfeb.o", elf.ELFDATA2MSB},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := elf.Open(tt.name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Machine != elf.EM_BPF || f.Class != elf.ELFCLASS64 || f.Data != tt.data {
				t.Errorf("%v %v %v, want EM_BPF ELFCLASS64 %v", f.Machine, f.Class, f.Data, tt.data)
			}
			for _, name := range []string{".BTF", ".BTF.ext", ".maps", ".bss", "tp_btf/sys_enter", "license"} {
				if f.Section(name) == nil {
					t.Errorf("no section %q", name)
				}
			}
			for _, s := range f.Sections {
				if strings.HasPrefix(s.Name, ".debug") {
					t.Errorf("section %q: DWARF was not stripped", s.Name)
				}
			}
		})
	}
}

// TestRelativePaths: an absolute file name in the line info would make a rebuild depend on where the tree lies.
func TestRelativePaths(t *testing.T) {
	names, err := filepath.Glob("*.o")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for s := range bytes.SplitSeq(b, []byte{0}) {
			if bytes.HasPrefix(s, []byte("/")) && bytes.HasSuffix(s, []byte(".c")) {
				t.Errorf("%s: absolute file name %q", name, s)
			}
		}
		stem, _, _ := strings.Cut(name, ".")
		if !bytes.Contains(b, []byte("\x00./"+stem+".bpf.c\x00")) {
			t.Errorf("%s: no file name ./%s.bpf.c", name, stem)
		}
	}
}

// TestByteOrder checks that the build constraints chose the host's byte order.
func TestByteOrder(t *testing.T) {
	suffix := ".bpfel.o"
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		suffix = ".bpfeb.o"
	}
	for name, got := range map[string][]byte{"task_local": TaskLocal(), "every_task": EveryTask(), "guard": Guard(),
		"sched": Scheduler(), "registered": Registered(), "broker": Broker(),
	} {
		want, err := os.ReadFile(name + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not %s", name, name+suffix)
		}
	}
}
