package btf

import (
	"fmt"
	"reflect"
	"slices"
)

// CompareGo compares the BTF type of an id with the Go type that is to mirror it, through nested structs, arrays and the
// pointees of user kptrs. It returns nil if they agree, else a [*LayoutError] that lists every difference. The id may be
// that of a struct, of anything else that has values (an integer behind typedefs, an array, ...), or of a VAR.
//
// Go types are read as in [Spec.AddGo]; what AddGo refuses is a difference. They agree with C as follows:
//
//   - A field and a member are the same if their names are, case and underscores aside; the struct tag `btf:"name=foo"`
//     must match to the letter. Names of structs are not compared.
//   - Offsets, sizes and array lengths are equal. Integers have the same signedness, but an enum takes either, and [N]byte
//     takes text (an array of C's char).
//   - bool agrees with _Bool and with any integer of one byte, uint8 with _Bool.
//   - A user kptr (type tag kptr_user or uptr) is a pointer with the struct tag, and nothing else.
//   - What Go cannot declare is mirrored by unsigned integers, or arrays of them, of the same size: unions, 128-bit
//     integers, other pointers (__kptr, or without a tag), structs that only BPF can use such as bpf_spin_lock.
//   - A blank field covers holes, bit fields and members alike, but no user kptr: an update would drop it.
//   - Members of anonymous structs and unions belong to the struct around them. Of an anonymous union, it is enough that Go
//     has fields for all bytes of a member. Fields of an embedded Go struct belong to the struct around it if no member
//     has its name.
func (s *Spec) CompareGo(id ID, t reflect.Type) error {
	if v := s.Type(id); v != nil && v.Kind == KindVar {
		id = v.Type
	}
	c := comparer{spec: s, budget: compareBudget, alike: make(map[pair]bool)}
	if t == nil {
		c.differ(DiffGoType, "", "", "no type")
	} else {
		c.value("", id, t, false)
	}
	if c.budget < 0 {
		c.differ(DiffKind, "", fmt.Sprintf("more than %d nested members", compareBudget), "not compared further")
	}
	if len(c.diffs) == 0 {
		return nil
	}
	return &LayoutError{C: s.brief(id), Go: fmt.Sprint(t), Differences: c.diffs}
}

// compareBudget bounds how many members one comparison looks at on the C side: a few kilobytes of BTF can say
// that anonymous structs hold each other twice, 40 deep. A struct has at most 65535 members.
const compareBudget = 1 << 20

type comparer struct {
	spec   *Spec
	diffs  []Difference
	alike  map[pair]bool // structs without a difference, or whose comparison is under way: types may be cyclic
	budget int
}

type pair struct {
	id  ID
	typ reflect.Type
}

func (c *comparer) differ(kind DifferenceKind, path, inC, inGo string) {
	c.diffs = append(c.diffs, Difference{Kind: kind, Path: path, C: inC, Go: inGo})
}

// types adds a difference that both types tell.
func (c *comparer) types(kind DifferenceKind, path string, id ID, t reflect.Type) {
	c.differ(kind, path, c.spec.brief(id), t.String())
}

func (c *comparer) sizes(path string, id ID, size uint32, t reflect.Type) {
	if uint64(size) != uint64(t.Size()) {
		c.differ(DiffSize, path, fmt.Sprintf("%d (%s)", size, c.spec.brief(id)), fmt.Sprintf("%d (%v)", t.Size(), t))
	}
}

// value compares what one field or element holds.
func (c *comparer) value(path string, id ID, t reflect.Type, userKptr bool) {
	if why := refusal(t, userKptr); why != "" {
		c.differ(DiffGoType, path, "", t.String()+": "+why)
		return
	}
	resolved := c.spec.Resolve(id)
	ct := c.spec.Type(resolved)
	switch {
	case ct == nil:
		c.differ(DiffKind, path, "no type", t.String())
	case ct.Kind == KindArray && t.Kind() == reflect.Array:
		c.array(path, ct, t, userKptr)
	case ct.Kind == KindPtr:
		c.pointer(path, id, ct, t)
	case t.Kind() == reflect.Pointer:
		c.differ(DiffKind, path, c.spec.brief(id), "user kptr "+t.String())
	case ct.Kind == KindStruct && isGoStruct(t):
		c.structs(path, resolved, ct, t)
	case ct.Kind == KindUnion, ct.Kind == KindInt && ct.Size > 8, ct.Kind == KindStruct && IsBPFOnly(ct.Name):
		c.opaque(path, id, ct.Size, t)
	default:
		c.scalar(path, id, ct, t)
	}
}

