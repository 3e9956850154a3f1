package bpfobj

import (
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
	w, err := walkValue(types, value, pageSize)
	return w.found, err
}

// walkValue walks a value type. On an error found is empty.
func walkValue(types *btf.Spec, value btf.ID, pageSize int) (fieldWalk, error) {
	w := fieldWalk{types: types, pageSize: pageSize}
	t := types.Type(value)
	if t == nil || t.Kind == btf.KindVoid {
		return w, nil
	}
	w.structName = types.Type(types.Resolve(value)).Name // empty for a bare pointer
	err := w.walk(value, "", 0, false, 0)
	switch {
	case err != nil:
	case len(w.found) == 0:
		return w, nil
	// The kernel takes the value type as it is: map_check_btf finds special fields
	// in structs alone, not behind a typedef.
	case t.Kind != btf.KindStruct:
		err = w.breaks("", 0, ErrNotStruct, fmt.Sprintf("it is a %v: wrap it in a struct", t.Kind))
	case w.special > maxSpecialFields:
		err = w.breaks("", 0, ErrFieldCount, fmt.Sprintf("%d of them: put the blocks into one pointee", w.special))
	case w.unknown != nil: // one tag that is none of a special field makes the map plain, until Linux 7.2
		err = w.unknown
	case w.beside != nil:
		err = w.beside
	}
	if err != nil {
		w.found = nil
	}
	return w, err
}

// A fieldWalk goes through the members of a value type.
type fieldWalk struct {
	types      *btf.Spec
	pageSize   int
	structName string
	found      []UserKptr
	unknown    error // a pointer with a type tag that means nothing to any kernel
	beside     error // one with a tag that is meant for programs, not for maps
	special    int   // all special fields: user kptrs, kptrs, locks, timers, ...
}

func (w *fieldWalk) breaks(path string, off uint64, rule error, detail string) error {
	return &RuleError{Struct: w.structName, Field: path, Offset: off, Rule: rule, Detail: detail, Err: answer(rule)}
}

// maxFieldDepth bounds the nesting of structs and arrays that is looked into.
// The kernel's own bound is MAX_RESOLVE_DEPTH, 32.
const maxFieldDepth = 32

// maxElements bounds the elements of one array that are looked into: more than
// BTF_FIELDS_MAX special fields are too many in any case.
const maxElements = maxSpecialFields + 1

