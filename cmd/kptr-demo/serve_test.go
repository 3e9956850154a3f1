package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kptr/bpfobj/prebuilt"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// startServe runs serve until the end of the test, and gives the path of its socket and what it has printed.
func startServe(t *testing.T, args ...string) (socket, printed string) {
	t.Helper()
	requireKernel(t)
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	kerneltest.NeedLinux(t, "6.13", "PIDFD_GET_INFO")
	dir, err := os.MkdirTemp("", "kptr-demo")
	must(t, err)
	must(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	socket = filepath.Join(dir, "socket")
	cmd := exec.Command("/proc/self/exe", append([]string{"serve", "-socket", socket, "-mode", "0666"}, args...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), mainEnv+"=1"), os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		must(t, cmd.Process.Signal(os.Interrupt))
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	for range 2 {
		line, err := lines.ReadString('\n')
		must(t, err)
		printed += line
	}
	return socket, printed
}

// TestServeJoin: root and nobody share through the broker, of the built-in object, of one that is named, and of a pin.
func TestServeJoin(t *testing.T) {
	every := strings.Replace(object(nativeOrder()), "task_local", "every_task", 1)
	for name, args := range map[string]func(t *testing.T) []string{
		"built in": func(*testing.T) []string { return nil },
		"object":   func(*testing.T) []string { return []string{"-object", every, "-map", "datamap"} },
		"pin":      func(t *testing.T) []string { return []string{"-pin", servePin(t, prebuilt.EveryTask(), 0o600, true)} },
	} {
		t.Run(name, func(t *testing.T) {
			kerneltest.NeedRoot(t)
			kerneltest.NeedHost(t, "the objects")
			socket, printed := startServe(t, args(t)...)
			if want := "map    datamap: BPF_MAP_TYPE_TASK_STORAGE, struct value_type, user kptr udata to struct user_data\nsocket " + socket + ", mode 0666; Ctrl-C ends it\n"; printed != want {
				t.Errorf("printed %q, want %q", printed, want)
			}
			for _, attr := range []*syscall.SysProcAttr{nil, &nobody} {
				r := demoProcess(t, attr, "join", "-socket", socket, "-a", "40", "-b", "2")
				r.wantDone(t)
				if !strings.HasSuffix(r.stdout, "\nresult 42\n") {
					t.Errorf("standard output:\n%s", r.stdout)
				}
			}
		})
	}
}

func TestJoinJSON(t *testing.T) {
	socket, _ := startServe(t, "-limit", "threads=1", "-limit", "uid-pages=8")
	r := demoRun("join", "-json", "-socket", socket)
	r.wantDone(t)
	var doc struct {
		runDocument
		Socket string `json:"socket"`
	}
	must(t, json.Unmarshal([]byte(r.stdout), &doc))
	if doc.Socket != socket || doc.Result == nil || *doc.Result != 3 || doc.Exit != 0 || len(doc.Steps) != 4 {
		t.Errorf("document %+v", doc)
	}
}

// TestServeRefuses: mistakes on the command line, and quotas that are too small.
func TestServeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"serve without a socket", []string{"serve"}, exitUsage, "serve: -socket PATH is missing"},
		{"join without a socket", []string{"join"}, exitUsage, "join: -socket PATH is missing"},
		{"pin and object", []string{"serve", "-socket", "s", "-pin", "p", "-object", "o"}, exitUsage, "serve: -pin names a map"},
		{"mode", []string{"serve", "-mode", "999"}, exitUsage, `-mode "999": not permissions`},
		{"limit", []string{"serve", "-limit", "files=1"}, exitUsage, `-limit "files=1": not one of the limits`},
		{"limit without a number", []string{"serve", "-limit", "threads"}, exitUsage, `-limit "threads": not a positive number`},
		{"nobody listens", []string{"join", "-socket", "/nonexistent"}, exitFailed, "connect /nonexistent: no such file or directory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := demoRun(tt.args...); r.code != tt.code || !strings.Contains(r.stderr, tt.want) {
				t.Errorf("exit code %d, want %d; standard error %q, want %q", r.code, tt.code, r.stderr, tt.want)
			}
		})
	}
	socket, _ := startServe(t, "-limit", "pages=7")
	r := demoRun("join", "-socket", socket)
	if want := "broker: quota of the process: pages: at most 7"; r.code != exitFailed || !strings.Contains(r.stderr, want) {
		t.Errorf("exit code %d, standard error %q, want %q", r.code, r.stderr, want)
	}
}
