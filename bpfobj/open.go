package bpfobj

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"kptr/btf"
	"kptr/sys"
)

// OpenPinned opens a map by its path in bpffs. A pin that may only be written is
// enough to share memory, and one that may only be read to look values up. Of a
// map whose BTF may not be read the value type stays unknown: see [Map.Untyped].
func OpenPinned(path string) (*Map, error) {
	fd, err := getPinned(path)
	return openMap(path, fd, err)
}

// getPinned asks for as much as the file's mode allows for.
func getPinned(path string) (*sys.FD, error) {
	var fd *sys.FD
	var err error
	for _, flags := range []sys.MapFlags{0, sys.BPF_F_WRONLY, sys.BPF_F_RDONLY} {
		if fd, err = sys.ObjGet(path, flags); !errors.Is(err, syscall.EACCES) {
			return fd, err
		}
	}
	// EACCES is also the answer to what is no object of BPF (bpf_inode_type, kernel/bpf/inode.c).
	var at syscall.Stat_t
	if syscall.Stat(path, &at) == nil && at.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return nil, fmt.Errorf("%w but a directory: %w", ErrNotMap, err)
	}
	if ok, statErr := sys.IsBPFFS(path); statErr == nil && !ok {
		return nil, fmt.Errorf("%w but a file outside of any bpffs: %w", ErrNotMap, err)
	}
	return nil, fmt.Errorf("%w: %w: run as root, or see to the modes of the pin and of the directories above", ErrPermission, err)
}

// OpenFD takes a map by file descriptor, which is duplicated and stays the
// caller's.
func OpenFD(n int) (*Map, error) {
	fd, err := sys.DupFD(n)
	return openMap(fmt.Sprintf("fd %d", n), fd, err)
}

// OpenID opens a map by its id, as bpftool map lists it. It needs CAP_SYS_ADMIN:
// without it the error is a *PermissionError.
func OpenID(id uint32) (*Map, error) {
	fd, err := sys.FDByID(sys.ObjMap, id)
	return openMap(fmt.Sprintf("map id %d", id), fd, permission(err, sys.CAP_SYS_ADMIN))
}

// openMap owns fd, if there was no error.
func openMap(what string, fd *sys.FD, err error) (*Map, error) {
	m := &Map{handle: handle{thing: thing{kind: "map"}, fd: fd}}
	if err == nil {
		err = m.describe()
	}
	if err != nil {
		fd.Close()
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return m, nil
}

// describe asks the kernel what the file descriptor is. BPF_OBJ_GET_INFO_BY_FD would describe programs, links and BTFs
// in structs of their own, so the name comes first, which is bpf_map_new_fd's (kernel/bpf/syscall.c); without /proc nothing is refused.
func (m *Map) describe() error {
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", m.fd.Int()))
	if err == nil && name != "anon_inode:bpf-map" {
		return fmt.Errorf("%w but %s", ErrNotMap, name)
	}
	if err := sys.ObjInfo(m.fd, &m.info); err != nil {
		return fmt.Errorf("%w: %w", ErrNotMap, err)
	}
	m.thing.name = m.info.Name.String()
	if m.info.BTFID == 0 {
		return nil
	}
	switch err = m.readTypes(); {
	case errors.Is(err, syscall.EPERM):
		m.untyped = fmt.Errorf("BTF id %d: %w", m.info.BTFID, permission(err, sys.CAP_SYS_ADMIN))
		return nil
	case err != nil:
		return m.wrap(fmt.Errorf("BTF id %d: %w", m.info.BTFID, err))
	}
	return nil
}

// readTypes reads the map's BTF back from the kernel.
func (m *Map) readTypes() error {
	return catch(func() {
		fd := must(sys.FDByID(sys.ObjBTF, m.info.BTFID))
		defer fd.Close()
		types, value := must(btf.Decode(must(sys.BTFBlob(fd)))), btf.ID(m.info.BTFValueTypeID)
		w, err := walkValue(types, value, os.Getpagesize(), m.Name())
		m.types, m.value, m.kptrs = types, value, w.found
		check(err)
	})
}
