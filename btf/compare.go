package btf

import (
	"reflect"
	"strconv"
	"strings"
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
	c := comparer{spec: s, budget: compareBudget}
	valueID := id
	if v := s.Type(id); v != nil && v.Kind == KindVar {
		valueID = v.Type
	}
	if t == nil {
		c.add(DiffGoType, "", "no type")
	} else {
		c.value(valueID, t, false)
	}
	if c.budget < 0 {
		c.add(DiffKind, "more than "+strconv.Itoa(compareBudget)+" nested members", "not compared further")
	}
	if len(c.diffs) == 0 {
		return nil
	}
	return &LayoutError{C: s.brief(valueID), Go: typeString(t), Differences: c.diffs}
}

// compareBudget bounds how many members one comparison looks at on the C side: a few kilobytes of BTF can say
// that anonymous structs hold each other twice, 40 deep. A struct has at most 65535 members.
const compareBudget = 1 << 20

// comparer holds the state of one CompareGo. Its slices are stacks, shared by all depths to save allocations.
type comparer struct {
	spec   *Spec
	diffs  []Difference
	path   []string
	pairs  []pair
	fields []goField
	leaves []leaf
	budget int
}

// pair is a struct and a Go struct whose comparison has begun. One that found no difference is not repeated, nor is
// one that is under way: types may be cyclic.
type pair struct {
	id     ID
	typ    reflect.Type
	differ bool
}

// add allocates and formats; nothing else in a comparison does.
func (c *comparer) add(kind DifferenceKind, inC, inGo string) {
	var path strings.Builder
	for _, name := range c.path {
		if path.Len() > 0 && name != "[]" {
			path.WriteByte('.')
		}
		path.WriteString(name)
	}
	c.diffs = append(c.diffs, Difference{Kind: kind, Path: path.String(), C: inC, Go: inGo})
}

func (c *comparer) push(name string) { c.path = append(c.path, name) }
func (c *comparer) pop()             { c.path = c.path[:len(c.path)-1] }

// value compares what one field or element holds.
func (c *comparer) value(id ID, t reflect.Type, userKptr bool) {
	if why := refusal(t, userKptr); why != "" {
		c.add(DiffGoType, "", t.String()+": "+why)
		return
	}
	resolved := c.spec.Resolve(id)
	ct := c.spec.Type(resolved)
	switch {
	case ct == nil:
		c.add(DiffKind, "no type", t.String())
	case ct.Kind == KindArray && t.Kind() == reflect.Array:
		c.array(ct, t, userKptr)
	case ct.Kind == KindPtr:
		c.pointer(id, ct, t)
	case t.Kind() == reflect.Pointer:
		c.add(DiffPointer, c.spec.brief(id), "user kptr "+t.String())
	case ct.Kind == KindStruct:
		c.structure(resolved, ct, t)
	case ct.Kind == KindUnion:
		c.opaque(id, uint64(ct.Size), t)
	case ct.Kind == KindInt && ct.Size > 8:
		c.opaque(id, uint64(ct.Size), t)
	default:
		c.scalar(id, ct, t)
	}
}

func (c *comparer) array(ct *Type, t reflect.Type, userKptr bool) {
	if uint64(ct.Count) != uint64(t.Len()) {
		c.add(DiffLength, strconv.FormatUint(uint64(ct.Count), 10), strconv.Itoa(t.Len()))
	}
	if t.Elem().Kind() == reflect.Uint8 && c.isChar(ct.Type) {
		return
	}
	c.push("[]")
	c.value(ct.Type, t.Elem(), userKptr)
	c.pop()
}

// isChar reports whether a type is C's plain char, which is text in an array: whether it is signed is
// the compiler's affair there.
func (c *comparer) isChar(id ID) bool {
	t := c.spec.Type(c.spec.Resolve(id))
	return t != nil && t.Kind == KindInt && t.Name == "char" && t.Size == 1
}

func (c *comparer) opaque(id ID, size uint64, t reflect.Type) {
	switch {
	case isOpaque(t, uint64(t.Size())) && uint64(t.Size()) != size:
		c.sizes(id, size, t)
	case !isOpaque(t, size):
		c.add(DiffKind, c.spec.brief(id), t.String())
	}
}

