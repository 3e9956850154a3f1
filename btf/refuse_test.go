package btf

import (
	"encoding/binary"
	"errors"
	"testing"
)

// checkRefusal checks that an error matches its sentinel, and no other, and reads as wanted.
func checkRefusal(t *testing.T, err, sentinel error, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted, want %q", text)
	}
	for _, s := range []error{ErrNotBTF, ErrTruncated, ErrMalformed, ErrUnsupported, ErrTooLarge, ErrNotFound, ErrNoSize} {
		if errors.Is(err, s) != (s == sentinel) {
			t.Errorf("Is(%v) is %t", s, !(s == sentinel))
		}
	}
	if err.Error() != text {
		t.Errorf("got  %s\nwant %s", err, text)
	}
}

// patch returns b with a 32-bit word replaced.
func patch(order testOrder, b []byte, off int, v uint32) []byte {
	order.PutUint32(b[off:], v)
	return b
}

func TestDecodeRefusesHeader(t *testing.T) {
	intBlob := func(order testOrder) []byte { return blob(order, wInt) } // 24 + 16 + 13 bytes
	word := func(off int, v uint32) func(testOrder) []byte {
		return func(order testOrder) []byte { return patch(order, intBlob(order), off, v) }
	}
	octet := func(off int, v byte) func(testOrder) []byte {
		return func(order testOrder) []byte {
			b := intBlob(order)
			b[off] = v
			return b
		}
	}
	cut := func(n int) func(testOrder) []byte {
		return func(order testOrder) []byte { return intBlob(order)[:n] }
	}
	for _, row := range []struct {
		name     string
		blob     func(testOrder) []byte
		sentinel error
		text     string
	}{
		{"empty", cut(0), ErrTruncated, ".BTF: at 0x0: 0x0 bytes, too short for a magic number"},
		{"magic", octet(0, 0x7f), ErrNotBTF, ""},
		{"short header", cut(23), ErrTruncated, ".BTF: at 0x0: 0x17 bytes, too short for a header (0x18 bytes)"},
		{"version", octet(2, 2), ErrUnsupported, ".BTF: at 0x2: version 2, want 1"},
		{"flags", octet(3, 4), ErrUnsupported, ".BTF: at 0x3: flags 0x4, want 0"},
		{"hdr_len too small", word(4, 20), ErrMalformed, ".BTF: at 0x4: hdr_len 0x14, want at least 0x18"},
		{"hdr_len too large", word(4, 0xffffffff), ErrTruncated, ".BTF: at 0x4: hdr_len 0xffffffff runs past the end (0x35 bytes)"},
		{"unknown header field", word(4, 32), ErrUnsupported, ""},
		{"type_off", word(8, 4), ErrMalformed, ".BTF: at 0x8: type_off 0x4, want 0"},
		{"type_len", word(12, 0xfffffff0), ErrTruncated, ".BTF: at 0xc: type_len 0xfffffff0 runs past the end (0x1d bytes after the header)"},
		{"gap before strings", word(16, 20), ErrMalformed, ".BTF: at 0x10: str_off 0x14, want 0x10, where the types end"},
		{"str_len too large", word(20, 14), ErrTruncated, ".BTF: at 0x14: str_len 0xe runs past the end (0xd bytes after the types)"},
		{"str_len too small", word(20, 12), ErrMalformed, ".BTF: at 0x14: str_len 0xc leaves bytes behind the strings (0xd bytes after the types)"},
		{"cut in the strings", cut(52), ErrTruncated, ".BTF: at 0x14: str_len 0xd runs past the end (0xc bytes after the types)"},
		{"strings begin", octet(40, 'x'), ErrMalformed, ".BTF: at 0x28: string table begins with 0x78, want 0"},
		{"strings end", octet(52, 'x'), ErrMalformed, ".BTF: at 0x34: string table ends with 0x78, want 0"},
		{"no strings", func(order testOrder) []byte { return blobOf(order, nil, "") },
			ErrMalformed, ".BTF: at 0x14: str_len 0, want at least 1"},
		{"strings too long", func(order testOrder) []byte {
			return blobOf(order, nil, string(make([]byte, maxStrings+1)))
		}, ErrTooLarge, ".BTF: at 0x14: str_len 0x1000001, want at most 0x1000000"},
	} {
		for _, order := range orders {
			t.Run(row.name+"/"+order.String(), func(t *testing.T) {
				b := row.blob(order)
				s, err := Decode(b)
				if s != nil {
					t.Error("a Spec beside the error")
				}
				text := row.text
				switch {
				case row.sentinel == ErrNotBTF && order == binary.LittleEndian:
					text = ".BTF: at 0x0: magic number 7f eb, want 9f eb or eb 9f"
				case row.sentinel == ErrNotBTF:
					text = ".BTF: at 0x0: magic number 7f 9f, want 9f eb or eb 9f"
				case text == "" && order == binary.LittleEndian:
					text = ".BTF: at 0x18: header of 0x20 bytes has 0x5 in a field that is not known"
				case text == "":
					text = ".BTF: at 0x1b: header of 0x20 bytes has 0x5 in a field that is not known"
				}
				checkRefusal(t, err, row.sentinel, text)
				ids, err := Scan(b, []Name{{KindInt, "int"}})
				if ids != nil {
					t.Error("ids beside the error of Scan")
				}
				checkRefusal(t, err, row.sentinel, text)
			})
		}
	}
}

