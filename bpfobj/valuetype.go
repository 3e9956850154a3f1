package bpfobj

import (
	"cmp"
	"fmt"

	"kptr/btf"
	"kptr/sys"
)

// A UserKptr is one user kptr of a map's value type.
type UserKptr struct {
	Path    string // of the field in the value, such as "udata" or "nested.slots[1]"
	Offset  uint64 // in the value, in bytes
	Pointee btf.ID
	Size    uint64 // of the pointee, in bytes
}

// maxSpecialFields is BTF_FIELDS_MAX (include/linux/bpf.h).
const maxSpecialFields = 11

// UserKptrs lists the user kptrs of a value type, and checks them against the
// rules of btf_find_field and btf_find_kptr (kernel/bpf/btf.c) as Linux 6.18 has
// them. The error is a *RuleError, whose Map is left to the caller.
func UserKptrs(types *btf.Spec, value btf.ID, pageSize int) ([]UserKptr, error) {
	w, err := walkValue(types, value, pageSize, "")
	return w.found, err
}

// walkValue walks the value type of a map. On an error found is empty.
func walkValue(types *btf.Spec, value btf.ID, pageSize int, mapName string) (w fieldWalk, err error) {
	w = fieldWalk{types: types, pageSize: pageSize, plain: make(map[btf.ID]bool), at: RuleError{Map: mapName}}
	t := types.Type(value)
	if t == nil || t.Kind == btf.KindVoid {
		return w, nil
	}
	w.at.Struct = types.Type(types.Resolve(value)).Name // empty for a bare pointer
	err = catch(func() {
		w.walk(place{id: value})
		if len(w.found) == 0 {
			return
		}
		// The kernel takes the value type as it is: map_check_btf finds special fields
		// in structs alone, not behind a typedef.
		w.at.want(t.Kind == btf.KindStruct, ErrNotStruct, "it is a %v: wrap it in a struct", t.Kind)
		w.at.want(w.special <= maxSpecialFields, ErrFieldCount, "%d of them: put the blocks into one pointee", w.special)
		check(w.unknown) // one tag that is none of a special field makes the map plain, until Linux 7.2
		check(w.beside)
	})
	if err != nil {
		w.found = nil
	}
	return w, err
}

// A fieldWalk goes through the members of a value type, up to the first mistake.
type fieldWalk struct {
	types    *btf.Spec
	pageSize int
	at       RuleError // the map and the struct
	found    []UserKptr
	unknown  error // a pointer with a type tag that means nothing to any kernel
	beside   error // one with a tag that is meant for programs, not for maps
	special  int   // all special fields: user kptrs, kptrs, locks, timers, ...

	plain map[btf.ID]bool // types that hold none, to be walked once: the ways to a type can be 2^32
}

// A place is a field of the value.
type place struct {
	id      btf.ID // its type
	path    string
	off     uint64 // bytes
	inUnion bool
}

// ruleAt begins an error about a field.
func (w *fieldWalk) ruleAt(p place) RuleError {
	e := w.at
	e.Field, e.Offset = p.path, p.off
	return e
}

// maxElements bounds the elements of one array that are looked into: more than
// BTF_FIELDS_MAX special fields are too many in any case.
const maxElements = maxSpecialFields + 1

