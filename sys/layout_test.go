package sys_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"

	"github.com/google/go-cmp/cmp"
)

// mirror is a Go struct and the C type that it mirrors.
type mirror struct {
	c  string // C struct or union
	v  any    // pointer to the Go struct
	up string // C name of the last field
}

// mirrors lists every Go struct with `c` tags; TestMirrorsComplete holds it to that.
var mirrors = []mirror{
	{"bpf_attr", &sys.MapCreateAttr{}, "map_extra"},
	{"bpf_attr", &sys.MapUpdateElemAttr{}, "flags"},
	{"bpf_attr", &sys.MapLookupElemAttr{}, "flags"},
	{"bpf_attr", &sys.MapDeleteElemAttr{}, "key"},
	{"bpf_attr", &sys.MapFreezeAttr{}, "map_fd"},
	{"bpf_attr", &sys.ProgLoadAttr{}, "core_relo_rec_size"},
	{"bpf_attr", &sys.TestRunAttr{}, "test.cpu"},
	{"bpf_attr", &sys.BTFLoadAttr{}, "btf_log_level"},
	{"bpf_attr", &sys.RawTracepointOpenAttr{}, "raw_tracepoint.prog_fd"},
	{"bpf_attr", &sys.LinkCreateAttr{}, "link_create.flags"},
	{"bpf_attr", &sys.IterCreateAttr{}, "iter_create.flags"},
	{"bpf_attr", &sys.ObjPinAttr{}, "file_flags"},
	{"bpf_attr", &sys.ObjGetAttr{}, "file_flags"},
	{"bpf_attr", &sys.FDByIDAttr{}, "open_flags"},
	{"bpf_attr", &sys.NextIDAttr{}, "next_id"},
	{"bpf_attr", &sys.ObjInfoAttr{}, "info.info"},
	{"bpf_map_info", &sys.MapInfo{}, "map_extra"},
	{"bpf_prog_info", &sys.ProgInfo{}, "name"},
	{"bpf_btf_info", &sys.BTFInfo{}, "kernel_btf"},
	{"bpf_link_info", &sys.LinkInfo{}, "prog_id"},
}

func (m mirror) goType() reflect.Type { return reflect.TypeOf(m.v).Elem() }

// place is where a field lies, in bytes.
type place struct{ Offset, Size uint64 }

// fields gives the places of the tagged fields by C path.
func (m mirror) fields() map[string]place {
	out := make(map[string]place)
	for f := range m.goType().Fields() {
		if path, ok := f.Tag.Lookup("c"); ok {
			out[path] = place{uint64(f.Offset), uint64(f.Type.Size())}
		}
	}
	return out
}

// headerLayout is testdata/layout.txt, what a C compiler made of the system's headers.
type headerLayout struct {
	fields map[string]place // by "struct path"
	sizes  map[string]uint64
	consts map[string]uint64
}

