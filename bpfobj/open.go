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
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m, err := openMap(fd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
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
	// EACCES is also the answer to a file of another file system (bpf_inode_type,
	// kernel/bpf/inode.c).
	if ok, statErr := sys.IsBPFFS(path); statErr == nil && !ok {
		err = fmt.Errorf("%w but a file outside of any bpffs: %w", ErrNotMap, err)
	}
	return nil, err
}

// OpenFD takes a map by file descriptor, which is duplicated and stays the
// caller's.
func OpenFD(fd int) (*Map, error) {
	d, err := sys.DupFD(fd)
	var m *Map
	if err == nil {
		m, err = openMap(d)
	}
	if err != nil {
		return nil, fmt.Errorf("fd %d: %w", fd, err)
	}
	return m, nil
}

// OpenID opens a map by its id, as bpftool map lists it. It needs CAP_SYS_ADMIN:
// without it the error is a *PermissionError.
func OpenID(id uint32) (*Map, error) {
	fd, err := sys.FDByID(sys.ObjMap, id)
	var m *Map
	switch {
	case err == nil:
		m, err = openMap(fd)
	case errors.Is(err, syscall.EPERM):
		err = needsAdmin(err)
	}
	if err != nil {
		return nil, fmt.Errorf("map id %d: %w", id, err)
	}
	return m, nil
}

// needsAdmin explains EPERM of BPF_MAP_GET_FD_BY_ID and BPF_BTF_GET_FD_BY_ID.
func needsAdmin(err error) error {
	return &PermissionError{Missing: missingCaps([]sys.Cap{sys.CAP_SYS_ADMIN}), Err: err}
}

// openMap owns fd.
func openMap(fd *sys.FD) (*Map, error) {
	if err := checkMapFD(fd); err != nil {
		fd.Close()
		return nil, err
	}
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		fd.Close()
		return nil, fmt.Errorf("%w: %w", ErrNotMap, err)
	}
	m := &Map{
		name: info.Name.String(), fd: fd, typ: info.Type, flags: info.MapFlags,
		keySize: info.KeySize, valueSize: info.ValueSize, maxEntries: info.MaxEntries,
	}
	if info.BTFID == 0 {
		return m, nil
	}
	switch err := m.readTypes(info.BTFID, btf.ID(info.BTFValueTypeID)); {
	case errors.Is(err, syscall.EPERM):
		m.untyped = fmt.Errorf("BTF id %d: %w", info.BTFID, needsAdmin(err))
	case err != nil:
		fd.Close()
		return nil, fmt.Errorf("map %q: BTF id %d: %w", m.name, info.BTFID, err)
	}
	return m, nil
}

// checkMapFD refuses fds of programs, links and BTFs, which BPF_OBJ_GET_INFO_BY_FD
// would describe in structs of their own. The name is bpf_map_new_fd's (kernel/bpf/
// syscall.c). Without /proc nothing is refused.
func checkMapFD(fd *sys.FD) error {
	name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd.Int()))
	if err == nil && name != "anon_inode:bpf-map" {
		return fmt.Errorf("%w but %s", ErrNotMap, name)
	}
	return nil
}

// readTypes reads the map's BTF back from the kernel.
func (m *Map) readTypes(id uint32, value btf.ID) error {
	fd, err := sys.FDByID(sys.ObjBTF, id)
	if err != nil {
		return err
	}
	defer fd.Close()
	blob, err := sys.BTFBlob(fd)
	if err != nil {
		return err
	}
	types, err := btf.Decode(blob)
	if err != nil {
		return err
	}
	m.types, m.value = types, value
	m.kptrs, err = UserKptrs(types, value, os.Getpagesize())
	return nameMap(err, m.name)
}