// walk needs no bound of depth: btf has one.
func (w *fieldWalk) walk(p place) {
	id, before := w.types.Resolve(p.id), w.special
	if w.special > maxSpecialFields || w.plain[id] {
		return
	}
	t := w.types.Type(id)
	switch {
	case t.Kind == btf.KindPtr:
		w.pointer(p, t) // what it is may depend on the types around it
		return
	case t.Kind == btf.KindArray:
		size, err := w.types.Size(t.Type)
		if err != nil {
			return // not a type with a size: then not one with user kptrs
		}
		for i := range min(uint64(t.Count), maxElements) {
			w.walk(place{t.Type, fmt.Sprintf("%s[%d]", p.path, i), p.off + i*size, p.inUnion})
		}
	case (t.Kind == btf.KindStruct || t.Kind == btf.KindUnion) && btf.IsBPFOnly(t.Name):
		w.special++
	case t.Kind == btf.KindStruct || t.Kind == btf.KindUnion:
		for _, m := range t.Members {
			if m.BitSize == 0 {
				w.walk(place{m.Type, join(p.path, m.Name), p.off + uint64(m.BitOffset/8), p.inUnion || t.Kind == btf.KindUnion})
			}
		}
	}
	if w.special == before {
		w.plain[id] = true
	}
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// pointer looks at a field whose type resolves to a pointer, ptr.
func (w *fieldWalk) pointer(p place, ptr *btf.Type) {
	tag := w.pointerTag(ptr)
	if tag == nil {
		return
	}
	at := w.ruleAt(p)
	if !btf.IsUserKptrTag(tag.Name) {
		unknown := at.breaks(ErrTagUnknown, "it is %q: a user kptr's is %q or %q", tag.Name, TagKptrUser, TagUptr)
		switch tag.Name {
		case "kptr", "kptr_untrusted", "percpu_kptr":
			w.special++
		case "user", "percpu", "rcu", "arena": // where a plain pointer points to (include/linux/compiler_types.h)
			w.beside = unknown
		default:
			w.unknown = unknown
		}
		return
	}
	outer, next := w.types.Type(p.id), w.types.Type(ptr.Type)
	for outer.Kind == btf.KindVolatile {
		outer = w.types.Type(outer.Type)
	}
	twice := next != tag || w.types.Type(tag.Type).Kind == btf.KindTypeTag
	at.want(!p.inUnion, ErrFieldUnion, "the kernel would ignore it: move it out")
	at.want(outer == ptr, ErrFieldConst, "the kernel would ignore it: declare it as a plain pointer, not as %v", outer.Kind)
	at.want(p.off%8 == 0, ErrFieldAlign, "the kernel would ignore it: do not pack the struct")
	at.want(next.Kind != btf.KindPtr || w.types.Type(next.Type) != tag, ErrPointeeKind, "it is a pointer: leave one '*'")
	at.want(!twice, ErrTagTwice, "leave only the user kptr's tag, next to the pointer")
	w.special++
	id := w.types.Resolve(tag.Type)
	t := w.types.Type(id)
	at.want(t.Kind != btf.KindFwd, ErrPointeeDeclared, "struct %s: name it at file scope of the C source (a variable or a plain pointer to it), or give its Go type to Options.ValueTypes", t.Name)
	at.want(t.Kind == btf.KindStruct, ErrPointeeKind, "it is a %v: wrap it in a struct", t.Kind)
	at.want(t.Size != 0, ErrPointeeEmpty, "struct %s has no members", t.Name)
	at.want(int64(t.Size) <= int64(w.pageSize), ErrPointeeSize, "struct %s has %d bytes, a page has %d", t.Name, t.Size, w.pageSize)
	w.found = append(w.found, UserKptr{Path: p.path, Offset: p.off, Pointee: id, Size: uint64(t.Size)})
}

// pointerTag finds the type tag behind a pointer: the user kptr's if there is
// one, else any.
func (w *fieldWalk) pointerTag(ptr *btf.Type) (tag *btf.Type) {
	for t := w.types.Type(ptr.Type); ; t = w.types.Type(t.Type) {
		switch t.Kind {
		case btf.KindTypeTag:
			if btf.IsUserKptrTag(t.Name) {
				return t
			}
			tag = cmp.Or(tag, t)
		case btf.KindTypedef, btf.KindConst, btf.KindVolatile, btf.KindRestrict, btf.KindPtr:
		default: // void, and what a pointer chain ends at
			return tag
		}
	}
}

// maxStorageValue is what BPF_LOCAL_STORAGE_MAX_VALUE_SIZE (include/linux/
// bpf_local_storage.h) cannot exceed, in bytes: U16_MAX, of which the kernel takes
// the size of its own struct.
const maxStorageValue = 1<<16 - 1

// checkUserMap checks what map_check_btf and task_storage_map_alloc_check ask of
// a map with user kptrs, of which at names the first.
func checkUserMap(m *MapSpec, at RuleError) {
	const allowed = sys.BPF_F_NO_PREALLOC | sys.BPF_F_CLONE
	flags := m.Flags&sys.BPF_F_NO_PREALLOC != 0 && m.Flags&^allowed == 0
	at.want(m.Type == sys.BPF_MAP_TYPE_TASK_STORAGE, ErrMapType, "it is a %v", m.Type)
	at.want(flags, ErrNoPrealloc, "map_flags is %#x: say __uint(map_flags, BPF_F_NO_PREALLOC)", uint32(m.Flags))
	at.want(m.MaxEntries == 0, ErrNoPrealloc, "max_entries is %d: leave it out", m.MaxEntries)
	at.want(m.KeySize == 4 && m.Key != 0, ErrNoPrealloc, "the key is not an int of 4 bytes: say __type(key, int)")
	at.want(m.ValueSize <= maxStorageValue, ErrValueSize, valueSizeDetail, m.ValueSize)
}

const valueSizeDetail = "it has %d bytes, about 65,400 go: point to a block instead"
