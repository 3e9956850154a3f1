package hostile

import (
	"encoding/binary"
	"errors"
	"testing"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/elf"
	"kptr/sys"
)

func TestCheckAttr(t *testing.T) {
	for _, tt := range []struct {
		name string
		attr sys.Attr
		ok   bool
	}{
		{"nothing set", &sys.ProgLoadAttr{}, true},
		{"program", &sys.ProgLoadAttr{Insns: sys.Bytes(make([]byte, 16)), InsnCnt: 2, License: sys.CString("GPL")}, true},
		{"instructions without a count", &sys.ProgLoadAttr{Insns: sys.Bytes(make([]byte, 16))}, false},
		{"a count without instructions", &sys.ProgLoadAttr{InsnCnt: 2}, false},
		{"records of no size", &sys.ProgLoadAttr{FuncInfo: sys.Bytes(make([]byte, 16)), FuncInfoCnt: 2}, false},
		{"BTF", &sys.BTFLoadAttr{BTF: sys.Bytes(make([]byte, 24)), BTFSize: 24}, true},
		{"a log without a size", &sys.BTFLoadAttr{BTFLogBuf: sys.Bytes(make([]byte, 1))}, false},
		{"a size without a log", &sys.BTFLoadAttr{BTFLogSize: 1}, false},
		{"element", &sys.MapUpdateElemAttr{Key: sys.Bytes(make([]byte, 4)), KeySize: 4, Value: sys.Bytes(make([]byte, 8)), ValueSize: 8}, true},
		{"element without a value", &sys.MapUpdateElemAttr{Key: sys.Bytes(make([]byte, 4)), KeySize: 4, ValueSize: 8}, false},
		{"path that does not end", &sys.ObjGetAttr{Pathname: sys.Bytes(bytesOf('x', 2*maxText))}, false},
	} {
		if _, err := checkAttr(tt.attr); (err == nil) != tt.ok || err != nil && !errors.Is(err, errAttr) {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
	regions, err := checkAttr(&sys.BTFLoadAttr{BTF: sys.Bytes([]byte("BTF")), BTFSize: 2})
	if err != nil || string(find(regions, "BTF")) != "BT" {
		t.Errorf("regions %q, %v", regions, err)
	}
}

func bytesOf(c byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = c
	}
	return b
}

func TestCheckError(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		ok   bool
	}{
		{"elf", &elf.Error{Kind: elf.ErrMalformed, Where: "symbol 3", What: "too large"}, true},
		{"elf nowhere", &elf.Error{Kind: elf.ErrMalformed, What: "too large"}, false},
		{"btf", &btf.Error{Section: ".BTF", What: "too large", Err: btf.ErrTooLarge}, true},
		{"btf without a sentinel", &btf.Error{Section: ".BTF", What: "too large"}, false},
		{"object", &bpfobj.FormatError{Section: "maps", Err: errors.New("legacy")}, true},
		{"object nowhere", &bpfobj.FormatError{Err: errors.New("legacy")}, false},
		{"two lines", &bpfobj.FormatError{Section: "maps", Err: errors.New("one\ntwo")}, false},
		{"escape sequence", &bpfobj.FormatError{Section: "maps", Err: errors.New("\x1b[2J")}, false},
		{"too long", &bpfobj.FormatError{Section: "maps", Err: errors.New(string(bytesOf('x', maxError+1)))}, false},
		{"step", &bpfobj.StepError{Subject: `map "a"`, Err: &bpfobj.NotFoundError{Kind: "kfunc", Name: "f"}}, true},
		{"not a step's", &bpfobj.NotFoundError{Kind: "kfunc", Name: "f"}, false},
	} {
		if err := checkError(tt.err); (err == nil) != tt.ok || err != nil && !errors.Is(err, errError) {
			t.Errorf("%s: error %v", tt.name, err)
		}
	}
}

// TestShapes: each structure of the formats is found in the corpus, so that it gets broken.
func TestShapes(t *testing.T) {
	objects, err := Objects(binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[*shape]int)
	for _, o := range objects {
		for s, records := range analyse(o.Bytes).records {
			found[s] += len(records)
		}
	}
	for _, s := range shapes {
		if found[s] == 0 {
			t.Errorf("the corpus has no %s", s.name)
		}
	}
}
