package btf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"testing"
)

// maxGrowth bounds the memory that Decode takes for each byte of input: sizeof(Type) for the 12 bytes of struct
// btf_type is the largest ratio. maxBase is for what does not grow.
const (
	maxGrowth = 10
	maxBase   = 1 << 16
)

func addObjects(f *testing.F, names ...string) {
	for _, name := range names {
		f.Add(readTestdata(f, name))
	}
}

func addRows(f *testing.F) {
	for _, row := range decodeRows {
		for _, order := range orders {
			f.Add(blob(order, row.words))
		}
	}
}

// checkFuzzError checks that an error matches just one sentinel and can be printed.
func checkFuzzError(t *testing.T, err error) {
	t.Helper()
	n := 0
	for _, sentinel := range []error{ErrNotBTF, ErrTruncated, ErrMalformed, ErrUnsupported, ErrTooLarge, ErrNotFound, ErrNoSize} {
		if errors.Is(err, sentinel) {
			n++
		}
	}
	var e *Error
	if n != 1 || !errors.As(err, &e) || e.Offset == NoOffset || err.Error() == "" {
		t.Fatalf("error %v matches %d sentinels", err, n)
	}
}

// allocated returns the bytes that f takes from the heap.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzDecode(f *testing.F) {
	addRows(f)
	addObjects(f, "kinds-el.btf", "kinds-eb.btf", "plain-el.btf", "data-eb.btf")
	f.Fuzz(func(t *testing.T, b []byte) {
		var s *Spec
		var err error
		if n := allocated(func() { s, err = Decode(b) }); n > maxGrowth*uint64(len(b))+maxBase {
			t.Fatalf("%d bytes of input took %d bytes", len(b), n)
		}
		if err != nil {
			if s != nil {
				t.Fatal("a Spec beside the error")
			}
			checkFuzzError(t, err)
			return
		}
		for _, s := range []*Spec{s, s.Clone()} {
			got, err := s.Encode()
			if errors.Is(err, ErrTooLarge) && hasWideVlen(s) {
				continue
			}
			if err != nil || !bytes.Equal(got, b) {
				t.Fatalf("encoded again: % x, %v\nwant % x", got, err, b)
			}
		}
		for id := range ID(s.Len()) {
			s.Size(id)
			if k := s.Type(s.Resolve(id)).Kind; modifiers.has(k) {
				t.Fatalf("type %d resolves to a %s", id, k)
			}
		}
	})
}

func hasWideVlen(s *Spec) bool {
	for id := range ID(s.Len()) {
		if s.Type(id).vlen() > 1<<16-1 {
			return true
		}
	}
	return false
}

func FuzzDecodeExt(f *testing.F) {
	for _, name := range []string{"kinds-el", "kinds-eb", "plain-el"} {
		f.Add(readTestdata(f, name+".btfext"), binary.BigEndian.Uint16(readTestdata(f, name+".btfext")) == magic)
	}
	var specs = map[bool]*Spec{
		true:  mustDecode(f, readTestdata(f, "kinds-eb.btf")),
		false: mustDecode(f, readTestdata(f, "kinds-el.btf")),
	}
	f.Fuzz(func(t *testing.T, b []byte, big bool) {
		s := specs[big]
		var e *Ext
		var err error
		if n := allocated(func() { e, err = DecodeExt(b, s) }); n > maxGrowth*uint64(len(b))+maxBase {
			t.Fatalf("%d bytes of input took %d bytes", len(b), n)
		}
		if err != nil {
			if e != nil {
				t.Fatal("an Ext beside the error")
			}
			checkFuzzError(t, err)
			return
		}
		if got := encodeExt(t, e, s, b); !bytes.Equal(got, b) {
			t.Fatalf("encoded again: % x\nwant % x", got, b)
		}
	})
}