func (w *fieldWalk) walk(id btf.ID, path string, off uint64, inUnion bool, depth int) error {
	if depth > maxFieldDepth || w.special > maxSpecialFields {
		return nil
	}
	t := w.types.Type(w.types.Resolve(id))
	switch t.Kind {
	case btf.KindPtr:
		return w.pointer(id, t, path, off, inUnion)
	case btf.KindArray:
		size, err := w.types.Size(t.Type)
		if err != nil {
			return nil // not a type with a size: then not one with user kptrs
		}
		for i := range min(uint64(t.Count), maxElements) {
			if err := w.walk(t.Type, fmt.Sprintf("%s[%d]", path, i), off+i*size, inUnion, depth+1); err != nil {
				return err
			}
		}
	case btf.KindStruct, btf.KindUnion:
		if isSpecialStruct(t.Name) {
			w.special++
			return nil
		}
		for _, m := range t.Members {
			if m.BitSize != 0 {
				continue
			}
			sub := join(path, m.Name)
			if err := w.walk(m.Type, sub, off+uint64(m.BitOffset/8), inUnion || t.Kind == btf.KindUnion, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func join(path, name string) string {
	switch {
	case path == "":
		return name
	case name == "":
		return path
	}
	return path + "." + name
}

// isSpecialStruct knows the structs that btf_get_field_type counts as special
// fields.
func isSpecialStruct(name string) bool {
	switch name {
	case "bpf_spin_lock", "bpf_res_spin_lock", "bpf_timer", "bpf_wq", "bpf_list_head", "bpf_list_node",
		"bpf_rb_root", "bpf_rb_node", "bpf_refcount", "bpf_task_work":
		return true
	}
	return false
}

// pointer looks at a member whose type resolves to a pointer: id is what the
// member says, ptr the PTR itself.
func (w *fieldWalk) pointer(id btf.ID, ptr *btf.Type, path string, off uint64, inUnion bool) error {
	tag, user := w.pointerTag(ptr)
	switch {
	case tag == nil:
		return nil
	case !user && !isKptrTag(tag.Name):
		err := w.breaks(path, off, ErrTagUnknown, fmt.Sprintf("it is %q: a user kptr's is %q or %q", tag.Name, TagKptrUser, TagUptr))
		if isAddressSpace(tag.Name) {
			w.beside = err
		} else {
			w.unknown = err
		}
		return nil
	case !user:
		w.special++ // kptr, kptr_untrusted, percpu_kptr
		return nil
	}
	outer := w.types.Type(id)
	for outer.Kind == btf.KindVolatile {
		outer = w.types.Type(outer.Type)
	}
	pointee := w.types.Type(tag.Type)
	switch {
	case inUnion:
		return w.breaks(path, off, ErrFieldUnion, "the kernel would ignore it: move it out")
	case outer != ptr:
		return w.breaks(path, off, ErrFieldConst, fmt.Sprintf("the kernel would ignore it: declare it as a plain pointer, not as %v", outer.Kind))
	case off%8 != 0:
		return w.breaks(path, off, ErrFieldAlign, "the kernel would ignore it: do not pack the struct")
	case w.types.Type(w.types.Type(ptr.Type).Type) == tag && w.types.Type(ptr.Type).Kind == btf.KindPtr:
		return w.breaks(path, off, ErrPointeeKind, "it is a pointer: leave one '*'")
	case w.types.Type(ptr.Type) != tag, pointee.Kind == btf.KindTypeTag:
		return w.breaks(path, off, ErrTagTwice, "leave only the user kptr's tag, next to the pointer")
	}
	w.special++
	return w.pointee(tag.Type, path, off)
}

// pointerTag finds the type tag behind a pointer: the user kptr's if there is
// one, else any.
func (w *fieldWalk) pointerTag(ptr *btf.Type) (tag *btf.Type, user bool) {
	id := ptr.Type
	for range maxFieldDepth {
		t := w.types.Type(id)
		switch t.Kind {
		case btf.KindTypeTag:
			if btf.IsUserKptrTag(t.Name) {
				return t, true
			}
			if tag == nil {
				tag = t
			}
		case btf.KindTypedef, btf.KindConst, btf.KindVolatile, btf.KindRestrict, btf.KindPtr:
		default: // void, and what a pointer chain ends at
			return tag, false
		}
		id = t.Type
	}
	return tag, false
}

func isKptrTag(name string) bool {
	return name == "kptr" || name == "kptr_untrusted" || name == "percpu_kptr"
}

// isAddressSpace knows the tags that say where a plain pointer points to
// (include/linux/compiler_types.h).
func isAddressSpace(name string) bool {
	return name == "user" || name == "percpu" || name == "rcu" || name == "arena"
}

func (w *fieldWalk) pointee(id btf.ID, path string, off uint64) error {
	id = w.types.Resolve(id)
	t := w.types.Type(id)
	switch {
	case t.Kind == btf.KindFwd:
		return w.breaks(path, off, ErrPointeeDeclared, fmt.Sprintf("struct %s: name it at file scope of the C source (a variable or a plain pointer to it), or give its Go type to Options.ValueTypes", t.Name))
	case t.Kind != btf.KindStruct:
		return w.breaks(path, off, ErrPointeeKind, fmt.Sprintf("it is a %v: wrap it in a struct", t.Kind))
	case t.Size == 0:
		return w.breaks(path, off, ErrPointeeEmpty, fmt.Sprintf("struct %s has no members", t.Name))
	case int64(t.Size) > int64(w.pageSize):
		return w.breaks(path, off, ErrPointeeSize, fmt.Sprintf("struct %s has %d bytes, a page has %d", t.Name, t.Size, w.pageSize))
	}
	w.found = append(w.found, UserKptr{Path: path, Offset: off, Pointee: id, Size: uint64(t.Size)})
	return nil
}

// maxStorageValue is what BPF_LOCAL_STORAGE_MAX_VALUE_SIZE (include/linux/
// bpf_local_storage.h) cannot exceed, in bytes: U16_MAX, of which the kernel takes
// the size of its own struct.
const maxStorageValue = 1<<16 - 1

// checkUserMap checks what map_check_btf and task_storage_map_alloc_check ask of
// a map with user kptrs.
func checkUserMap(m *MapSpec) (detail string, rule error) {
	const allowed = sys.BPF_F_NO_PREALLOC | sys.BPF_F_CLONE
	switch {
	case m.Type != sys.BPF_MAP_TYPE_TASK_STORAGE:
		return fmt.Sprintf("it is a %v", m.Type), ErrMapType
	case m.Flags&sys.BPF_F_NO_PREALLOC == 0 || m.Flags&^allowed != 0:
		return fmt.Sprintf("map_flags is %#x: say __uint(map_flags, BPF_F_NO_PREALLOC)", uint32(m.Flags)), ErrNoPrealloc
	case m.MaxEntries != 0:
		return fmt.Sprintf("max_entries is %d: leave it out", m.MaxEntries), ErrNoPrealloc
	case m.KeySize != 4 || m.Key == 0:
		return "the key is not an int of 4 bytes: say __type(key, int)", ErrNoPrealloc
	case m.ValueSize > maxStorageValue:
		return valueSizeDetail(m), ErrValueSize
	}
	return "", nil
}

func valueSizeDetail(m *MapSpec) string {
	return fmt.Sprintf("it has %d bytes, about 65,400 go: point to a block instead", m.ValueSize)
}
