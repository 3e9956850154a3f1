package bpfobj

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"

	"kptr/btf"
	"kptr/sys"
)

// The type tags that a user kptr's pointer carries. Objects use either; the BTF
// that is loaded carries the one that the kernel honours.
const (
	TagUptr     = "uptr"      // Linux 6.13 and later
	TagKptrUser = "kptr_user" // the RFC of August 2024; no released kernel
)

// A Kernel holds the facts about a kernel that a plan depends on. [Running] gives
// those of the kernel at hand; a plan for another one is made from recorded facts.
type Kernel struct {
	Release   string // as uname -r prints it
	ByteOrder binary.ByteOrder
	PageSize  int    // bytes
	Tag       string // the user kptr's type tag; empty if not yet asked: then TagUptr is assumed, and Load checks it
	CPUs      int    // that may ever come online; 0 if not yet asked: then Plan asks the running kernel where a map has an entry for each
	BTF       []byte // the raw BTF, as in /sys/kernel/btf/vmlinux; nil if the kernel has none

	mapped *sys.Mapping
}

// vmlinuxBTF is where the kernel shows its own BTF (CONFIG_DEBUG_INFO_BTF).
const (
	vmlinuxBTF   = "/sys/kernel/btf/vmlinux"
	maxKernelBTF = 1 << 28 // bytes that are read of one: a kernel's has less than 10 MiB
)

// Running gives the facts about the running kernel. It costs no bpf(2) call. The
// BTF is mapped, or read where it cannot be (before Linux 6.16). Close unmaps it.
func Running() (*Kernel, error) {
	k := &Kernel{ByteOrder: nativeOrder(), PageSize: os.Getpagesize()}
	var err error
	if k.Release, err = sys.Release(); err != nil {
		return nil, err
	}
	if k.mapped, err = sys.MapFile(vmlinuxBTF); err == nil {
		k.BTF = k.mapped.Bytes()
		return k, nil
	}
	if k.BTF, err = sys.ReadFile(vmlinuxBTF, maxKernelBTF); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return k, nil
}

// Close unmaps the BTF.
func (k *Kernel) Close() error {
	k.BTF = nil
	return k.mapped.Close()
}

// cpus is how many entries a perf event array gets whose definition does not say. It is for functions that catch runs.
func (k *Kernel) cpus() uint32 {
	if k.CPUs == 0 {
		return uint32(must(sys.PossibleCPUs()))
	}
	return uint32(k.CPUs)
}

// find looks names up in the kernel's BTF. It is for functions that catch runs.
func (k *Kernel) find(names ...btf.Name) map[btf.Name]btf.ID {
	found := make(map[btf.Name]btf.ID, len(names))
	for i, id := range must(scanned(k, names, btf.Scan)) {
		found[names[i]] = id
	}
	return found
}

// scanned looks names up; that none are asked for takes no BTF.
func scanned[N, R any](k *Kernel, names []N, scan func([]byte, []N) ([]R, error)) ([]R, error) {
	if len(names) == 0 {
		return nil, nil
	}
	if k.BTF == nil {
		return nil, &sys.NotSupportedError{Feature: "kernel BTF (CONFIG_DEBUG_INFO_BTF, " + vmlinuxBTF + ")", Since: "5.4", Err: fs.ErrNotExist}
	}
	found, err := scan(k.BTF, names)
	if err != nil {
		return nil, fmt.Errorf("the kernel's BTF: %w", err)
	}
	return found, nil
}

// kernelHasStruct tells whether the running kernel's BTF has a struct of this name.
// The BTF of modules is not looked at: its names continue the kernel's string table.
func kernelHasStruct(name string) bool {
	k, err := Running()
	if err != nil {
		return false
	}
	defer k.Close()
	ids, err := scanned(k, []btf.Name{{Kind: btf.KindStruct, Name: name}}, btf.Scan)
	return err == nil && ids[0] != 0
}

// nativeOrder is the host's byte order in the form that elf and btf report one.
func nativeOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return binary.LittleEndian
	}
	return binary.BigEndian
}
