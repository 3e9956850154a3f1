package sys_test

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"kptr/sys"
)

func TestErrorText(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"errno", &sys.Error{Cmd: sys.BPF_MAP_CREATE, Errno: syscall.EINVAL}, "BPF_MAP_CREATE: invalid argument (EINVAL)"},
		{"ENOTSUPP", &sys.Error{Cmd: sys.BPF_MAP_FREEZE, Errno: sys.ENOTSUPP}, "BPF_MAP_FREEZE: operation is not supported (ENOTSUPP)"},
		{"errno without name", &sys.Error{Cmd: sys.BPF_BTF_LOAD, Errno: 4000}, "BPF_BTF_LOAD: errno 4000"},
		{"unknown command", &sys.Error{Cmd: 99, Errno: syscall.EPERM}, "bpf_cmd(99): operation not permitted (EPERM)"},
		{"feature", &sys.NotSupportedError{Feature: "user kptrs", Since: "6.13"}, "user kptrs: not supported by this kernel (needs Linux 6.13)"},
		{"feature with cause", &sys.NotSupportedError{Feature: "PIDFD_THREAD", Since: "6.9", Err: syscall.EINVAL},
			"PIDFD_THREAD: not supported by this kernel (needs Linux 6.9): invalid argument"},
		{"feature of no version", &sys.NotSupportedError{Feature: "BPF trampolines"}, "BPF trampolines: not supported by this kernel"},
		{"mapping", &sys.MappingError{Offset: 1, Size: 2, Align: 3, Mapped: 4}, "mapping of 4 bytes: no room for 2 bytes aligned to 3 at offset 1"},
		{"CPU list", &sys.CPUListError{List: "0,x", Part: "x"}, `CPU list "0,x": "x" is no ascending range`},
		{"version", &sys.VersionError{Release: "x"}, `release "x": no kernel version`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorMatching(t *testing.T) {
	lacks := &sys.NotSupportedError{Feature: "x", Err: &sys.Error{Cmd: sys.BPF_MAP_CREATE, Errno: syscall.EPERM}}
	tests := []struct {
		name        string
		err, target error
		want        bool
	}{
		{"errno", &sys.Error{Errno: syscall.EBADF}, syscall.EBADF, true},
		{"another errno", &sys.Error{Errno: syscall.EBADF}, syscall.EPERM, false},
		{"permission", &sys.Error{Errno: syscall.EPERM}, os.ErrPermission, true},
		{"exists", &sys.Error{Errno: syscall.EEXIST}, os.ErrExist, true},
		{"feature", lacks, sys.ErrNotSupported, true},
		{"errno behind a feature", lacks, syscall.EPERM, true},
		{"no feature", &sys.Error{Errno: syscall.EPERM}, sys.ErrNotSupported, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := errors.Is(tt.err, tt.target); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
