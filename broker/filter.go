package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"

	"kptr/sys"
)

// ErrSyscallName matches the refusal of a [Syscall] whose name is not known.
var ErrSyscallName = errors.New("no such system call")

// A Syscall is a system call that [Confine] leaves allowed, if one of its arguments is as it should be. Arguments are compared by
// their low 32 bits: those that are checked here are an int, or flags below bit 32.
type Syscall struct {
	Name    string
	Arg     int      // index of the argument, if any of the following is set
	Only    []uint32 // the values that it may have
	Has     uint32   // bits of which it must have one
	Without uint32   // bits that it must not have
}

// Codes of linux/bpf_common.h, actions of linux/seccomp.h.
const (
	ldAbs   = 0x20 // BPF_LD | BPF_W | BPF_ABS
	jmpEq   = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
	jmpSet  = 0x45 // BPF_JMP | BPF_JSET | BPF_K
	retK    = 0x06 // BPF_RET | BPF_K
	allow   = 0x7fff0000
	kill    = 0x80000000 // SECCOMP_RET_KILL_PROCESS
	refuse  = 0x00050001 // SECCOMP_RET_ERRNO | EPERM
	maxProg = 4096       // BPF_MAXINSNS
)

// Offsets into struct seccomp_data (linux/seccomp.h).
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16
)

func op(code uint16, jt, jf uint8, k uint32) sys.SockFilter {
	return sys.SockFilter{Code: code, Jt: jt, Jf: jf, K: k}
}

// program gives EPERM to what is not in the list, and kills a process that calls by another architecture's numbers: those of
// i386 mean other calls on amd64.
func program(list []Syscall) ([]sys.SockFilter, error) {
	if sys.AuditArch == 0 {
		return nil, &sys.NotSupportedError{Feature: "seccomp filter on " + runtime.GOARCH}
	}
	p := []sys.SockFilter{op(ldAbs, 0, 0, dataArch), op(jmpEq, 1, 0, sys.AuditArch), op(retK, 0, 0, kill), op(ldAbs, 0, 0, dataNr)}
	for _, s := range list {
		nr, known := sys.SyscallNumber(s.Name)
		if !known {
			return nil, fmt.Errorf("%w: %s", ErrSyscallName, s.Name)
		}
		if nr < 0 { // the architecture does not have it
			continue
		}
		check := s.check()
		p = append(p, op(jmpEq, 0, uint8(len(check)), uint32(nr)))
		p = append(p, check...)
	}
	p = append(p, op(retK, 0, 0, refuse))
	if len(p) > maxProg {
		return nil, fmt.Errorf("seccomp filter of %d instructions, at most %d", len(p), maxProg)
	}
	return p, nil
}

// check is what follows where the number is the call's; it always ends in an action.
func (s *Syscall) check() []sys.SockFilter {
	low := uint32(dataArgs + 8*s.Arg)
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		low += 4 // on a big-endian machine
	}
	yes, no := op(retK, 0, 0, allow), op(retK, 0, 0, refuse)
	switch {
	case s.Without != 0:
		return []sys.SockFilter{op(ldAbs, 0, 0, low), op(jmpSet, 1, 0, s.Without), yes, no}
	case s.Has != 0:
		return []sys.SockFilter{op(ldAbs, 0, 0, low), op(jmpSet, 0, 1, s.Has), yes, no}
	case s.Only != nil:
		p := []sys.SockFilter{op(ldAbs, 0, 0, low)}
		for _, v := range s.Only {
			p = append(p, op(jmpEq, 0, 1, v), yes)
		}
		return append(p, no)
	}
	return []sys.SockFilter{yes}
}

// String says which calls are allowed: "bpf(0: 0x1, 0x2)", "clone(0: any of 0x10000)", "mmap(2: none of 0x4)", "read".
func (s Syscall) String() string {
	switch {
	case s.Without != 0:
		return fmt.Sprintf("%s(%d: none of %#x)", s.Name, s.Arg, s.Without)
	case s.Has != 0:
		return fmt.Sprintf("%s(%d: any of %#x)", s.Name, s.Arg, s.Has)
	case s.Only != nil:
		text := fmt.Sprintf("%s(%d: ", s.Name, s.Arg)
		for i, v := range s.Only {
			if i > 0 {
				text += ", "
			}
			text += fmt.Sprintf("%#x", v)
		}
		return text + ")"
	}
	return s.Name
}
