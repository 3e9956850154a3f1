package kptr_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// outsideEnv tells a second process of this test program which pin to share through.
const outsideEnv = "KPTR_TEST_OUTSIDE"

// An outsider is what a second process met: the texts of errors, empty where there was none.
type outsider struct {
	Pinned, Open, Unchecked, Share, Lookup, Missing, ByID string

	Result int32
}

// TestOutsideProcess is the second process, and no test.
func TestOutsideProcess(t *testing.T) {
	pin := os.Getenv(outsideEnv)
	if pin == "" {
		return
	}
	b, err := json.Marshal(shareFromOutside(pin))
	must(t, err)
	_, err = os.NewFile(3, "report").Write(b)
	must(t, err)
}

func shareFromOutside(pin string) (o outsider) {
	says := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	m, err := bpfobj.OpenPinned(pin)
	if o.Pinned = says(err); err != nil {
		return o
	}
	defer m.Close()
	fd, err := m.FD()
	if err != nil {
		panic(err)
	}
	var info sys.MapInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		panic(err)
	}
	again, err := bpfobj.OpenID(info.ID)
	if o.ByID = says(err); err == nil {
		again.Close()
	}
	hints, err := kptr.Open[Value](m)
	if o.Open = says(err); err != nil {
		return o
	}
	defer hints.Close()
	o.Unchecked = says(hints.Unchecked())
	err = hints.OnThread(func(mine *kptr.Shared[Value]) error {
		h := mine.Value().Udata
		h.A, h.B = 1, 2
		for range 64 { // BPF may be kept out of the task's storage for one of them
			if kptr.Gettid(); h.Result == 3 {
				break
			}
		}
		o.Result = h.Result
		_, err := hints.Lookup(kptr.ThisThread())
		o.Lookup = says(err)
		return nil
	})
	o.Share = says(err)
	_, err = hints.Lookup(kptr.ThisThread())
	o.Missing = says(err)
	return o
}

// runOutside runs the second process, under a user id.
func runOutside(t *testing.T, pin string, uid uint32) outsider {
	t.Helper()
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	var output bytes.Buffer
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestOutsideProcess$")
	cmd.Env = append(os.Environ(), outsideEnv+"="+pin)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &output, &output, []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	err = cmd.Run()
	w.Close()
	if err != nil {
		t.Fatalf("%v\n%s", err, output.Bytes())
	}
	var o outsider
	must(t, json.NewDecoder(r).Decode(&o))
	return o
}

// publicBPFFS mounts a bpffs for the test that every user may look into.
func publicBPFFS(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kptr_test")
	must(t, err)
	t.Cleanup(func() { must(t, os.Remove(dir)) })
	must(t, os.Chmod(dir, 0o755))
	must(t, syscall.Mount("bpf", dir, "bpf", 0, "mode=0755"))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	return dir
}

