package kptr

import (
	"fmt"
	"syscall"

	"kptr/sys"
)

// Update gives a task an element with the caller's own value, in place of any it has. Flags are sys.BPF_ANY, BPF_NOEXIST or
// BPF_EXIST. Each user kptr of the value is
//
//   - nil, which drops the block that was there, or
//   - a block of a share of this map, as its Value gives it; the task is then one of this process, or
//   - the address of memory that was vouched for: see [Map.Vouch].
//
// Anything else, the Go heap above all, is refused with a [*MemoryError]: the collector may give that memory to someone else
// while BPF still writes to it. Misaligned addresses, which the kernel takes, and blocks that cross a page are refused as well.
// Addresses are those of this process, whichever task is named.
func (m *Map[V]) Update(t Task, v *V, flags sys.ElemFlags) error {
	return m.with("update", t, func(key *handle) error {
		if err := checkFlags(flags); err != nil {
			return err
		}
		wire := *v // checked and given to the kernel without anybody changing it in between
		lent, err := m.checkMemory(&wire)
		defer m.arena.settle(lent)
		if err == nil && len(lent) > 0 {
			err = t.belongs(key)
		}
		if err != nil {
			return err
		}
		return m.set(key, &wire, flags)
	})
}

func checkFlags(flags sys.ElemFlags) error {
	switch flags {
	case sys.BPF_ANY, sys.BPF_NOEXIST, sys.BPF_EXIST:
		return nil
	}
	e := &OpError{Rule: ErrFlags, Detail: flags.String(), Err: syscall.EINVAL}
	if flags&sys.BPF_F_LOCK != 0 {
		e.Detail += ": a value with a user kptr is never updated under its lock"
		e.Err = syscall.EOPNOTSUPP // bpf_local_storage_update
	}
	return e
}

// checkMemory checks every user kptr of a value. The pages of the arena among them are to be settled.
func (m *Map[V]) checkMemory(v *V) (lent []*page, err error) {
	for i := range m.fields {
		f := &m.fields[i]
		addr := addrAt(v, f.offset)
		if addr == 0 {
			continue
		}
		if addr%f.align != 0 {
			return lent, f.refuse(addr, ErrMisaligned, fmt.Sprintf("want a multiple of %d", f.align), nil)
		}
		if p := m.arena.lend(addr, f.size); p != nil {
			lent = append(lent, p)
			continue
		}
		if !m.regions.hold(addr, f.size) {
			return lent, f.refuse(addr, ErrMemory, "a Go-heap pointer? take a block of Share, or vouch for memory outside the Go heap", nil)
		}
		if page := uintptr(m.arena.pageSize); addr/page != (addr+f.size-1)/page {
			return lent, f.refuse(addr, ErrPageCrossing, fmt.Sprintf("a page has %d bytes: move the block", page), syscall.EOPNOTSUPP)
		}
	}
	return lent, nil
}

// refuse gives a *MemoryError for Map.failed to complete.
func (f *field) refuse(addr uintptr, rule error, detail string, err error) error {
	return &MemoryError{Field: f.path, Addr: addr, Size: f.size, Rule: rule, Detail: detail, Err: err}
}
