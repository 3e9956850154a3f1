package btf

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// extLines are what an object says about its instructions, one text a record, in the words of llvm-objdump.
type extLines struct{ funcs, lines, relos []string }

// parseObjdump reads the output of `llvm-objdump -dlr`, which shows line info before the instruction that it is
// about, in instructions, and CO-RE records after it, in bytes.
func parseObjdump(dump []byte) extLines {
	var want extLines
	var section, line string
	for sc := bufio.NewScanner(bytes.NewReader(dump)); sc.Scan(); {
		text := strings.TrimSpace(sc.Text())
		var insn, off uint32
		var name string
		if rest, ok := strings.CutPrefix(text, "Disassembly of section "); ok {
			section, line = strings.TrimSuffix(rest, ":"), ""
		} else if rest, ok := strings.CutPrefix(text, "; "); ok {
			line = rest
		} else if n, _ := fmt.Sscanf(text, "%x <%s", &off, &name); n == 2 {
			want.funcs = append(want.funcs, fmt.Sprintf("%s %d %s", section, off, strings.TrimSuffix(name, ">:")))
		} else if at, relo, ok := strings.Cut(text, ":  CO-RE "); ok {
			fmt.Sscanf(at, "%x", &off)
			relo = relo[:strings.IndexByte(relo, ']')+1] + access(relo)
			want.relos = append(want.relos, fmt.Sprintf("%s %d %s", section, off, relo))
		} else if n, _ := fmt.Sscanf(text, "%d:", &insn); n == 1 && line != "" {
			want.lines = append(want.lines, fmt.Sprintf("%s %d %s", section, insn*8, line))
			line = ""
		}
	}
	return want
}

// access is the access string of a CO-RE record of llvm-objdump, "(0:1)"; a type's is not shown, and is "0".
func access(relo string) string {
	if i := strings.LastIndexByte(relo, '('); i >= 0 {
		return " " + relo[i:]
	}
	return " (0)"
}

func describeExt(t *testing.T, s *Spec, e *Ext) extLines {
	t.Helper()
	str := func(off uint32) string {
		text, err := s.String(off)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	kind := map[uint32]string{0: "byte_off", 2: "field_exists", 8: "type_exists"} // enum bpf_core_relo_kind
	var got extLines
	for _, r := range extRecords(s, e.Funcs, 8) {
		got.funcs = append(got.funcs, fmt.Sprintf("%s %d %s", r.section, r.word[0], s.Type(ID(r.word[1])).Name))
	}
	for _, r := range extRecords(s, e.Lines, 16) {
		got.lines = append(got.lines, fmt.Sprintf("%s %d %s:%d", r.section, r.word[0], str(r.word[1]), r.word[3]>>10)) // BPF_LINE_INFO_LINE_NUM
	}
	for _, r := range extRecords(s, e.Relos, 16) {
		got.relos = append(got.relos, fmt.Sprintf("%s %d <%s> [%d] (%s)", r.section, r.word[0], kind[r.word[3]], r.word[1], str(r.word[2])))
	}
	return got
}

// An extRecord is a record with the name of its ELF section.
type extRecord struct {
	section string
	word    []uint32
}

func extRecords(s *Spec, secs []ExtSec, size int) (out []extRecord) {
	for _, sec := range secs {
		for b := range slices.Chunk(sec.Records, size) {
			r := extRecord{section: sec.Name}
			for i := 0; i < size; i += 4 {
				r.word = append(r.word, s.ByteOrder().Uint32(b[i:]))
			}
			out = append(out, r)
		}
	}
	return out
}

// dropRepeats leaves out the records that llvm-objdump does not show because they repeat the line of the one before.
func dropRepeats(got, want []string) []string {
	var kept []string
	line := func(text string) string { return text[strings.LastIndexByte(text, ' '):] }
	for i, text := range got {
		if i == 0 || slices.Contains(want, text) || line(text) != line(got[i-1]) {
			kept = append(kept, text)
		}
	}
	return kept
}

func TestDecodeExtAgreesWithObjdump(t *testing.T) {
	for _, name := range []string{"kinds-el", "kinds-eb", "plain-el", "plain-eb"} {
		t.Run(name, func(t *testing.T) {
			s := mustDecode(t, readTestdata(t, name+".btf"))
			b := readTestdata(t, name+".btfext")
			e, err := DecodeExt(b, s)
			if err != nil {
				t.Fatal(err)
			}
			want, got := parseObjdump(readTestdata(t, name+".objdump")), describeExt(t, s, e)
			got.lines = dropRepeats(got.lines, want.lines)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(extLines{})); diff != "" {
				t.Errorf("llvm-objdump -, decoded +\n%s", diff)
			}
			if got := encodeExt(t, e, s, b); !bytes.Equal(got, b) {
				t.Errorf("encoded again: % x\nwant % x", got, b)
			}
		})
	}
}