func FuzzScan(f *testing.F) {
	for _, row := range decodeRows {
		for _, order := range orders {
			f.Add(blob(order, row.words), uint8(row.want.Kind), row.want.Name)
		}
	}
	f.Add(readTestdata(f, "kinds-el.btf"), uint8(KindStruct), "value_type")
	f.Add(readTestdata(f, "kinds-eb.btf"), uint8(KindFunc), "global")
	f.Fuzz(func(t *testing.T, b []byte, kind uint8, name string) {
		want := Name{Kind(kind), name}
		ids, err := Scan(b, []Name{want, want})
		if err != nil {
			if ids != nil {
				t.Fatal("ids beside the error")
			}
			checkFuzzError(t, err)
		}
		s, decodeErr := Decode(b)
		if decodeErr != nil {
			return
		}
		if err != nil {
			t.Fatalf("Scan refuses what Decode takes: %v", err)
		}
		if len(ids) != 2 || ids[0] != ids[1] {
			t.Fatalf("ids %d of one name", ids)
		}
		found, _ := s.Find(want.Kind, want.Name)
		if name == "" {
			found = 0 // never found
		}
		if ids[0] != found {
			t.Fatalf("%v: %d, Find has %d", want, ids[0], found)
		}
	})
}

// FuzzEnumerators compares with Decode.
func FuzzEnumerators(f *testing.F) {
	for _, row := range decodeRows {
		for _, order := range orders {
			f.Add(blob(order, row.words), "b")
		}
	}
	f.Add(readTestdata(f, "kinds-el.btf"), "FAST")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		got, err := Enumerators(b, []string{name, name})
		if err != nil {
			checkFuzzError(t, err)
		}
		s, decodeErr := Decode(b)
		if decodeErr != nil {
			return
		}
		var want Enumerator
		for id := range ID(s.Len()) {
			for _, m := range s.Type(id).Members {
				if enums.has(s.Type(id).Kind) && m.Name == name && !want.Found {
					want = Enumerator{true, m.Value}
				}
			}
		}
		if err != nil || got[0] != want || got[1] != want {
			t.Fatalf("%q: %v, %v, want %v", name, got, err, want)
		}
	})
}

// FuzzExtract takes all types that have a size out of what Decode takes: they keep it.
func FuzzExtract(f *testing.F) {
	addRows(f)
	addObjects(f, "kinds-el.btf", "kinds-eb.btf")
	f.Fuzz(func(t *testing.T, b []byte) {
		ids := []ID{1, 2, 3}
		s, decodeErr := Decode(b)
		if decodeErr == nil {
			ids = ids[:0]
			for id := range ID(s.Len()) {
				if elementKinds.has(s.Type(id).Kind) {
					ids = append(ids, id)
				}
			}
		}
		var some *Spec
		var got []ID
		var err error
		// Types are appended one by one, and counted in a map.
		if n := allocated(func() { some, got, err = Extract(b, ids) }); n > 10*maxGrowth*uint64(len(b))+maxBase {
			t.Fatalf("%d bytes of input took %d bytes", len(b), n)
		}
		if err != nil {
			checkFuzzError(t, err)
		}
		if decodeErr != nil {
			return
		}
		if err != nil {
			t.Fatalf("Extract refuses what Decode takes: %v", err)
		}
		for i, id := range ids {
			from, to := s.Type(id), some.Type(got[i])
			want, wantErr := s.Size(id)
			size, sizeErr := some.Size(got[i])
			if to.Kind != from.Kind || to.Name != from.Name || size != want || (sizeErr == nil) != (wantErr == nil) {
				t.Fatalf("type %d: %+v of %d bytes, %v, want %+v of %d, %v", id, to, size, sizeErr, from, want, wantErr)
			}
		}
	})
}

// FuzzCompareGo takes any valid BTF: comparing ends, and fails as documented or not at all.
func FuzzCompareGo(f *testing.F) {
	blob, err := clangSpec(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob)
	for _, m := range mirrors {
		s := New(clangSpec(f).ByteOrder())
		if _, err := s.AddGo(m.t, "uptr"); err != nil {
			f.Fatal(err)
		}
		if blob, err = s.Encode(); err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		s, err := Decode(blob)
		if err != nil || s.Len() > 200 {
			return
		}
		for id := range ID(s.Len()) {
			for _, m := range mirrors {
				var layout *LayoutError
				if err := s.CompareGo(id, m.t); err != nil && (!errors.As(err, &layout) || !errors.Is(err, ErrLayout)) {
					t.Fatal(err)
				}
			}
			if err := s.CompareGo(id, reflect.TypeFor[[2]int32]()); err != nil && (!errors.Is(err, ErrLayout) || err.Error() == "") {
				t.Fatal(err)
			}
		}
	})
}