func readHeaderLayout(t *testing.T) headerLayout {
	t.Helper()
	b, err := os.ReadFile("testdata/layout.txt")
	if err != nil {
		t.Fatal(err)
	}
	h := headerLayout{make(map[string]place), make(map[string]uint64), make(map[string]uint64)}
	for line := range strings.Lines(string(b)) {
		var name, path string
		var a, n uint64
		switch kind, _, _ := strings.Cut(line, " "); kind {
		case "field":
			_, err = fmt.Sscanf(line, "field %s %s %d %d", &name, &path, &a, &n)
			h.fields[name+" "+path] = place{a, n}
		case "size":
			_, err = fmt.Sscanf(line, "size %s %d", &name, &n)
			h.sizes[name] = n
		case "const":
			_, err = fmt.Sscanf(line, "const %s %d", &name, &n)
			h.consts[name] = n
		default:
			err = fmt.Errorf("unknown kind")
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return h
}

func TestLayoutHeader(t *testing.T) {
	h := readHeaderLayout(t)
	for _, m := range mirrors {
		t.Run(m.goType().Name(), func(t *testing.T) {
			for path, got := range m.fields() {
				want, ok := h.fields[m.c+" "+path]
				if !ok {
					t.Errorf("%s: no row for %q", m.c, path)
				} else if got != want {
					t.Errorf("%s: %q: at %+v, the header has %+v", m.c, path, got, want)
				}
			}
			checkEnd(t, m, h.fields[m.c+" "+m.up])
			if size := h.sizes[m.c]; uint64(passedLen(m)) > size {
				t.Errorf("passes %d bytes, %s has %d", passedLen(m), m.c, size)
			}
		})
	}
}

// checkEnd checks that the length that the kernel sees ends with the last field.
func checkEnd(t *testing.T, m mirror, last place) {
	t.Helper()
	if got, want := passedLen(m), int(last.Offset+last.Size); got != want {
		t.Errorf("passes %d bytes, %q ends at %d", got, m.up, want)
	}
}

func passedLen(m mirror) int {
	if a, ok := m.v.(sys.Attr); ok {
		return sys.WireLen(a)
	}
	return int(m.goType().Size()) // ObjInfo
}

func TestLayoutKernelBTF(t *testing.T) {
	s := kernelBTF(t)
	for _, m := range mirrors {
		t.Run(m.goType().Name(), func(t *testing.T) {
			kind := btf.KindStruct
			if m.c == "bpf_attr" {
				kind = btf.KindUnion
			}
			id, err := s.Find(kind, m.c)
			if err != nil {
				t.Fatal(err)
			}
			for path, got := range m.fields() {
				want, ok := memberPlace(t, s, id, path)
				if !ok {
					t.Errorf("%s: no member %q", m.c, path)
				} else if got != want {
					t.Errorf("%s: %q: at %+v, the kernel has %+v", m.c, path, got, want)
				}
			}
			last, _ := memberPlace(t, s, id, m.up)
			checkEnd(t, m, last)
		})
	}
}

// memberPlace follows a path of member names from a struct or union.
func memberPlace(t *testing.T, s *btf.Spec, id btf.ID, path string) (place, bool) {
	t.Helper()
	var bits uint64
	for name := range strings.SplitSeq(path, ".") {
		typ, off, ok := findMember(s, id, name)
		if !ok {
			return place{}, false
		}
		id = typ
		bits += off
	}
	size, err := s.Size(id)
	if err != nil {
		t.Fatal(err)
	}
	return place{bits / 8, size}, true
}

// findMember finds a member by name, also inside members without one, as C does.
func findMember(s *btf.Spec, id btf.ID, name string) (btf.ID, uint64, bool) {
	for _, m := range s.Type(s.Resolve(id)).Members {
		if m.Name == name {
			return m.Type, uint64(m.BitOffset), true
		}
		if m.Name != "" {
			continue
		}
		if typ, off, ok := findMember(s, m.Type, name); ok {
			return typ, uint64(m.BitOffset) + off, true
		}
	}
	return 0, 0, false
}

func kernelBTF(t *testing.T) *btf.Spec {
	t.Helper()
	b := kerneltest.NeedBTF(t)
	s, err := btf.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMirrorsComplete holds the table of mirrors to the source: every struct with a `c` tag, and
// every type that is defined as such a struct and has a Cmd method, has its row.
func TestMirrorsComplete(t *testing.T) {
	got := make(map[string]bool)
	for _, m := range mirrors {
		got[m.goType().Name()] = true
	}
	want := make(map[string]bool)
	for _, f := range parseSources(t) {
		for _, d := range f.Decls {
			collectMirrors(d, want)
		}
	}
	delete(want, "MapElem") // two named types stand for it
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); d != "" {
		t.Errorf("sources (-) and table (+) differ:\n%s", d)
	}
}

func collectMirrors(d ast.Decl, into map[string]bool) {
	if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Cmd" {
		if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
			into[star.X.(*ast.Ident).Name] = true
		}
	}
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.TYPE {
		return
	}
	for _, spec := range g.Specs {
		ts := spec.(*ast.TypeSpec)
		if st, ok := ts.Type.(*ast.StructType); ok && slices.ContainsFunc(st.Fields.List, hasCTag) {
			into[ts.Name.Name] = true
		}
	}
}

func hasCTag(f *ast.Field) bool { return f.Tag != nil && strings.HasPrefix(f.Tag.Value, "`c:") }

// parseSources parses the package's files, tests left out.
func parseSources(t *testing.T) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(sourceSet, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

var sourceSet = token.NewFileSet()