// extSpec has type 1 INT, type 2 FUNC_PROTO and type 3 FUNC.
func extSpec(t testing.TB, order testOrder) *Spec {
	return mustDecode(t, blob(order, concat(wInt, wProto, []uint32{1, 12 << 24, 2})))
}

// extBlob is struct btf_ext_header of 32 bytes and the three parts.
func extBlob(order testOrder, funcs, lines, relos []uint32) []byte {
	b := append(order.AppendUint16(nil, 0xeb9f), 1, 0)
	nf, nl, nr := uint32(4*len(funcs)), uint32(4*len(lines)), uint32(4*len(relos))
	b = append(b, words(order, 32, 0, nf, nf, nl, nf+nl, nr)...)
	return append(b, words(order, concat(funcs, lines, relos)...)...)
}

// encodeExt writes what was decoded from b, behind the header of b and with the offsets of b for names of sections, which are checked.
func encodeExt(t testing.TB, e *Ext, s *Spec, b []byte) []byte {
	order := s.ByteOrder().(testOrder)
	out := slices.Clone(b[:order.Uint32(b[4:])])
	out = appendSecs(t, out, s, b, e.Funcs, 8)
	out = appendSecs(t, out, s, b, e.Lines, 16)
	out = appendSecs(t, out, s, b, e.Relos, 16)
	if string(b[len(out):]) == gccPadding {
		out = append(out, gccPadding...)
	}
	return out
}

func appendSecs(t testing.TB, out []byte, s *Spec, b []byte, secs []ExtSec, size int) []byte {
	order := s.ByteOrder().(testOrder)
	for i, sec := range secs {
		if i == 0 {
			out = order.AppendUint32(out, uint32(size))
		}
		if len(out)+4 > len(b) {
			t.Fatalf("more than the 0x%x bytes that were there", len(b))
		}
		nameOff := order.Uint32(b[len(out):])
		if name, err := s.String(nameOff); err != nil || name != sec.Name {
			t.Fatalf("section %q, %v, want %q", name, err, sec.Name)
		}
		out = append(out, words(order, nameOff, uint32(len(sec.Records)/size))...)
		out = append(out, sec.Records...)
	}
	return out
}

func TestDecodeExtHeaders(t *testing.T) {
	funcs := []uint32{8, 1, 1, 0, 3} // rec_size; sec_name_off, num_info; insn_off, type_id
	for _, order := range orders {
		s := extSpec(t, order)
		short := extBlob(order, funcs, nil, nil)
		order.PutUint32(short[4:], 24)
		short = append(short[:24:24], short[32:]...)
		long := extBlob(order, funcs, nil, nil)
		order.PutUint32(long[4:], 36)
		long = append(append(long[:32:32], 0, 0, 0, 0), long[32:]...)
		for _, row := range []struct {
			name string
			b    []byte
		}{
			{"short", short}, {"long", long}, {"empty", extBlob(order, nil, nil, nil)},
			{"padded by gcc", append(extBlob(order, funcs, nil, nil), 0, 0, 0, 0)},
			{"functions in any order", extBlob(order, []uint32{8, 1, 2, 8, 3, 0, 3}, nil, nil)},
		} {
			e, err := DecodeExt(row.b, s)
			if err != nil {
				t.Errorf("%s: %v", row.name, err)
				continue
			}
			if got := encodeExt(t, e, s, row.b); !bytes.Equal(got, row.b) {
				t.Errorf("%s: encoded again: % x\nwant % x", row.name, got, row.b)
			}
		}
	}
}

