package wire_test

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"kptr/broker/wire"
	"kptr/internal/kerneltest"

	"github.com/google/go-cmp/cmp"
)

// TestSizes: those of the structs in docs/broker-protocol.md.
func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		name string
		b    []byte
		want int
	}{
		{"kptr_request", (&wire.Request{}).Append(nil), 16},
		{"kptr_hello", wire.AppendHello(nil), 8},
		{"kptr_memory", wire.AppendMemory(nil, 1, 1), 16},
		{"kptr_set", wire.AppendSet(nil, 0, nil), 8},
		{"kptr_reply", (&wire.Reply{}).Append(nil), 32},
		{"kptr_map", (&wire.Map{}).Append(nil), 152},
	} {
		if len(tt.b) != tt.want {
			t.Errorf("struct %s has %d bytes, want %d", tt.name, len(tt.b), tt.want)
		}
	}
}

func TestReply(t *testing.T) {
	want := wire.Reply{Op: wire.Get, Seq: 2, Done: 3, Size: 4, Errno: 5, Reason: 6, Limit: 7 << 40}
	b := append(want.Append(nil), 1, 2, 3, 4)
	got, body, ok := wire.ParseReply(b)
	if !ok || got != want || !bytes.Equal(body, b[32:]) {
		t.Errorf("%+v, % x, %t", got, body, ok)
	}
	for n := range b {
		if _, _, ok := wire.ParseReply(b[:n]); ok {
			t.Errorf("%d of %d bytes were taken", n, len(b))
		}
	}
}

func TestMap(t *testing.T) {
	want := wire.Map{
		Version: 1, PageSize: 4096, ValueSize: 24, ValueType: 5, BTFSize: 300, MaxPages: 8, Name: "datamap",
		Kptrs: []wire.Kptr{{Offset: 0, Size: 12}, {Offset: 16, Size: 64}},
	}
	b := want.Append(nil)
	got, ok := wire.ParseMap(b)
	if d := cmp.Diff(want, got); !ok || d != "" {
		t.Errorf("%t\n%s", ok, d)
	}
	if _, ok := wire.ParseMap(b[:len(b)-1]); ok {
		t.Error("a byte short, and taken")
	}
	copy(b[12:16], []byte{12, 12, 12, 12}) // more than 11, in either byte order
	if _, ok := wire.ParseMap(b); ok {
		t.Error("too many user kptrs were taken")
	}
	long := wire.Map{Name: strings.Repeat("n", 40)}
	if got, _ := wire.ParseMap(long.Append(nil)); got.Name != long.Name[:31] {
		t.Errorf("name %q", got.Name)
	}
}

// TestReasons: each of the tables in docs/broker-protocol.md has words of its own.
func TestReasons(t *testing.T) {
	seen := make(map[string]wire.Reason)
	for r := wire.Reason(1); r < 48; r++ {
		s := r.String()
		known := r <= wire.Full || r.IsQuota() && r&7 < 5
		if strings.HasPrefix(s, "reason ") == known || s == "" {
			t.Errorf("%d: %q", uint32(r), s)
		}
		if other, ok := seen[s]; ok {
			t.Errorf("%d and %d are both %q", uint32(r), uint32(other), s)
		}
		seen[s] = r
	}
	var err error = &wire.Error{Reason: wire.Pages + wire.OfUID, Errno: syscall.EDQUOT, Limit: 9}
	if !errors.Is(err, wire.ErrRefused) || !errors.Is(err, syscall.EDQUOT) || err.Error() != "broker: quota of the uid: pages: at most 9: disk quota exceeded" {
		t.Error(err)
	}
}

// TestHeader: kptr_broker.h and the tables in docs/broker-protocol.md give each reason the same number.
func TestHeader(t *testing.T) {
	kerneltest.NeedHost(t, "the files of the repository")
	numbers := func(file, pattern string, name, number int) map[string]string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]string)
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found[match[name]] = match[number]
		}
		return found
	}
	want := numbers("../../docs/broker-protocol.md", "\\| (\\d+) \\| `(KPTR_[EQ]_\\w+)`", 2, 1)
	if len(want) != int(wire.Full)+2*5 {
		t.Errorf("%d reasons in the tables", len(want))
	}
	if diff := cmp.Diff(want, numbers("../kptr_broker.h", `(KPTR_[EQ]_\w+) = (\d+)`, 1, 2)); diff != "" {
		t.Error(diff)
	}
}

// FuzzRequest: what is taken has the length that it says, and is written as it was.
func FuzzRequest(f *testing.F) {
	f.Add((&wire.Request{Op: wire.Hello, Count: 1, Size: 8}).Append(nil))
	f.Add(append((&wire.Request{Op: wire.Hello, Count: 1, Size: 8}).Append(nil), 1, 0, 0, 0, 0, 0, 0, 0))
	f.Add((&wire.Request{Op: wire.Delete, Count: 1 << 31, Size: 2}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, body, ok := wire.ParseRequest(b)
		if !ok {
			return
		}
		if r.Count > wire.MaxCount || len(body) > wire.MaxBody || int(r.Count)*int(r.Size) != len(body) {
			t.Errorf("%+v with %d bytes", r, len(body))
		}
		if again := append(r.Append(nil), body...); !bytes.Equal(again, b) {
			t.Errorf("% x became % x", b, again)
		}
	})
}
