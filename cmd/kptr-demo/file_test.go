package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kptr/internal/kerneltest"
)

// takers are the ways in which the command takes an object.
func takers(file string) [][]string {
	return [][]string{{"inspect", file}, {"plan", file}, {"load", file}, {"run", "-object", file}}
}

// Each broken object is refused by each verb with one line that names the file, the
// thing and its offset, before anything is loaded. The offsets are those of the ELF
// gABI, chapter 4, or of the object as debug/elf reads it. Elf64_Rel is an r_offset
// and an r_info of 8 bytes each, the latter with the symbol in its upper half.
func TestBrokenFiles(t *testing.T) {
	kerneltest.NoLeaks(t)
	good, err := os.ReadFile(native())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	rel := section(t, ".reltp_btf/sys_enter").Offset
	for _, tt := range []struct {
		name  string
		bytes []byte
		want  []string
	}{
		{"empty", nil, []string{"file header", "offset 0x0"}},
		{"truncated in the header", good[:40], []string{"file header", "offset 0x0", "40 bytes"}},
		{"truncated behind it", good[:200], []string{"file header", "offset 0x28", "e_shoff"}},
		{"last byte missing", good[:len(good)-1], []string{"offset 0x28", "e_shoff"}},
		{"no ELF", []byte("#!/bin/sh\nexit 0\n"), []string{"file header", "offset 0x0", "not an ELF file"}},
		{"this machine's ELF", self, []string{"file header", "offset 0x10", "e_type"}},
		{"x86 ELF", patch(good, 18, native16(62)...), []string{"file header", "offset 0x12", "EM_X86_64"}},
		{"32-bit ELF", patch(good, 4, 1), []string{"file header", "offset 0x4", "ELFCLASS32"}},
		{"section .BTF missing", rename(good, ".BTF", ".NOT"), []string{`section ".maps"`, "offset 0x0", ".BTF"}},
		{"relocation behind its section", patch(good, rel, native64(0x5000)...), []string{`".reltp_btf/sys_enter"`, fmt.Sprintf("offset %#x", rel), "0x5000"}},
		{"relocation against no symbol", patch(good, rel+8, native64(999<<32|1)...), []string{`".reltp_btf/sys_enter"`, fmt.Sprintf("offset %#x", rel+8), "symbol 999"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "broken.o")
			if err := os.WriteFile(file, tt.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range takers(file) {
				demoRun(args...).wantError(t, exitFailed, append(tt.want, "kptr-demo: "+file+": ")...)
			}
		})
	}
}

func native16(v uint16) []byte { return binary.NativeEndian.AppendUint16(nil, v) }
func native64(v uint64) []byte { return binary.NativeEndian.AppendUint64(nil, v) }

func section(t *testing.T, name string) *elf.Section {
	t.Helper()
	f, err := elf.Open(native())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := f.Section(name)
	if s == nil {
		t.Fatalf("%s has no section %q", native(), name)
	}
	return s
}

func patch(b []byte, offset uint64, with ...byte) []byte {
	b = bytes.Clone(b)
	copy(b[offset:], with)
	return b
}

// rename changes a name in the table of section names, which is the last part of
// the file that has it.
func rename(b []byte, from, to string) []byte {
	return patch(b, uint64(bytes.LastIndex(b, []byte(from+"\x00"))), []byte(to)...)
}

func TestObjectErrors(t *testing.T) {
	kerneltest.NoLeaks(t)
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"other byte order: plan", []string{"plan", object(otherOrder())}, []string{object(otherOrder()), "offset 0x5", "EI_DATA", "byte order"}},
		{"other byte order: load", []string{"load", object(otherOrder())}, []string{object(otherOrder()), "offset 0x5", "EI_DATA", "byte order"}},
		{"other byte order: run", []string{"run", "-object", object(otherOrder())}, []string{object(otherOrder()), "offset 0x5", "EI_DATA", "byte order"}},
		{"map without a value type", []string{"run", "-object", testObject("bad_untyped")}, []string{testObject("bad_untyped"), `".maps"`, "offset 0x0", "datamap"}},
		{"no file", []string{"inspect", "no/such.o"}, []string{"no/such.o: open: no such file"}},
		{"directory", []string{"plan", t.TempDir()}, []string{"is a directory"}},
		{"endless file", []string{"load", "/dev/zero"}, []string{"/dev/zero", "larger than"}},
		{"kernel BTF that is none", []string{"plan", "-btf", native(), native()}, []string{native(), "offset 0x0", "0xeb9f"}},
		{"kernel BTF that is empty", []string{"plan", "-btf", "/dev/null", native()}, []string{"/dev/null", "offset 0x0", "0xeb9f"}},
		{"broken rule", []string{"plan", testObject("bad_toomany")}, []string{testObject("bad_toomany"), `map "datamap"`, `"value_type"`, "BTF_FIELDS_MAX"}},
	} {
		t.Run(tt.name, func(t *testing.T) { demoRun(tt.args...).wantError(t, exitFailed, tt.want...) })
	}
}

// With -json a failure is on standard output as well, as a document.
func TestFailureJSON(t *testing.T) {
	for _, args := range takers("no/such.o") {
		r := demoRun(append(args, "-json")...)
		var doc failure
		if err := json.Unmarshal([]byte(r.stdout), &doc); err != nil {
			t.Fatal(err)
		}
		if want := "kptr-demo: " + doc.Error + "\n"; r.code != exitFailed || doc.Exit != exitFailed || r.stderr != want {
			t.Errorf("%v: exit code %d, standard error %q, document %+v", args, r.code, r.stderr, doc)
		}
	}
}
