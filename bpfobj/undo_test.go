package bpfobj

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// spoil changes a plan so that the kernel is sure to refuse step k.
func spoil(t *testing.T, p *Plan, k int) *Plan {
	t.Helper()
	s := &p.Steps[k]
	switch a := s.Attr.(type) {
	case *sys.BTFLoadAttr:
		a.BTFSize = 4 // less than a header
	case *sys.MapCreateAttr:
		a.MapFlags |= 1 << 30
	case *sys.MapUpdateElemAttr:
		if s.Expect != 0 {
			a.Value = sys.Bytes(make([]byte, a.ValueSize)) // NULL is a good user kptr: the key is refused
		}
		a.Flags = 1 << 20
	case *sys.MapFreezeAttr: // of a BTF
		s.Uses[0].Step = 0
	case *sys.ObjPinAttr:
		a.Pathname = sys.CString("/proc/kptr_no_bpffs")
	case *sys.ObjGetAttr:
		a.Pathname = sys.CString("/proc/kptr_no_bpffs")
	case *sys.ProgLoadAttr:
		insns := make([]byte, insnSize)
		insns[0] = 0xff // no opcode
		a.Insns, a.InsnCnt, a.FuncInfoCnt, a.LineInfoCnt, a.CoreReloCnt = sys.Bytes(insns), 1, 0, 0, 0
	default:
		t.Fatalf("step %d: no way to spoil a %T", k, a)
	}
	return p
}

// TestUndo makes each step of a load fail, by attributes that the kernel refuses,
// and counts what is left.
func TestUndo(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	for _, object := range []string{"task_local", "globals", "mapinmap", "values", "pinned", "subprogs", "maps", "types", "kfunc"} {
		t.Run(object, func(t *testing.T) {
			if object == "subprogs" || object == "kfunc" {
				kerneltest.NeedJIT(t)
			}
			if object == "kfunc" {
				kerneltest.NeedLinux(t, "6.3", "bpf_cgroup_from_id()")
			}
			kerneltest.NoLeaks(t)
			dir := pinDir(t)
			p := plan(t, object, &Options{PinDir: dir})
			needItsUserKptrs(t, p)
			seen := 0
			for k := range p.Steps {
				seen += failAt(t, plan(t, object, &Options{PinDir: dir}), k, dir)
			}
			if seen != len(p.Steps) {
				t.Errorf("%d of %d steps failed", seen, len(p.Steps))
			}
		})
	}
}

// needItsUserKptrs skips on a kernel without user kptrs if the plan has any.
func needItsUserKptrs(t *testing.T, p *Plan) {
	t.Helper()
	for _, m := range p.maps {
		if len(m.kptrs) > 0 {
			needUserKptrs(t)
		}
	}
}

// failAt runs a plan whose step k fails.
func failAt(t *testing.T, p *Plan, k int, dir string) int {
	t.Helper()
	before, err := kerneltest.FDs()
	if err != nil {
		t.Fatal(err)
	}
	obj, err := spoil(t, p, k).Load()
	if obj != nil || err == nil {
		t.Errorf("step %d (%s): no error", k, p.Steps[k].Subject)
		obj.Close()
		return 0
	}
	var step *StepError
	if !errors.As(err, &step) || step.Step != k || step.Subject != p.Steps[k].Subject || !strings.Contains(err.Error(), p.Steps[k].thing.name) {
		t.Errorf("step %d (%s): error %v", k, p.Steps[k].Subject, err)
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		t.Errorf("step %d (%s): no errno in %v", k, p.Steps[k].Subject, err)
	}
	// What the kernel frees later is for NoLeaks; fds and pins go at once.
	after, err := kerneltest.FDs()
	if err != nil {
		t.Fatal(err)
	}
	for fd, target := range after {
		if before[fd] != target {
			t.Errorf("step %d (%s): fd %d is left: %s", k, p.Steps[k].Subject, fd, target)
		}
	}
	if pins, err := filepath.Glob(dir + "/*"); err != nil || len(pins) != 0 {
		t.Errorf("step %d (%s): pins %q are left: %v", k, p.Steps[k].Subject, pins, err)
	}
	return 1
}

// TestUndoReuse: a load that fails leaves a pin that it found.
func TestUndoReuse(t *testing.T) {
	kerneltest.NoLeaks(t)
	opts := &Options{PinDir: pinDir(t)}
	obj, err := Load(readObject(t, "pinned", nativeOrder()), opts)
	kerneltest.Require(t, err)
	defer obj.Close()
	p := plan(t, "pinned", opts)
	for k := range p.Steps {
		if obj, err := spoil(t, plan(t, "pinned", opts), k).Load(); err == nil {
			obj.Close()
			t.Errorf("step %d: no error", k)
		}
		if _, err := os.Lstat(opts.PinDir + "/kptr_test_pinned"); err != nil {
			t.Errorf("step %d: the pin is gone: %v", k, err)
		}
	}
}

// TestPlanTwice: a plan is not used up by loading it.
func TestPlanTwice(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	for _, object := range []string{"task_local", "globals", "mapinmap", "values"} {
		t.Run(object, func(t *testing.T) {
			p := plan(t, object, nil)
			needItsUserKptrs(t, p)
			text := p.String()
			one, err := p.Load()
			if err != nil {
				t.Fatal(err)
			}
			defer one.Close()
			two, err := p.Load()
			if err != nil {
				t.Fatal(err)
			}
			defer two.Close()
			if p.String() != text {
				t.Error("Load changed the plan")
			}
		})
	}
}

// TestTryKeepGoing: what Plan knew is reported at its step, and the rest is tried.
func TestTryKeepGoing(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
	p := plan(t, "bad_target", &Options{KeepGoing: true})
	for i, err := range p.Try() {
		if known := p.Steps[i].Err; err != known || (known != nil) != (p.Steps[i].thing.kind == "program") {
			t.Errorf("step %d: %v, Plan said %v", i, err, known)
		}
	}
	if _, err := p.Load(); !errors.Is(err, ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
}

// TestTry: each step is tried, and nothing stays.
func TestTry(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	for _, tt := range []struct {
		object string
		spoil  int // step; -1: none
		fail   []string
	}{
		{"globals", -1, nil},
		{"mapinmap", -1, nil},
		{"types", -1, nil},
		{"task_local", 1, []string{`map "datamap"`, `map "datamap" field udata`, `program "on_sys_enter"`}},
		{"pinned", -1, nil},
	} {
		p := plan(t, tt.object, &Options{PinDir: pinDir(t)})
		if tt.spoil >= 0 {
			p = spoil(t, p, tt.spoil)
		}
		var failed []string
		for i, err := range p.Try() {
			var step *StepError
			if err == nil {
				continue
			}
			failed = append(failed, p.Steps[i].Subject)
			if !errors.As(err, &step) || step.Step != i {
				t.Errorf("%s: step %d: %v", tt.object, i, err)
			}
		}
		if strings.Join(failed, "; ") != strings.Join(tt.fail, "; ") {
			t.Errorf("%s: %q failed, want %q", tt.object, failed, tt.fail)
		}
	}
}
