package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"

	"kptr/bpfobj"
	"kptr/sys"
)

// errNotEffective is what a PermissionError wraps when nothing was asked of the
// kernel.
var errNotEffective = errors.New("not in the effective set")

// maxText bounds what is read of a file of /proc or sysfs, which has one line.
const maxText = 4096

// probe finds out all that check reports, in its order.
func probe() []finding {
	release := probeRelease()
	findings := []finding{release, probeBTF(), probeTag(release.State), probePidfd(), probeSchedExt()}
	findings = append(findings, probeCapabilities()...)
	return append(findings, probeUnprivileged(), probeBPFFS(), probePageSize())
}

// firstRelease is the Linux version that got user kptrs.
const firstRelease = "6.13"

func probeRelease() finding {
	f := finding{Feature: "kernel", State: stateUnknown}
	text, err := sys.Release()
	if err != nil {
		f.Detail = err.Error()
		return f
	}
	f.Detail = "Linux " + text + ", " + runtime.GOARCH
	have, err := sys.ParseVersion(text)
	want, wantErr := sys.ParseVersion(firstRelease)
	switch {
	case err != nil || wantErr != nil:
	case have.Before(want):
		// The number alone is no proof, since features are ported back: the tag decides.
		f.State, f.Do = stateNo, "boot Linux "+firstRelease+" or later: it is the first with user kptrs"
	default:
		f.State = stateYes
	}
	return f
}

func probeBTF() finding {
	const path = "/sys/kernel/btf/vmlinux"
	f := finding{Feature: "kernel BTF"}
	size, err := fileSize(path)
	if err != nil {
		f.State, f.Detail = stateNo, err.Error()
		f.Do = "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, with sysfs mounted at /sys"
		f.lack = &sys.NotSupportedError{Feature: "BTF (CONFIG_DEBUG_INFO_BTF)", Since: "5.4", Err: err}
		return f
	}
	f.State, f.Detail = stateYes, fmt.Sprintf("%s, %d bytes", path, size)
	return f
}

func fileSize(path string) (int64, error) {
	fd, err := sys.OpenFile(path, syscall.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer fd.Close()
	return fd.Size()
}

// probeTag asks the kernel. release says what may be concluded where it does not
// answer.
func probeTag(release state) finding {
	f := finding{Feature: "user kptrs", State: stateYes}
	tag, err := bpfobj.HonouredTag()
	switch {
	case err == nil:
		f.Detail = fmt.Sprintf("type tag %q", tag)
	case errors.Is(err, bpfobj.ErrPermission):
		f.State, f.Detail, f.lack = stateUnknown, "asking for the type tag needs CAP_BPF", err
		if release == stateYes {
			f.Detail += fmt.Sprintf("; this release honours %q", bpfobj.TagUptr)
		}
		f.Do = "see CAP_BPF"
	case errors.Is(err, sys.ErrNotSupported):
		f.State, f.Detail, f.lack = stateNo, "the kernel honours no type tag", err
		f.Do = "boot Linux " + firstRelease + " or later"
	default:
		f.State, f.Detail, f.lack = stateUnknown, oneLine(err), err
	}
	return f
}

// probePidfd asks for this thread, which is the leader or not: a kernel without
// PIDFD_THREAD says EINVAL to the flag in either case.
func probePidfd() finding {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	f := finding{Feature: "PIDFD_THREAD", State: stateYes, Detail: "pidfd_open(2) takes the id of any thread"}
	fd, err := sys.PidfdOpen(sys.Gettid(), sys.PIDFD_THREAD)
	if err != nil {
		f.State, f.Detail = stateNo, err.Error()
		f.Do = "boot Linux 6.9 or later, and let pidfd_open(2) through the seccomp filter if there is one"
		f.lack = &sys.NotSupportedError{Feature: "pidfd_open with PIDFD_THREAD", Since: "6.9", Err: err}
		return f
	}
	if err := fd.Close(); err != nil {
		f.Detail = err.Error()
	}
	return f
}

func probeSchedExt() finding {
	f := finding{Feature: "sched_ext", Optional: true}
	text, err := sys.ReadFile("/sys/kernel/sched_ext/state", maxText)
	if err != nil {
		f.State, f.Detail = stateNo, err.Error()
		f.Do = "for schedulers in BPF, boot Linux 6.12 or later built with CONFIG_SCHED_CLASS_EXT=y"
		return f
	}
	f.State, f.Detail = stateYes, "state "+strings.TrimSpace(string(text))
	return f
}

// The capabilities that the demo needs, and the one that opens maps by their id.
func probeCapabilities() []finding {
	have, err := sys.Capabilities()
	var findings []finding
	for _, c := range []sys.Cap{sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN} {
		f := finding{Feature: c.String(), Optional: c == sys.CAP_SYS_ADMIN, State: stateYes, Detail: "effective"}
		switch {
		case err != nil:
			f.State, f.Detail = stateUnknown, err.Error()
		case have.Has(c):
		case have.Allows(c):
			f.Detail = "CAP_SYS_ADMIN stands in for it"
		default:
			f.State, f.Detail = stateNo, "not effective"
			f.Do = capabilityAdvice(c)
			if !f.Optional {
				f.lack = permission(c)
			}
		}
		findings = append(findings, f)
	}
	return findings
}

func capabilityAdvice(c sys.Cap) string {
	if c == sys.CAP_SYS_ADMIN {
		return "run as root to open maps by their id"
	}
	return "run as root, or give the file the capabilities: setcap cap_bpf,cap_perfmon+ep FILE"
}

func probeUnprivileged() finding {
	const path = "/proc/sys/kernel/unprivileged_bpf_disabled"
	f := finding{Feature: "unprivileged_bpf_disabled", Optional: true, State: stateYes}
	text, err := sys.ReadFile(path, maxText)
	if err != nil {
		f.State, f.Detail = stateUnknown, err.Error()
		return f
	}
	value := strings.TrimSpace(string(text))
	switch value {
	case "0":
		f.Detail = "0: bpf(2) is open to all processes, but maps with user kptrs need CAP_BPF all the same"
	case "1":
		f.Detail = "1: bpf(2) needs CAP_BPF until the next boot"
	case "2":
		f.Detail = "2: bpf(2) needs CAP_BPF unless root changes it"
	default:
		f.State, f.Detail = stateUnknown, fmt.Sprintf("%q", value)
	}
	return f
}

func probeBPFFS() finding {
	const path = "/sys/fs/bpf"
	f := finding{Feature: "bpffs", Optional: true}
	mounted, err := sys.IsBPFFS(path)
	switch {
	case err != nil:
		f.State, f.Detail = stateNo, err.Error()
	case !mounted:
		f.State, f.Detail = stateNo, path+" is no bpffs"
	default:
		f.State, f.Detail = stateYes, "mounted at "+path
	}
	if f.State == stateNo {
		f.Do = "to pin maps: mount -t bpf bpf " + path
	}
	return f
}

func probePageSize() finding {
	return finding{Feature: "page size", State: stateYes, Detail: fmt.Sprintf("%d bytes: the largest block", os.Getpagesize())}
}