// Texts of lines and access strings have no bound, and any number of records may share one.
func TestDecodeExtTakesLinearTime(t *testing.T) {
	const n = 1 << 18
	s := mustDecode(t, blobOf(orders[0], words(orders[0], wInt...), testStrings+strings.Repeat("x", maxStrings-1-len(testStrings))+"\x00"))
	long, secs := uint32(len(testStrings)), []uint32{16, 1, n} // rec_size; sec_name_off, num_info
	lines, relos := secs, secs
	for i := range uint32(n) {
		lines, relos = append(lines, 8*i, long, long, 0), append(relos, 8*i, 1, long, 0)
	}
	if _, err := DecodeExt(extBlob(orders[0], nil, lines, relos), s); err != nil {
		t.Error(err)
	}
}

func TestDecodeExtRefuses(t *testing.T) {
	type edit = func(testOrder, []byte) []byte
	whole := func(funcs, lines, relos []uint32) edit {
		return func(order testOrder, _ []byte) []byte { return extBlob(order, funcs, lines, relos) }
	}
	funcs := func(list ...uint32) edit { return whole(list, nil, nil) }
	lines := func(list ...uint32) edit { return whole(nil, list, nil) }
	relos := func(list ...uint32) edit { return whole(nil, nil, list) }
	word := func(off int, v uint32) edit {
		return func(order testOrder, b []byte) []byte { return patch(order, b, off, v) }
	}
	for _, row := range []struct {
		name string
		edit edit
		err  error
		text string
	}{
		{"empty", func(testOrder, []byte) []byte { return nil }, ErrTruncated, ".BTF.ext: at 0x0: 0x0 bytes, too short for a magic number"},
		{"magic", func(testOrder, []byte) []byte { return []byte("\x7fELF") }, ErrNotBTF, ".BTF.ext: at 0x0: magic number 7f 45, want 9f eb or eb 9f"},
		{"header of 28", word(4, 28), ErrMalformed, ".BTF.ext: at 0x4: hdr_len 0x1c, want 0x18 or at least 0x20"},
		{"func_info_off", word(8, 4), ErrMalformed, ".BTF.ext: at 0x8: func_info_off 0x4, want 0x0"},
		{"func_info_len", word(12, 0xfffffffc), ErrTruncated, ".BTF.ext: at 0xc: func_info_len 0xfffffffc runs past the end (0x14 bytes left)"},
		{"line_info_off", word(16, 0), ErrMalformed, ".BTF.ext: at 0x10: line_info_off 0x0, want 0x14"},
		{"line_info_len", word(20, 1), ErrTruncated, ".BTF.ext: at 0x14: line_info_len 0x1 runs past the end (0x0 bytes left)"},
		{"core_relo_off", word(24, 0xffffffff), ErrMalformed, ".BTF.ext: at 0x18: core_relo_off 0xffffffff, want 0x14"},
		{"core_relo_len", word(28, 4), ErrTruncated, ".BTF.ext: at 0x1c: core_relo_len 0x4 runs past the end (0x0 bytes left)"},
		{"bytes behind", func(_ testOrder, b []byte) []byte { return append(b, 0) }, ErrMalformed, ".BTF.ext: at 0x34: 0x1 bytes behind the last part"},
		{"a word behind", func(_ testOrder, b []byte) []byte { return append(b, 0, 0, 0, 1) }, ErrMalformed, ".BTF.ext: at 0x34: 0x4 bytes behind the last part"},

		{"part of 2 bytes", func(order testOrder, b []byte) []byte {
			b = patch(order, patch(order, b, 12, 2), 16, 2)
			return patch(order, b[:34], 24, 2)
		}, ErrTruncated, ".BTF.ext: at 0x20: 0x2 bytes, too few for a record size"},
		{"rec_size", funcs(12, 1, 1, 0, 3, 0), ErrUnsupported, ".BTF.ext: at 0x20: records of 12 bytes, want 8"},
		{"rec_size 0", lines(0, 1, 1), ErrUnsupported, ".BTF.ext: at 0x20: records of 0 bytes, want 16"},
		{"no sections", relos(16), ErrMalformed, ".BTF.ext: at 0x20: record size without sections"},
		{"half a section", funcs(8, 1), ErrTruncated, ".BTF.ext: at 0x24: 0x4 bytes left, too few for struct btf_ext_info_sec (0x8 bytes)"},
		{"no records", funcs(8, 1, 0), ErrMalformed, ".BTF.ext: at 0x28: section without records"},
		{"too many records", funcs(8, 1, 0xffffffff, 0, 3), ErrTruncated, ".BTF.ext: at 0x28: 4294967295 records run past the end of their part (0x8 bytes left)"},
		{"section name", funcs(8, 99, 1, 0, 3), ErrMalformed, ".BTF.ext: at 0x24: name of a section: string offset 0x63 past the end of the string table (0xd bytes)"},
		{"no section name", funcs(8, 0, 1, 0, 3), ErrMalformed, ".BTF.ext: at 0x24: section without a name"},

		{"half an instruction", funcs(8, 1, 1, 4, 3), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: insn_off 0x4 is not a multiple of 8`},
		{"function out of range", funcs(8, 1, 1, 0, 4), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: type id 4 out of range (4 types)`},
		{"function of kind INT", funcs(8, 1, 1, 0, 1), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: type id 1 (INT) may not stand here`},
		{"line at half an instruction", lines(16, 1, 1, 9, 1, 1, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: insn_off 0x9 is not a multiple of 8`},
		{"lines out of order", lines(16, 1, 2, 8, 1, 1, 0, 8, 1, 1, 0), ErrMalformed, `.BTF.ext: at 0x3c: section "a": record 1: insn_off 0x8 is not above that of the record before it (0x8)`},
		{"file name", lines(16, 1, 1, 8, 13, 1, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: string offset 0xd past the end of the string table (0xd bytes)`},
		{"line text", lines(16, 1, 1, 8, 1, 14, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: string offset 0xe past the end of the string table (0xd bytes)`},
		{"CO-RE at half an instruction", relos(16, 1, 1, 4, 1, 1, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: insn_off 0x4 is not a multiple of 8`},
		{"CO-RE kind", relos(16, 1, 1, 8, 1, 1, 13), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: unknown CO-RE kind 13`},
		{"CO-RE type out of range", relos(16, 1, 1, 8, 99, 1, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: type id 99 out of range (4 types)`},
		{"CO-RE type FUNC", relos(16, 1, 1, 8, 3, 1, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: type id 3 (FUNC) may not stand here`},
		{"CO-RE access string", relos(16, 1, 1, 8, 1, 99, 0), ErrMalformed, `.BTF.ext: at 0x2c: section "a": record 0: string offset 0x63 past the end of the string table (0xd bytes)`},
	} {
		for _, order := range orders {
			t.Run(row.name+"/"+order.String(), func(t *testing.T) {
				e, err := DecodeExt(row.edit(order, extBlob(order, []uint32{8, 1, 1, 0, 3}, nil, nil)), extSpec(t, order))
				if e != nil {
					t.Error("an Ext beside the error")
				}
				checkRefusal(t, err, row.err, row.text)
			})
		}
	}
}

func TestDecodeExtRefusesOtherOrder(t *testing.T) {
	_, err := DecodeExt(extBlob(orders[0], nil, nil, nil), extSpec(t, orders[1]))
	checkRefusal(t, err, ErrMalformed, ".BTF.ext: at 0x0: byte order differs from that of .BTF (BigEndian)")
}
