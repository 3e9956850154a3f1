//go:build !race

// None of it runs under the race detector, whose runtime is C: the broker's filter has no room for the system calls of that. What the
// broker does at the same time is little, and package broker's tests run under it.

// Package attack tries, as a user without privilege, to get at the hints of others: through a map that is pinned for
// everybody, where it works, and through a broker, where it does not. docs/threat-model.md names each test.
package attack

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
)

func init() {
	switch os.Getenv(roleEnv) {
	case "actor":
		runtime.LockOSThread() // the first thread: its id is the process's
		exitWith(act())
	case "broker":
		exitWith(serve(os.Getenv(socketEnv)))
	}
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Getenv(roleEnv), err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestMain(m *testing.M) { kerneltest.Main(m, nil) }

const (
	nobody = 65534 // the attacker
	victim = 1000  // another user, no more privileged
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// publicDir makes a directory that every user may look into.
func publicDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kptr_attack")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

// A way is how processes share memory: "pin" is the path of a pin that everybody may write to, "broker" that of a broker's
// socket that everybody may connect to. Programs are attached that add the two numbers in each task's block (prebuilt.EveryTask).
type way struct {
	kind, path string
	broker     *process
}

// pinned makes a way that the kernel alone guards.
func pinned(t *testing.T) *way {
	t.Helper()
	need(t)
	kerneltest.NoLeaks(t)
	dir := publicDir(t)
	must(t, syscall.Mount("bpf", dir, "bpf", 0, "mode=0755"))
	t.Cleanup(func() { must(t, syscall.Unmount(dir, 0)) })
	obj, err := bpfobj.Load(prebuilt.EveryTask(), nil)
	kerneltest.Require(t, err)
	t.Cleanup(func() { must(t, obj.Close()) })
	must(t, obj.Attach())
	w := &way{kind: "pin", path: filepath.Join(dir, "datamap")}
	must(t, obj.Map("datamap").Pin(w.path))
	must(t, os.Chmod(w.path, 0o666))
	return w
}

// brokered makes one that a broker guards, which runs as root under its filter of system calls.
func brokered(t *testing.T, env ...string) *way {
	t.Helper()
	need(t)
	kerneltest.NoLeaks(t)
	w := &way{kind: "broker", path: filepath.Join(publicDir(t), "socket")}
	w.broker = start(t, "broker", syscall.SysProcAttr{}, append(env, socketEnv+"="+w.path)...)
	w.broker.read("ready")
	return w
}

func need(t *testing.T) {
	t.Helper()
	kerneltest.NeedRoot(t)
	_, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
}

// actor starts a process of a user, which opens the way.
func (w *way) actor(t *testing.T, uid uint32) *process {
	t.Helper()
	p := actor(t, syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}})
	p.do("open", w.kind, w.path).ok()
	return p
}

func actor(t *testing.T, attr syscall.SysProcAttr) *process {
	t.Helper()
	p := start(t, "actor", attr)
	p.pid = int(p.do("pid").ok())
	return p
}

// both runs a test for each way.
func both(t *testing.T, test func(t *testing.T, w *way)) {
	t.Run("pin", func(t *testing.T) { test(t, pinned(t)) })
	t.Run("broker", func(t *testing.T) { test(t, brokered(t)) })
}

// refusedBy checks the outcome of what only a broker refuses.
func (o outcome) refusedBy(w *way, reason any) {
	o.t.Helper()
	if w.kind == "pin" {
		o.ok()
	} else {
		o.refused(reason)
	}
}

// request and reply are what the tests and an actor say to each other, one line of JSON each.
type request struct {
	Op   string
	Args []any
}

type reply struct {
	N   int64
	Err string
}

var errUnknownOp = errors.New("unknown operation")

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}
