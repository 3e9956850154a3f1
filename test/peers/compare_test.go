package peers

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestCompare loads each object with both loaders. What differs is in the table of differences, and what is in the table
// differs.
func TestCompare(t *testing.T) {
	kerneltest.NeedHost(t, "a kernel that the tables are of")
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	listed := make(map[string]bool) // by object
	for i := range differences {
		listed[differences[i].object] = true
	}
	names := objects()
	if len(names) < 40 {
		t.Errorf("the corpus has %d objects, at least 40 were meant", len(names))
	}
	for _, name := range names {
		delete(listed, name)
		t.Run(name, func(t *testing.T) { compareObject(t, name) })
	}
	for name := range listed {
		t.Errorf("the table of differences lists object %s, which the corpus does not have", name)
	}
}

func compareObject(t *testing.T, name string) {
	kerneltest.NoLeaks(t)
	b, err := object(name)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := loadKptr(b)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := loadCilium(b)
	if err != nil {
		t.Fatal(err)
	}
	checkVerdicts(t, name, ours)

	found := compare(ours, theirs)
	for _, d := range differencesOf(name) {
		for _, f := range d.findings() {
			i := slices.Index(found, f)
			if i < 0 {
				t.Errorf("listed, but no difference any more: %s: %s: this project %q, cilium/ebpf %q", f.subject, f.field, f.ours, f.theirs)
				continue
			}
			found = slices.Delete(found, i, i+1)
		}
	}
	for _, f := range found {
		t.Errorf("not listed: %s: %s: this project %q, cilium/ebpf %q", f.subject, f.field, f.ours, f.theirs)
	}
	if t.Failed() {
		for _, s := range subjects(ours, theirs) {
			a, _ := ours.of(s)
			b, _ := theirs.of(s)
			t.Logf("%s:\n\tthis project: %v\n\tcilium/ebpf: %v", s, a.err, b.err)
		}
	}
}

// featuresEnv is the environment variable that, set to "require", makes TestFeatures fail where an object waits for another
// kernel: make vmtest sets it.
const featuresEnv = "KPTR_TRAMPOLINES"

// TestFeatures: an object that waits for another kernel is refused for that reason alone, and by both loaders.
func TestFeatures(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	require := os.Getenv(featuresEnv) == "require"
	if runtime.GOARCH != "amd64" {
		kerneltest.NeedHost(t, "the names of system calls on x86-64, which the objects have")
	}
	if require {
		kerneltest.NeedLinux(t, "7.0", "sleepable programs at system calls without CONFIG_FUNCTION_ERROR_INJECTION")
	}
	for name, feature := range needs {
		t.Run(name, func(t *testing.T) {
			b, err := object(name)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := loadKptr(b)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := loadCilium(b)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range subjects(ours, theirs) {
				a, _ := ours.of(s)
				b, _ := theirs.of(s)
				switch {
				case a.err == nil && b.err == nil:
				case !require && errors.Is(a.err, sys.ErrNotSupported) && errors.Is(b.err, feature.errno):
					t.Logf("%s: needs a kernel with %s", s, feature.name)
				default:
					t.Errorf("%s: this project says %v, cilium/ebpf %v", s, a.err, b.err)
				}
			}
		})
	}
}
