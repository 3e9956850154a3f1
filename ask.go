package kptr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"syscall"

	"kptr/bpfobj"
	"kptr/btf"
	"kptr/sys"
)

// ask finds out from the kernel what a map's BTF does not tell: whether it knows the user kptrs, each of which it may have
// ignored; and, if the BTF was not readable, the sizes of their pointees, since BPF would write past the end of blocks that are
// too small. unchecked is a *MapError with what remains in the dark.
func ask(m *bpfobj.Map, fd *sys.FD, fields []field, t reflect.Type) (unchecked, err error) {
	if m.Probed() {
		return nil, nil
	}
	types, _ := m.ValueType()
	a := asker{fd: fd.Uint32(), value: make([]byte, m.ValueSize()), page: uintptr(os.Getpagesize())}
	var differ []btf.Difference
	for i := range fields {
		d, err := a.field(&fields[i], types == nil)
		switch {
		case errors.Is(err, syscall.EPERM):
			return notChecked(m, err), nil
		case errors.Is(err, syscall.EBADF):
			detail := "it has no user kptr there: was its value type loaded with a type tag that this kernel honours?"
			return nil, &MapError{Map: m.Name(), Field: fields[i].path, Rule: ErrPlainMap, Detail: detail, Err: err}
		case err != nil:
			return nil, fmt.Errorf("map %q: field %q: %w", m.Name(), fields[i].path, err)
		}
		differ = append(differ, d...)
	}
	if len(differ) > 0 {
		return nil, fmt.Errorf("map %q: %w", m.Name(), &btf.LayoutError{C: "the value type", Go: t.String(), Differences: differ})
	}
	return notChecked(m, nil), nil
}

// notChecked is what Map.Unchecked gives; readOnly is the kernel's refusal to be asked, if it refused.
func notChecked(m *bpfobj.Map, readOnly error) error {
	const (
		layout = "names, order and signedness of fields, since the map's BTF may not be read"
		kptrs  = "whether the kernel knows the user kptrs, since the file descriptor is read-only"
	)
	e := &MapError{Map: m.Name(), Rule: ErrUnchecked}
	switch untyped := m.Untyped(); {
	case untyped != nil && readOnly != nil:
		e.Detail, e.Err = layout+"; "+kptrs, fmt.Errorf("%w; %w", untyped, readOnly)
	case untyped != nil:
		e.Detail, e.Err = layout, untyped
	case readOnly != nil:
		e.Detail, e.Err = kptrs, readOnly
	default:
		return nil
	}
	return e
}

// An asker makes updates that the kernel has to refuse. bpf_map_update_value (kernel/bpf/syscall.c) looks at the user kptrs that
// it knows (bpf_obj_pin_uptrs) before it looks at the key, which here is no file descriptor.
type asker struct {
	fd    uint32
	value []byte // all zero between the calls
	page  uintptr
}

// noPidfd is a key that no task has.
var noPidfd = []byte{0xff, 0xff, 0xff, 0xff}

// fits tells whether the pointee of a user kptr has at most so many bytes. EBADF says that there is no user kptr, EPERM that the
// file descriptor may not write.
func (a *asker) fits(f *field, size uintptr) (bool, error) {
	// In the last page but one of the address space nothing of a process is ever mapped.
	addr := -a.page - size
	binary.NativeEndian.PutUint64(a.value[f.offset:], uint64(addr))
	_, err := sys.BPF(&sys.MapUpdateElemAttr{
		MapFD: a.fd, Key: sys.Bytes(noPidfd), Value: sys.Bytes(a.value), KeySize: uint32(len(noPidfd)), ValueSize: uint32(len(a.value)),
	})
	clear(a.value[f.offset:][:8])
	switch {
	case errors.Is(err, syscall.EFAULT): // it is not mapped
		return true, nil
	case errors.Is(err, syscall.EOPNOTSUPP): // it would cross a page
		return false, nil
	}
	return false, err
}

// field asks about one user kptr.
func (a *asker) field(f *field, size bool) ([]btf.Difference, error) {
	_, err := a.fits(f, f.size)
	if err != nil || !size {
		return nil, err
	}
	inC := 1 + sort.Search(int(a.page), func(n int) bool {
		var ok bool
		if err == nil {
			ok, err = a.fits(f, uintptr(n)+1)
		}
		return ok
	})
	if err != nil || inC == int(f.size) {
		return nil, err
	}
	return []btf.Difference{{Kind: btf.DiffSize, Path: f.path, C: strconv.Itoa(inC) + " (pointee)", Go: strconv.Itoa(int(f.size)) + " (pointee)"}}, nil
}