// TestOutside: a second process shares through a pin, with all privileges and with none, as far as the pin's mode goes.
func TestOutside(t *testing.T) {
	const (
		root, nobody = 0, 65534

		eacces   = "permission denied (EACCES)"
		noAccess = "file descriptor of the map does not allow it"
		noBTF    = "since the map's BTF may not be read"
		noProbe  = "since the file descriptor is read-only"
		noAdmin  = "CAP_SYS_ADMIN missing"
		none     = "no element"
	)
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	kerneltest.NeedRoot(t)
	obj := load(t, prebuilt.EveryTask())
	must(t, obj.Attach())
	pin := filepath.Join(publicBPFFS(t), "datamap")
	must(t, obj.Map("datamap").Pin(pin))
	for _, row := range []struct {
		name string
		mode os.FileMode
		uid  uint32
		want outsider
	}{
		{"root", 0o600, root, outsider{Missing: none, Result: 3}},
		{"root, mode 0", 0, root, outsider{Missing: none, Result: 3}}, // CAP_DAC_OVERRIDE
		{"nobody, not for others", 0o660, nobody, outsider{Pinned: eacces}},
		{"nobody, read", 0o644, nobody, outsider{ByID: noAdmin, Unchecked: noProbe, Share: noAccess, Missing: none}},
		{"nobody, write", 0o622, nobody, outsider{ByID: noAdmin, Unchecked: noBTF, Lookup: noAccess, Missing: noAccess, Result: 3}},
		{"nobody, read and write", 0o666, nobody, outsider{ByID: noAdmin, Unchecked: noBTF, Missing: none, Result: 3}},
		{"nobody, execute", 0o611, nobody, outsider{Pinned: eacces}},
	} {
		t.Run(row.name, func(t *testing.T) {
			must(t, os.Chmod(pin, row.mode))
			got := runOutside(t, pin, row.uid)
			for _, c := range []struct{ what, got, want string }{
				{"pinned", got.Pinned, row.want.Pinned}, {"open", got.Open, row.want.Open}, {"unchecked", got.Unchecked, row.want.Unchecked},
				{"share", got.Share, row.want.Share}, {"lookup", got.Lookup, row.want.Lookup},
				{"lookup of nothing", got.Missing, row.want.Missing}, {"by id", got.ByID, row.want.ByID},
			} {
				if (c.got == "") != (c.want == "") || !strings.Contains(c.got, c.want) {
					t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
				}
			}
			if got.Result != row.want.Result {
				t.Errorf("result %d, want %d", got.Result, row.want.Result)
			}
		})
	}
	t.Run("nobody, through a directory of root's", func(t *testing.T) {
		must(t, os.Chmod(pin, 0o666))
		must(t, os.Chmod(filepath.Dir(pin), 0o700))
		if got := runOutside(t, pin, nobody); !strings.Contains(got.Pinned, eacces) || !strings.Contains(got.Pinned, pin) {
			t.Errorf("%q", got.Pinned)
		}
	})
}

// TestLoadedByBpftool shares through a map that libbpf has made. bpftool attaches nothing of the kind, so that is done here.
func TestLoadedByBpftool(t *testing.T) {
	bpftool := kerneltest.NeedTool(t, "bpftool")
	kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON, sys.CAP_SYS_ADMIN)
	kerneltest.NoLeaks(t)
	dir := mountBPFFS(t)
	t.Cleanup(func() { os.RemoveAll(dir + "/p"); os.RemoveAll(dir + "/m") })
	file := filepath.Join("bpfobj", "testdata", "uptr.bpfel.o")
	if hostOrder() == binary.ByteOrder(binary.BigEndian) {
		file = filepath.Join("bpfobj", "testdata", "uptr.bpfeb.o")
	}
	if out, err := exec.Command(bpftool, "prog", "loadall", file, dir+"/p", "pinmaps", dir+"/m").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m, err := bpfobj.OpenPinned(dir + "/m/datamap")
	must(t, err)
	defer m.Close()
	hints := open[Value](t, m)
	must(t, hints.Unchecked())
	lockThread(t)
	h := share(t, hints, kptr.ThisThread()).Value().Udata
	h.A, h.B = 1, 2
	setVariable(t, dir+"/m/uptr_bss", "target_pid", int32(kptr.Gettid()))
	prog, err := sys.ObjGet(dir+"/p/on_sys_enter", 0)
	must(t, err)
	defer prog.Close()
	link, err := sys.OpenFD(&sys.RawTracepointOpenAttr{ProgFD: prog.Uint32()})
	must(t, err)
	defer link.Close()
	if kptr.Gettid(); h.Result != 3 {
		t.Errorf("result %d, want 3", h.Result)
	}
}

// setVariable sets an int of a pinned .bss, found by name in the map's BTF.
func setVariable(t *testing.T, pin, name string, v int32) {
	t.Helper()
	bss, err := bpfobj.OpenPinned(pin)
	must(t, err)
	defer bss.Close()
	types, id := bss.ValueType()
	if types == nil || types.Type(id).Kind != btf.KindDataSec {
		t.Fatalf("%s: value type %d", pin, id)
	}
	value := make([]byte, bss.ValueSize())
	for _, s := range types.Type(id).Members {
		if types.Type(s.Type).Name == name {
			hostOrder().PutUint32(value[s.Offset:], uint32(v))
			must(t, bss.Update(make([]byte, bss.KeySize()), value, sys.BPF_ANY))
			return
		}
	}
	t.Fatalf("%s: no variable %s", pin, name)
}
