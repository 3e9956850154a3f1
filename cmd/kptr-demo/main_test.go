package main

import (
	"bufio"
	"bytes"
	"embed"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
)

// mainEnv has this test program be kptr-demo, in a process of its own.
const mainEnv = "KPTR_DEMO_MAIN"

//go:embed testdata
var testdata embed.FS

// files are what the tests read; a build for guests adds bpfobj's.
var files = kerneltest.Files{"": testdata}

func TestMain(m *testing.M) {
	if isWorker() {
		worker(os.Args[2], os.Args[3:])
	}
	if os.Getenv(mainEnv) != "" {
		main()
	}
	kerneltest.Main(m, files)
}

// The object that is built in, as a file: order is "el" or "eb".
func object(order string) string { return "../../bpfobj/prebuilt/task_local.bpf" + order + ".o" }

func nativeOrder() string {
	switch runtime.GOARCH {
	case "mips64", "ppc64", "s390x":
		return "eb"
	}
	return "el"
}

func otherOrder() string {
	if nativeOrder() == "el" {
		return "eb"
	}
	return "el"
}

func native() string { return object(nativeOrder()) }

// testObject is an object of package bpfobj's tests.
func testObject(name string) string {
	return "../../bpfobj/testdata/" + name + ".bpf" + nativeOrder() + ".o"
}

// A result is what the command did.
type result struct {
	code           int
	stdout, stderr string
}

// demoRun runs the command in this process.
func demoRun(args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(args, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// demoProcess runs the command in a process of its own, with other privileges if
// attr says so. Its standard input is the built-in object: /dev/stdin names it where
// the directories above it may not be entered.
func demoProcess(t *testing.T, attr *syscall.SysProcAttr, args ...string) result {
	t.Helper()
	in, err := os.Open(native())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = in, &stdout, &stderr, attr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// A runningDemo is the command in a process of its own that goes on until it is told to end.
type runningDemo struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
}

func startDemo(t *testing.T, args ...string) *runningDemo {
	t.Helper()
	d := &runningDemo{cmd: exec.Command("/proc/self/exe", args...)}
	d.cmd.Env = append(os.Environ(), mainEnv+"=1")
	d.cmd.Stderr = &d.stderr
	out, err := d.cmd.StdoutPipe()
	must(t, err)
	d.out = bufio.NewReader(out)
	must(t, d.cmd.Start())
	t.Cleanup(func() { d.cmd.Process.Kill(); d.cmd.Wait() }) // if the test has not ended it
	return d
}

// until reads standard output to the end of the text.
func (d *runningDemo) until(t *testing.T, text string) string {
	t.Helper()
	var read []byte
	for !bytes.HasSuffix(read, []byte(text)) {
		b, err := d.out.ReadByte()
		if err != nil {
			d.cmd.Wait()
			t.Fatalf("%v before %q, after %q; standard error %q", err, text, read, &d.stderr)
		}
		read = append(read, b)
	}
	return string(read)
}

// end sends a signal and gives what the command did, with what until has left of its standard output.
func (d *runningDemo) end(t *testing.T, s os.Signal) result {
	t.Helper()
	must(t, d.cmd.Process.Signal(s))
	return d.wait(t)
}

func (d *runningDemo) wait(t *testing.T) result {
	t.Helper()
	rest, err := io.ReadAll(d.out)
	must(t, err)
	d.cmd.Wait()
	return result{d.cmd.ProcessState.ExitCode(), string(rest), d.stderr.String()}
}

// wantError checks an exit code, that standard output is empty, and that standard
// error is one line of kptr-demo's that has all the texts.
func (r result) wantError(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d; standard error %q", r.code, code, r.stderr)
	}
	if r.stdout != "" {
		t.Errorf("standard output %q, want none", r.stdout)
	}
	r.wantLine(t, texts...)
}

func (r result) wantLine(t *testing.T, texts ...string) {
	t.Helper()
	if !strings.HasPrefix(r.stderr, "kptr-demo: ") || strings.Count(r.stderr, "\n") != 1 || !strings.HasSuffix(r.stderr, "\n") {
		t.Errorf("standard error %q, want one line that begins with the command's name", r.stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("standard error %q, want %q in it", r.stderr, text)
		}
	}
}

// wantDone checks that the command did its job without a complaint.
func (r result) wantDone(t *testing.T) {
	t.Helper()
	if r.code != exitDone || r.stderr != "" {
		t.Fatalf("exit code %d, standard error %q", r.code, r.stderr)
	}
}

// requireKernel skips where the kernel or the privileges do not allow for run.
func requireKernel(t *testing.T) {
	t.Helper()
	for _, f := range probe() {
		if f.lack != nil {
			kerneltest.Require(t, f.lack)
		}
	}
}
