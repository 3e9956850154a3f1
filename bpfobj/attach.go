package bpfobj

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"kptr/sys"
)

// A Program is a BPF program in the kernel.
type Program struct {
	handle
	spec *ProgramSpec
}

// A Link keeps a program attached until it is closed, or the process ends.
type Link struct {
	program string
	fd      *sys.FD
	event   *sys.FD // perf event of a tracepoint; nil for the others
}

// Close detaches the program. Detaching the last program of a tracepoint waits for
// an RCU grace period.
func (l *Link) Close() error { return errors.Join(l.fd.Close(), l.event.Close()) }

// FD gives the link's file descriptor, which stays the link's.
func (l *Link) FD() *sys.FD { return l.fd }

// Attach attaches the program where its section name says. A program type that
// runs on demand gives [ErrNotAttached].
func (p *Program) Attach() (*Link, error) {
	fd, err := p.FD()
	if err != nil {
		return nil, err
	}
	link := &Link{program: p.Name()}
	var attr sys.Attr = &sys.RawTracepointOpenAttr{ProgFD: fd.Uint32()} // of tracing: the program was loaded for its target
	switch {
	case !p.spec.attaches():
		err = ErrNotAttached
	case p.spec.Target == "":
		err = errors.New(noTarget)
	case p.spec.Type == sys.BPF_PROG_TYPE_TRACEPOINT:
		link.event, err = openTracepoint(p.spec.Target)
		attr = &sys.LinkCreateAttr{ProgFD: fd.Uint32(), TargetFD: link.event.Uint32(), AttachType: sys.BPF_PERF_EVENT}
	case p.spec.AttachType == sys.BPF_TRACE_ITER:
		attr = &sys.LinkCreateAttr{ProgFD: fd.Uint32(), AttachType: sys.BPF_TRACE_ITER}
	case p.spec.Type == sys.BPF_PROG_TYPE_RAW_TRACEPOINT:
		attr = &sys.RawTracepointOpenAttr{ProgFD: fd.Uint32(), Name: sys.CString(p.spec.Target)}
	}
	if err == nil {
		link.fd, err = sys.OpenFD(attr)
	}
	if err != nil {
		link.event.Close()
		return nil, fmt.Errorf("attach %v to %s: %w", p.thing, p.spec.Section, err)
	}
	return link, nil
}

// Attach attaches a struct_ops map, as a sched_ext scheduler is. The error keeps EBUSY where another one is attached. Other maps
// give [ErrNotAttached].
func (m *Map) Attach() (*Link, error) {
	fd, err := m.FD()
	if err != nil {
		return nil, err
	}
	link := &Link{program: m.Name()}
	if m.Type() != sys.BPF_MAP_TYPE_STRUCT_OPS {
		err = ErrNotAttached
	} else {
		link.fd, err = sys.OpenFD(&sys.LinkCreateAttr{ProgFD: fd.Uint32(), AttachType: sys.BPF_STRUCT_OPS})
	}
	if err != nil {
		return nil, fmt.Errorf("attach %v: %w", m.thing, err)
	}
	return link, nil
}

// openTracepoint opens a perf event to attach through, of which one CPU's is enough: the program hangs at the tracepoint itself
// (perf_event_set_bpf_prog, kernel/events/core.c).
func openTracepoint(target string) (*sys.FD, error) {
	id, err := tracepointID(target)
	if err != nil {
		return nil, err
	}
	return sys.PerfEventOpenTracepoint(id)
}

// tracepointID reads the id of CATEGORY/NAME from tracefs, which is mounted at
// either of two places.
func tracepointID(target string) (uint64, error) {
	if strings.Contains(target, "..") || strings.Count(target, "/") != 1 {
		return 0, fmt.Errorf("tracepoint %q is not CATEGORY/NAME", target)
	}
	for _, tracefs := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		text, err := sys.ReadFile(path.Join(tracefs, "events", target, "id"), 64)
		if err == nil {
			return strconv.ParseUint(string(bytes.TrimSpace(text)), 10, 64)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
	}
	if !sys.Exists("/sys/kernel/tracing/events") {
		return 0, fmt.Errorf("tracefs is not mounted (mount -t tracefs tracefs /sys/kernel/tracing): %w", fs.ErrNotExist)
	}
	return 0, &NotFoundError{Kind: "tracepoint", Name: target}
}

// Iter starts a run of an iter program. Reading the file descriptor to its end
// gives what the program writes; the caller closes it.
func (l *Link) Iter() (*sys.FD, error) {
	fd, err := sys.OpenFD(&sys.IterCreateAttr{LinkFD: l.fd.Uint32()})
	if err != nil {
		return nil, fmt.Errorf("iterate program %q: %w", l.program, err)
	}
	return fd, nil
}

// Run runs a syscall program once, with ctx as its context (nil for none), and
// gives what it returned. The program may change ctx.
func (p *Program) Run(ctx []byte) (uint32, error) {
	fd, err := p.FD()
	if err != nil {
		return 0, err
	}
	attr := sys.TestRunAttr{ProgFD: fd.Uint32(), CtxIn: sys.Bytes(ctx), CtxSizeIn: uint32(len(ctx))}
	if _, err := sys.BPF(&attr); err != nil {
		return 0, fmt.Errorf("run %v: %w", p.thing, err)
	}
	return attr.Retval, nil
}