func (c *comparer) array(path string, ct *Type, t reflect.Type, userKptr bool) {
	if uint64(ct.Count) != uint64(t.Len()) {
		c.differ(DiffLength, path, fmt.Sprint(ct.Count), fmt.Sprint(t.Len()))
	}
	// C's plain char is text in an array: whether it is signed is the compiler's affair there.
	e := c.spec.Type(c.spec.Resolve(ct.Type))
	if isChar := e != nil && e.Kind == KindInt && e.Name == "char" && e.Size == 1; !isChar || t.Elem().Kind() != reflect.Uint8 {
		c.value(path+"[]", ct.Type, t.Elem(), userKptr)
	}
}

// opaque compares what Go cannot declare with the bytes that stand for it.
func (c *comparer) opaque(path string, id ID, size uint32, t reflect.Type) {
	if isOpaque(t) {
		c.sizes(path, id, size, t)
	} else {
		c.types(DiffKind, path, id, t)
	}
}

// bpfOnly are the structs that the kernel keeps for itself: it finds them by name in map values (the BPF_FIELD names of
// btf_get_field_type, kernel/bpf/btf.c), and they read as zeroes from user space.
var bpfOnly = []string{"bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_list_node",
	"bpf_rb_root", "bpf_rb_node", "bpf_refcount"}

// IsBPFOnly reports whether the kernel keeps a struct of that name for itself, as it does with bpf_spin_lock.
func IsBPFOnly(name string) bool { return slices.Contains(bpfOnly, name) }

// pointer compares a C pointer with a user kptr or with opaque bytes.
func (c *comparer) pointer(path string, id ID, ct *Type, t reflect.Type) {
	tagged := c.spec.isUserKptr(ct)
	switch {
	case t.Kind() != reflect.Pointer && tagged:
		c.differ(DiffKind, path, "user kptr "+c.spec.brief(id), t.String())
		return
	case t.Kind() != reflect.Pointer:
		c.opaque(path, id, 8, t)
		return
	case !tagged:
		c.types(DiffTag, path, id, t)
	}
	target := c.spec.Resolve(ct.Type)
	switch tt := c.spec.Type(target); {
	case tt != nil && tt.Kind == KindStruct:
		c.structs(path, target, tt, t.Elem())
	case tt != nil && tt.Kind == KindFwd:
		c.types(DiffForward, path, id, t)
	default:
		c.types(DiffPointee, path, id, t)
	}
}

// isUserKptr reports whether one of the type tags between a PTR and what it points to is that of a user kptr. A valid
// Spec has no cycle of them.
func (s *Spec) isUserKptr(ptr *Type) bool {
	for t := s.Type(ptr.Type); t != nil && modifiers.has(t.Kind); t = s.Type(t.Type) {
		if t.Kind == KindTypeTag && !t.Flag && IsUserKptrTag(t.Name) {
			return true
		}
	}
	return false
}

// scalar compares an INT, FLOAT, ENUM or ENUM64 with a Go scalar; any other kind is a difference.
func (c *comparer) scalar(path string, id ID, ct *Type, t reflect.Type) {
	g := goScalar(t)
	if g == nil || ct.Kind != g.Kind && (!enums.has(ct.Kind) || g.Kind != KindInt || g.Encoding == IntBool) {
		c.types(DiffKind, path, id, t)
		return
	}
	c.sizes(path, id, ct.Size, t)
	if ct.Kind != KindInt {
		return
	}
	if ct.BitOffset != 0 || uint32(ct.Bits) != ct.Size*8 {
		c.types(DiffBitField, path, id, t)
	}
	encoding := ct.Encoding &^ IntChar
	if encoding != g.Encoding && g.Encoding != IntBool && (encoding != IntBool || g.Encoding != 0) {
		c.differ(DiffKind, path, signs[encoding]+" ("+c.spec.brief(id)+")", signs[g.Encoding]+" ("+t.String()+")")
	}
}

var signs = [...]string{0: "unsigned", IntSigned: "signed", IntBool: "bool"}
