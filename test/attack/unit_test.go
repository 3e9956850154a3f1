//go:build !race

package attack

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// unitCaps are the capabilities that a unit may give, by the names that systemd.exec(5) has for them.
var unitCaps = map[string]sys.Cap{
	"CAP_BPF": sys.CAP_BPF, "CAP_PERFMON": sys.CAP_PERFMON, "CAP_NET_ADMIN": sys.CAP_NET_ADMIN, "CAP_SYS_ADMIN": sys.CAP_SYS_ADMIN,
}

// unitSetting gives the words of a setting of the systemd unit.
func unitSetting(t *testing.T, name string) []string {
	t.Helper()
	unit, err := os.ReadFile("../../docs/kptr-broker.service")
	must(t, err)
	for line := range bytes.Lines(unit) {
		if value, ok := bytes.CutPrefix(line, []byte(name+"=")); ok {
			return strings.Fields(string(value))
		}
	}
	t.Fatalf("kptr-broker.service: no %s", name)
	return nil
}

// TestUnit runs what docs/kptr-broker.service starts, as a user without privilege but for the capabilities that it names; and then
// without each of those, with which it must not get far: none is for nothing.
func TestUnit(t *testing.T) {
	kerneltest.NeedHost(t, "the source tree")
	need(t)
	kerneltest.NoLeaks(t)
	names := unitSetting(t, "AmbientCapabilities")
	if bounds := unitSetting(t, "CapabilityBoundingSet"); !slices.Equal(names, bounds) {
		t.Errorf("AmbientCapabilities are %v, CapabilityBoundingSet %v", names, bounds)
	}
	dir := publicDir(t)
	demo := filepath.Join(dir, "kptr-demo")
	if out, err := exec.Command("go", "build", "-o", demo, "../../cmd/kptr-demo").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := filepath.Join(dir, "run") // RuntimeDirectory=
	must(t, os.Mkdir(run, 0o755))
	must(t, os.Chown(run, unitUser, unitUser))

	u := unit{t, demo, run}
	cmd, out := u.start(names...)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(line, "map ") {
		t.Fatalf("kptr-demo says %q", line)
	}
	w := &way{kind: "broker", path: filepath.Join(run, "broker.sock")}
	kerneltest.Eventually(t, "the socket", func() bool { _, err := os.Stat(w.path); return err == nil })
	w.shares(t, victim)
	w.shares(t, nobody)
	must(t, cmd.Process.Signal(syscall.SIGTERM))
	_ = cmd.Wait()
	for _, name := range names {
		rest := slices.DeleteFunc(slices.Clone(names), func(other string) bool { return other == name })
		cmd, out := u.start(rest...)
		enough := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		said, _ := io.ReadAll(out)
		enough.Stop()
		if err := cmd.Wait(); err == nil || !strings.Contains(string(said), name) {
			t.Errorf("without %s: %v, %q", name, err, said)
		}
	}
}

// unitUser is somebody.
const unitUser = 990

type unit struct {
	t         *testing.T
	demo, run string
}

// start does what ExecStart= says, with the paths that the test has.
func (u unit) start(caps ...string) (*exec.Cmd, io.Reader) {
	u.t.Helper()
	words := unitSetting(u.t, "ExecStart")
	for i := range words {
		words[i] = strings.Replace(words[i], "/run/kptr", u.run, 1)
	}
	if words[0] != "/usr/bin/kptr-demo" {
		u.t.Fatalf("ExecStart=%s", words[0])
	}
	cmd := exec.Command(u.demo, words[1:]...)
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: unitUser, Gid: unitUser}}
	for _, name := range caps {
		c, ok := unitCaps[name]
		if !ok {
			u.t.Fatalf("capability %s", name)
		}
		attr.AmbientCaps = append(attr.AmbientCaps, uintptr(c))
	}
	r, w, err := os.Pipe()
	must(u.t, err)
	u.t.Cleanup(func() { r.Close() })
	cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = attr, w, w
	err = cmd.Start()
	w.Close()
	must(u.t, err)
	u.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd, r
}