func (c *comparer) sizes(id ID, size uint64, t reflect.Type) {
	c.add(DiffSize, strconv.FormatUint(size, 10)+" ("+c.spec.brief(id)+")", strconv.FormatUint(uint64(t.Size()), 10)+" ("+t.String()+")")
}

func (c *comparer) structure(id ID, ct *Type, t reflect.Type) {
	switch {
	case isGoStruct(t):
		c.structs(id, ct, t)
	case isBPFOnly(ct.Name):
		c.opaque(id, uint64(ct.Size), t)
	default:
		c.add(DiffKind, c.spec.brief(id), t.String())
	}
}

// isBPFOnly reports whether the kernel keeps a struct of that name for itself: it is found by name in map values (the
// BPF_FIELD names of btf_get_field_type, kernel/bpf/btf.c) and reads as zeroes from user space.
func isBPFOnly(name string) bool {
	switch name {
	case "bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_task_work", "bpf_list_head", "bpf_list_node",
		"bpf_rb_root", "bpf_rb_node", "bpf_refcount":
		return true
	}
	return false
}

// pointer compares a C pointer with a user kptr or with opaque bytes.
func (c *comparer) pointer(id ID, ct *Type, t reflect.Type) {
	tagged := c.spec.isUserKptr(ct)
	if t.Kind() != reflect.Pointer {
		if tagged {
			c.add(DiffPointer, "user kptr "+c.spec.brief(id), t.String())
		} else if !isOpaque(t, 8) {
			c.add(DiffPointer, c.spec.brief(id), t.String())
		}
		return
	}
	if !tagged {
		c.add(DiffTag, c.spec.brief(id), t.String())
	}
	target := c.spec.Resolve(ct.Type)
	switch tt := c.spec.Type(target); {
	case tt != nil && tt.Kind == KindStruct:
		c.structs(target, tt, t.Elem())
	case tt != nil && tt.Kind == KindFwd:
		c.add(DiffForward, c.spec.brief(id), t.String())
	default:
		c.add(DiffPointee, c.spec.brief(id), t.String())
	}
}

// isUserKptr reports whether one of the type tags between a PTR and what it points to is that of a user kptr. A valid
// Spec has no cycle of them.
func (s *Spec) isUserKptr(ptr *Type) bool {
	for t := s.Type(ptr.Type); t != nil; t = s.Type(t.Type) {
		switch t.Kind {
		case KindTypeTag:
			if !t.Flag && IsUserKptrTag(t.Name) {
				return true
			}
		case KindConst, KindVolatile, KindRestrict, KindTypedef:
		default:
			return false
		}
	}
	return false
}

// scalar compares an INT, FLOAT, ENUM or ENUM64 with a Go scalar; any other kind is a difference.
func (c *comparer) scalar(id ID, ct *Type, t reflect.Type) {
	g := goScalar(t)
	want := cScalar(ct)
	if want == notScalar || g.class == notScalar || (want == floating) != (g.class == floating) ||
		g.class == boolean && isEnum(ct.Kind) {
		c.add(DiffKind, c.spec.brief(id), t.String())
		return
	}
	if ct.Kind == KindInt && (ct.BitOffset != 0 || uint32(ct.Bits) != ct.Size*8) {
		c.add(DiffBitField, c.spec.brief(id), t.String())
	}
	if ct.Size != g.size {
		c.sizes(id, uint64(ct.Size), t)
	}
	if want != g.class && !isEnum(ct.Kind) && g.class != boolean && !(want == boolean && g.class == unsignedInt) {
		c.add(DiffSign, want.sign()+" ("+c.spec.brief(id)+")", g.class.sign()+" ("+t.String()+")")
	}
}

func isEnum(k Kind) bool { return k == KindEnum || k == KindEnum64 }

func cScalar(t *Type) scalarClass {
	switch {
	case t.Kind == KindFloat:
		return floating
	case t.Kind == KindInt && t.Encoding&IntBool != 0:
		return boolean
	case t.Kind == KindInt && t.Encoding&IntSigned != 0, isEnum(t.Kind) && t.Flag:
		return signedInt
	case t.Kind == KindInt, isEnum(t.Kind):
		return unsignedInt
	default:
		return notScalar
	}
}

func (class scalarClass) sign() string {
	switch class {
	case signedInt:
		return "signed"
	case boolean:
		return "bool"
	default:
		return "unsigned"
	}
}
