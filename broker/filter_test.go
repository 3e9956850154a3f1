package broker

import (
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"kptr/sys"

	"golang.org/x/sys/unix"
)

// seccompData is struct seccomp_data (linux/seccomp.h) in the host's byte order.
func seccompData(nr, arch uint32, args ...uint64) []byte {
	b := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, nr), arch)
	b = binary.NativeEndian.AppendUint64(b, 0) // instruction_pointer
	for i := range 6 {
		var v uint64
		if i < len(args) {
			v = args[i]
		}
		b = binary.NativeEndian.AppendUint64(b, v)
	}
	return b
}

// runFilter does what Documentation/networking/filter.rst says of the four instructions that filters here are made of.
func runFilter(t *testing.T, p []sys.SockFilter, data []byte) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(p); pc++ {
		in := p[pc]
		jump := func(yes bool) {
			if yes {
				pc += int(in.Jt)
			} else {
				pc += int(in.Jf)
			}
		}
		switch in.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = binary.NativeEndian.Uint32(data[in.K:])
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			jump(a == in.K)
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			jump(a&in.K != 0)
		case unix.BPF_RET | unix.BPF_K:
			return in.K
		default:
			t.Fatalf("instruction %d: code %#x", pc, in.Code)
		}
	}
	t.Fatal("the filter runs past its end")
	return 0
}

func TestProgram(t *testing.T) {
	const eperm = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	list := []Syscall{
		{Name: "read"},
		{Name: "bpf", Arg: 0, Only: []uint32{1, 2}},
		{Name: "clone", Arg: 1, Has: 0x10000},
		{Name: "mprotect", Arg: 2, Without: 4},
	}
	p, err := program(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		data []byte
		want uint32
	}{
		{"in the list", seccompData(unix.SYS_READ, sys.AuditArch), unix.SECCOMP_RET_ALLOW},
		{"not in the list", seccompData(unix.SYS_WRITE, sys.AuditArch), eperm},
		{"another architecture", seccompData(unix.SYS_READ, sys.AuditArch^1), unix.SECCOMP_RET_KILL_PROCESS},
		{"x32", seccompData(unix.SYS_READ|0x40000000, sys.AuditArch), eperm}, // __X32_SYSCALL_BIT, asm/unistd.h
		{"value, first", seccompData(unix.SYS_BPF, sys.AuditArch, 1), unix.SECCOMP_RET_ALLOW},
		{"value, last", seccompData(unix.SYS_BPF, sys.AuditArch, 2), unix.SECCOMP_RET_ALLOW},
		{"value, another", seccompData(unix.SYS_BPF, sys.AuditArch, 5), eperm},
		{"value, of another argument", seccompData(unix.SYS_BPF, sys.AuditArch, 5, 1, 1, 1, 1, 1), eperm},
		{"value, upper half not looked at", seccompData(unix.SYS_BPF, sys.AuditArch, 1<<32|1), unix.SECCOMP_RET_ALLOW},
		{"bit", seccompData(unix.SYS_CLONE, sys.AuditArch, 0, 0x50f00), unix.SECCOMP_RET_ALLOW},
		{"bit missing", seccompData(unix.SYS_CLONE, sys.AuditArch, 0x10000, 0x40f00), eperm},
		{"bit not set", seccompData(unix.SYS_MPROTECT, sys.AuditArch, 4, 4, 3), unix.SECCOMP_RET_ALLOW},
		{"bit set", seccompData(unix.SYS_MPROTECT, sys.AuditArch, 0, 0, 7), eperm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := runFilter(t, p, tt.data); got != tt.want {
				t.Errorf("got %#x, want %#x", got, tt.want)
			}
		})
	}
	if _, err := program([]Syscall{{Name: "reed"}}); !errors.Is(err, ErrSyscallName) {
		t.Errorf("unknown name: %v", err)
	}
	if p, err := program([]Syscall{{Name: "poll"}}); err != nil || runtime.GOARCH == "arm64" && len(p) != 5 {
		t.Errorf("what the architecture may lack: %d instructions, %v", len(p), err)
	}
}
