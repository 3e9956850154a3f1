package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// executable writes an ELF header and the program headers that it is told of, and gives the file's name.
func executable(t *testing.T, machine elf.Machine, order binary.ByteOrder, progs ...elf.ProgType) string {
	t.Helper()
	const headerSize, progSize = 64, 56 // of ELF64
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: headerSize, Ehsize: headerSize, Phentsize: progSize, Phnum: uint16(len(progs)),
	}
	if order == binary.BigEndian {
		header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2MSB)
	}
	var buf bytes.Buffer
	must(t, binary.Write(&buf, order, header))
	for _, p := range progs {
		must(t, binary.Write(&buf, order, elf.Prog64{Type: uint32(p)}))
	}
	name := filepath.Join(t.TempDir(), "kptr-demo")
	must(t, os.WriteFile(name, buf.Bytes(), 0o600))
	return name
}

// allExecutables gives one for each architecture.
func allExecutables(t *testing.T) []string {
	return []string{
		executable(t, elf.EM_X86_64, binary.LittleEndian, elf.PT_LOAD),
		executable(t, elf.EM_AARCH64, binary.LittleEndian, elf.PT_LOAD),
		executable(t, elf.EM_S390, binary.BigEndian, elf.PT_LOAD),
	}
}

func TestRefused(t *testing.T) {
	amd64 := executable(t, elf.EM_X86_64, binary.LittleEndian, elf.PT_LOAD)
	dynamic := executable(t, elf.EM_X86_64, binary.LittleEndian, elf.PT_LOAD, elf.PT_INTERP)
	for _, tt := range []struct {
		name     string
		kind     string
		binaries []string
		want     error
	}{
		{"dynamic", "oci", []string{dynamic}, errDynamic},
		{"another architecture", "oci", []string{executable(t, elf.EM_SPARCV9, binary.BigEndian, elf.PT_LOAD)}, errMachine},
		{"one architecture twice", "oci", []string{amd64, amd64}, errTwice},
		{"no file", "initramfs", []string{"absent"}, fs.ErrNotExist},
		{"two for an initramfs", "initramfs", []string{amd64, amd64}, errUsage},
		{"none", "oci", nil, errUsage},
		{"another kind", "iso", []string{amd64}, errUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if err := run(append([]string{tt.kind, out}, tt.binaries...)); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %v, want nothing there", out, err)
			}
		})
	}
}

// TestReproducible compares all that is written from two copies of the binaries.
func TestReproducible(t *testing.T) {
	for kind, count := range map[string]int{"initramfs": 1, "oci": 3} {
		t.Run(kind, func(t *testing.T) {
			var trees [2]map[string]string
			for i := range trees {
				out := filepath.Join(t.TempDir(), "out")
				must(t, run(append([]string{kind, out}, allExecutables(t)[:count]...)))
				trees[i] = tree(t, out)
			}
			if len(trees[0]) == 0 || len(trees[0]) != len(trees[1]) {
				t.Fatalf("%d and %d files", len(trees[0]), len(trees[1]))
			}
			for name, data := range trees[0] {
				if trees[1][name] != data {
					t.Errorf("%s: not the same twice", name)
				}
			}
		})
	}
}

// tree reads all files below a directory, or one file.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		files[name[len(root):]] = string(data)
		return err
	}))
	return files
}

// tool runs a program that knows the format from elsewhere, and gives its standard output.
func tool(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stderr = dir, &stderr
	cmd.Env = append(os.Environ(), "TZ=UTC", "LC_ALL=C")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.String())
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
