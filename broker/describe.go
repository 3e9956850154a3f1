package broker

import (
	"fmt"
	"os"
	"syscall"

	"kptr/bpfobj"
	"kptr/broker/wire"
	"kptr/sys"
)

// describe takes the map, and prepares what clients are told about it.
func (b *Broker) describe(m *bpfobj.Map) error {
	fd, err := m.FD()
	if err != nil {
		return err
	}
	if b.fd, err = fd.Dup(); err != nil {
		return err
	}
	types, id := m.ValueType()
	if types == nil {
		return fmt.Errorf("map %q: %w: %w", m.Name(), ErrNoLayout, m.Untyped())
	}
	if b.kptrs = m.UserKptrs(); len(b.kptrs) == 0 || m.Type() != sys.BPF_MAP_TYPE_TASK_STORAGE {
		return fmt.Errorf("map %q: %v: %w", m.Name(), m.Type(), ErrNoKptr)
	}
	blob, err := types.Encode()
	if err != nil {
		return err
	}
	about := wire.Map{
		Version: wire.Version, PageSize: uint32(os.Getpagesize()), ValueSize: uint32(m.ValueSize()), ValueType: uint32(id), BTFSize: uint32(len(blob)),
		MaxPages: uint32(b.limits.Process.Pages), Name: m.Name(),
	}
	for _, k := range b.kptrs {
		about.Kptrs = append(about.Kptrs, wire.Kptr{Offset: uint32(k.Offset), Size: uint32(k.Size)})
	}
	b.hello = about.Append(nil)
	b.btf, err = sealed(blob)
	return err
}

// sealed puts bytes into a memfd that nobody can change.
func sealed(content []byte) (*sys.FD, error) {
	fd, err := sys.MemfdCreate("kptr btf", int64(len(content)), sys.MFD_NOEXEC_SEAL)
	if err != nil {
		return nil, err
	}
	mem, err := sys.Mmap(fd, 0, len(content), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err == nil {
		copy(mem.Bytes(), content)
		err = mem.Close()
	}
	if err == nil {
		err = sys.AddSeals(fd, sys.F_SEAL_SHRINK|sys.F_SEAL_GROW|sys.F_SEAL_WRITE|sys.F_SEAL_SEAL)
	}
	if err != nil {
		_ = fd.Close()
		return nil, err
	}
	return fd, nil
}