func TestDecodeRefusesTypes(t *testing.T) {
	member := func(words ...uint32) []uint32 { return concat(wInt, []uint32{1, 4<<24 | 1, 4}, words) } // in STRUCT "a" of 4 bytes
	flagged := func(words ...uint32) []uint32 { return concat(wInt, []uint32{1, 1<<31 | 4<<24 | 1, 4}, words) }
	section := func(words ...uint32) []uint32 { // in DATASEC "a" of 8 bytes; type 2 is an int VAR
		return concat(wInt, wVar(1), []uint32{1, 15<<24 | uint32(len(words)/3), 8}, words)
	}
	for _, row := range []struct {
		name  string
		words []uint32
		err   error
		text  string
	}{
		{"half a type", []uint32{5, 1 << 24}, ErrTruncated, ".BTF: type 1 at 0x18: 0x8 bytes left, too few for struct btf_type (0xc bytes)"},
		{"half a tail", []uint32{5, 1 << 24, 4}, ErrTruncated, ".BTF: type 1 at 0x18: INT with vlen 0 runs past the end of the types (0x0 bytes left, 0x4 needed)"},
		{"vlen past the end", concat(wInt, []uint32{1, 4<<24 | 0xffffff, 4}), ErrTruncated, ".BTF: type 2 at 0x28: STRUCT with vlen 16777215 runs past the end of the types (0x0 bytes left, 0xbfffff4 needed)"},
		{"kind 0", []uint32{0, 0, 0}, ErrUnsupported, ".BTF: type 1 at 0x18: info 0x0: unknown kind 0"},
		{"kind 20", []uint32{0, 20 << 24, 0}, ErrUnsupported, ".BTF: type 1 at 0x18: info 0x14000000: unknown kind 20"},
		{"kind of 7 bits", []uint32{0, 0x7f << 24, 0}, ErrUnsupported, ".BTF: type 1 at 0x18: info 0x7f000000: unknown kind 127"},
		{"vlen of a PTR", []uint32{0, 2<<24 | 1, 0}, ErrMalformed, ".BTF: type 1 at 0x18: PTR with vlen 1, want 0"},
		{"size of an ARRAY", concat(wInt, []uint32{0, 3 << 24, 8, 1, 1, 1}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: size 0x8, want 0"},
		{"type of a FWD", []uint32{1, 7 << 24, 1}, ErrMalformed, `.BTF: type 1 (FWD "a") at 0x18: size 0x1, want 0`},
		{"kind_flag of an INT", []uint32{5, 1<<31 | 1<<24, 4, 32}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: kind_flag set`},

		{"name out of the table", []uint32{13, 1 << 24, 4, 32}, ErrMalformed, ".BTF: type 1 (INT) at 0x18: string offset 0xd past the end of the string table (0xd bytes)"},
		{"member name", member(0xffffffff, 1, 0), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0: string offset 0xffffffff past the end of the string table (0xd bytes)`},
		{"enumerator name out of the table", []uint32{1, 6<<24 | 1, 4, 99, 0}, ErrMalformed, `.BTF: type 1 (ENUM "a") at 0x18: enumerator 0: string offset 0x63 past the end of the string table (0xd bytes)`},
		{"parameter name", concat(wInt, []uint32{0, 13<<24 | 1, 0, 99, 1}), ErrMalformed, ".BTF: type 2 (FUNC_PROTO) at 0x28: parameter 0: string offset 0x63 past the end of the string table (0xd bytes)"},
		{"TYPEDEF without name", []uint32{0, 8 << 24, 0}, ErrMalformed, ".BTF: type 1 (TYPEDEF) at 0x18: no name"},
		{"TYPE_TAG with an empty name", []uint32{2, 18 << 24, 0}, ErrMalformed, ".BTF: type 1 (TYPE_TAG) at 0x18: no name"},
		{"PTR with a name", []uint32{1, 2 << 24, 0}, ErrMalformed, `.BTF: type 1 (PTR "a") at 0x18: name at string offset 0x1, want none`},
		{"PTR with an empty name", []uint32{2, 2 << 24, 0}, ErrMalformed, ".BTF: type 1 (PTR) at 0x18: name at string offset 0x2, want none"},

		{"int data", []uint32{5, 1 << 24, 4, 0x100020}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: int of 32 bits at bit 16 in 4 bytes`},
		{"unused int bits", []uint32{5, 1 << 24, 4, 0x10000020}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: int data 0x10000020 has unused bits set`},
		{"unused int byte", []uint32{5, 1 << 24, 4, 0x120}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: int data 0x120 has unused bits set`},
		{"int encoding", []uint32{5, 1 << 24, 4, 3<<24 | 32}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: int encoding 0x3, want one bit at most`},
		{"int of 136 bits", []uint32{5, 1 << 24, 32, 136}, ErrMalformed, `.BTF: type 1 (INT "int") at 0x18: int of 136 bits at bit 0 in 32 bytes`},
		{"FLOAT of 3", []uint32{1, 16 << 24, 3}, ErrMalformed, `.BTF: type 1 (FLOAT "a") at 0x18: size 3, want 2, 4, 8, 12 or 16`},
		{"ENUM of 3", []uint32{1, 6 << 24, 3}, ErrMalformed, `.BTF: type 1 (ENUM "a") at 0x18: size 3, want 1, 2, 4 or 8`},
		{"ENUM of 0 with a value", []uint32{1, 6<<24 | 1, 0, 1, 1}, ErrMalformed, `.BTF: type 1 (ENUM "a") at 0x18: size 0, want 1, 2, 4 or 8`},
		{"enumerator without name", []uint32{1, 19<<24 | 1, 8, 0, 1, 1}, ErrMalformed, `.BTF: type 1 (ENUM64 "a") at 0x18: enumerator 0: no name`},
		{"FUNC linkage", concat(wProto, []uint32{1, 12<<24 | 3, 1}), ErrMalformed, `.BTF: type 2 (FUNC "a") at 0x24: linkage 3, want 0, 1 or 2`},
		{"VAR linkage", []uint32{1, 14 << 24, 0, 3}, ErrMalformed, `.BTF: type 1 (VAR "a") at 0x18: linkage 3, want 0, 1 or 2`},

		{"PTR out of range", wPtr(2), ErrMalformed, ".BTF: type 1 (PTR) at 0x18: type id 2 out of range (2 types)"},
		{"PTR to VAR", concat(wInt, wVar(1), wPtr(2)), ErrMalformed, ".BTF: type 3 (PTR) at 0x38: type id 2 (VAR) may not stand here"},
		{"FUNC of INT", concat(wInt, wFunc(1)), ErrMalformed, `.BTF: type 2 (FUNC "a") at 0x28: type id 1 (INT) may not stand here`},
		{"ARRAY of void", concat(wInt, []uint32{0, 3 << 24, 0, 0, 1, 1}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: element: type id 0 (VOID) may not stand here"},
		{"ARRAY indexed by void", concat(wInt, []uint32{0, 3 << 24, 0, 1, 0, 1}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: index: type id 0 (VOID) may not stand here"},
		{"ARRAY indexed by PTR", concat(wInt, wPtr(1), []uint32{0, 3 << 24, 0, 1, 2, 1}), ErrMalformed, ".BTF: type 3 (ARRAY) at 0x34: index: type id 2 (PTR), want INT"},
		{"ARRAY of const void", concat(wInt, wConst(0), []uint32{0, 3 << 24, 0, 2, 1, 1}), ErrMalformed, ".BTF: type 3 (ARRAY) at 0x34: element: type id 2 has no size"},
		{"ARRAY of 4 GiB", concat(wInt, []uint32{0, 3 << 24, 0, 1, 1, 1 << 30}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: 1073741824 elements of 4 bytes are 4 GiB or more"},
		{"returns VAR", concat(wInt, wVar(1), []uint32{0, 13 << 24, 2}), ErrMalformed, ".BTF: type 3 (FUNC_PROTO) at 0x38: return: type id 2 (VAR) may not stand here"},
		{"parameter out of range", []uint32{0, 13<<24 | 1, 0, 1, 9}, ErrMalformed, `.BTF: type 1 (FUNC_PROTO) at 0x18: parameter 0 "a": type id 9 out of range (2 types)`},
		{"named dots", []uint32{0, 13<<24 | 1, 0, 1, 0}, ErrMalformed, `.BTF: type 1 (FUNC_PROTO) at 0x18: parameter 0 "a": void, which only the last and nameless one may be`},
		{"dots named at a NUL", []uint32{0, 13<<24 | 1, 0, 2, 0}, ErrMalformed, `.BTF: type 1 (FUNC_PROTO) at 0x18: parameter 0 "": void, which only the last and nameless one may be`},
		{"dots first", concat(wInt, []uint32{0, 13<<24 | 2, 0, 0, 0, 1, 1}), ErrMalformed, `.BTF: type 2 (FUNC_PROTO) at 0x28: parameter 0 "": void, which only the last and nameless one may be`},
		{"DECL_TAG of INT", concat(wInt, []uint32{9, 17 << 24, 1, 0xffffffff}), ErrMalformed, `.BTF: type 2 (DECL_TAG "tag") at 0x28: type id 1 (INT) may not stand here`},
		{"DECL_TAG component -2", concat(wTypedef(0), []uint32{9, 17 << 24, 1, 0xfffffffe}), ErrMalformed, `.BTF: type 2 (DECL_TAG "tag") at 0x24: component_idx -2 of a TYPEDEF with 0`},
		{"DECL_TAG component of a TYPEDEF", concat(wTypedef(0), []uint32{9, 17 << 24, 1, 0}), ErrMalformed, `.BTF: type 2 (DECL_TAG "tag") at 0x24: component_idx 0 of a TYPEDEF with 0`},
		{"DECL_TAG component of a STRUCT", concat(member(1, 1, 0), []uint32{9, 17 << 24, 2, 1}), ErrMalformed, `.BTF: type 3 (DECL_TAG "tag") at 0x40: component_idx 1 of a STRUCT with 1`},
		{"DECL_TAG component of a FUNC", concat(wProto, wFunc(1), []uint32{9, 17 << 24, 2, 0}), ErrMalformed, `.BTF: type 3 (DECL_TAG "tag") at 0x30: component_idx 0 of a FUNC with 0`},
		{"DECL_TAG of a FUNC to nowhere", concat([]uint32{9, 17 << 24, 2, 0}, wFunc(9)), ErrMalformed, `.BTF: type 1 (DECL_TAG "tag") at 0x18: component_idx 0 of a FUNC with 0`},

		{"CONST of itself", wConst(1), ErrMalformed, ".BTF: type 1 (CONST) at 0x18: contains itself"},
		{"TYPEDEF and PTR in a ring", concat(wTypedef(2), wPtr(1)), ErrMalformed, `.BTF: type 1 (TYPEDEF "a") at 0x18: contains itself`},
		{"FUNC_PROTO returning itself", concat([]uint32{0, 13 << 24, 2}, wPtr(1)), ErrMalformed, ".BTF: type 1 (FUNC_PROTO) at 0x18: contains itself"},
		{"FUNC_PROTO taking itself", concat([]uint32{0, 13<<24 | 1, 0, 0, 2}, wPtr(1)), ErrMalformed, ".BTF: type 1 (FUNC_PROTO) at 0x18: contains itself"},
		{"STRUCT in itself", concat(wInt, []uint32{1, 4<<24 | 1, 4, 1, 3, 0}, wTypedef(2)), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: contains itself`},
		{"ARRAY of itself", concat(wInt, []uint32{0, 3 << 24, 0, 2, 1, 1}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: contains itself"},
		{"ARRAY indexed by itself", concat(wInt, []uint32{0, 3 << 24, 0, 1, 2, 1}), ErrMalformed, ".BTF: type 2 (ARRAY) at 0x28: contains itself"},
		{"chain upwards", chain(200, +1), ErrMalformed, ".BTF: type 129 (CONST) at 0x618: nested more than 128 types deep"},
		{"chain downwards", chain(200, -1), ErrMalformed, ".BTF: type 127 (CONST) at 0x600: nested more than 128 types deep"},

		{"member out of range", member(1, 99, 0), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": type id 99 out of range (3 types)`},
		{"member of void", member(1, 0, 0), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": type id 0 (VOID) may not stand here`},
		{"member of FWD", concat(member(1, 3, 0), wFwd), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": type id 3 (FWD) may not stand here`},
		{"member of a TYPEDEF of FWD", concat(member(1, 3, 0), wTypedef(4), wFwd), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": type id 3 has no size`},
		{"member past the end", member(1, 1, 8), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": ends at bit 40, past the end (4 bytes)`},
		{"member far past the end", member(1, 1, 0xfffffff8), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": ends at bit 4294967320, past the end (4 bytes)`},
		{"member off a byte", flagged(1, 1, 4), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": bit offset 4 is not a whole byte`},
		{"PTR member off a byte", concat(wPtr(0), []uint32{1, 4<<24 | 1, 16, 1, 1, 4}), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x24: member 0 "a": bit offset 4 is not a whole byte`},
		{"members out of order", concat(wInt, []uint32{1, 4<<24 | 2, 8, 1, 1, 32, 3, 1, 0}), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 1 "b": bit offset 0 before that of the member before it (32)`},
		{"union member at an offset", concat(wInt, []uint32{1, 5<<24 | 1, 8, 1, 1, 32}), ErrMalformed, `.BTF: type 2 (UNION "a") at 0x28: member 0 "a": bit offset 32 in a union`},
		{"bit field past the end", flagged(1, 1, 3<<24|30), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": ends at bit 33, past the end (4 bytes)`},
		{"bit field of 33 in 32", flagged(1, 1, 33<<24), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x28: member 0 "a": bit field of 33 bits in a type of 32`},
		{"bit field of PTR", concat(wPtr(0), []uint32{1, 1<<31 | 4<<24 | 1, 8, 1, 1, 1 << 24}), ErrMalformed, `.BTF: type 2 (STRUCT "a") at 0x24: member 0 "a": bit field of kind PTR`},

		{"DATASEC of INT", section(1, 0, 4), ErrMalformed, `.BTF: type 3 (DATASEC "a") at 0x38: entry 0: type id 1 (INT) may not stand here`},
		{"DATASEC entry too small", section(2, 0, 3), ErrMalformed, `.BTF: type 3 (DATASEC "a") at 0x38: entry 0: size 3, less than that of type id 2 (4 bytes)`},
		{"DATASEC overlap", section(2, 0, 4, 2, 3, 4), ErrMalformed, `.BTF: type 3 (DATASEC "a") at 0x38: entry 1: offset 0x3, before the end of the entry before it (0x4)`},
		{"DATASEC past the end", section(2, 5, 4), ErrMalformed, `.BTF: type 3 (DATASEC "a") at 0x38: entry 0: ends at 0x9, past the end (0x8 bytes)`},
	} {
		for _, order := range orders {
			t.Run(row.name+"/"+order.String(), func(t *testing.T) {
				s, err := Decode(blob(order, row.words))
				if s != nil {
					t.Error("a Spec beside the error")
				}
				checkRefusal(t, err, row.err, row.text)
			})
		}
	}
}

// chain is n times CONST, each of the next or of the previous id.
func chain(n, step int) []uint32 {
	var list []uint32
	for id := 1; id <= n; id++ {
		to := id + step
		if to > n {
			to = 0
		}
		list = append(list, wConst(uint32(to))...)
	}
	return list
}
