package bpfobj

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
	"kptr/sys"
)

// refusedProgram loads object refused with one program, and gives the refusal.
func refusedProgram(t *testing.T, program string) (*VerifierError, error) {
	t.Helper()
	kerneltest.NoLeaks(t)
	obj, err := Load(readObject(t, "refused", nativeOrder()), &Options{Programs: []string{program}})
	if err == nil {
		obj.Close()
		t.Fatalf("program %q loads", program)
	}
	if errors.Is(err, ErrPermission) {
		kerneltest.Require(t, err)
	}
	var refused *VerifierError
	var step *StepError
	if !errors.As(err, &refused) || !errors.As(err, &step) || !errors.Is(err, ErrVerifier) || !errors.Is(err, syscall.EACCES) {
		t.Fatalf("error %v", err)
	}
	if want := fmt.Sprintf("program %q", program); step.Subject != want || refused.Subject != want {
		t.Errorf("subject %s and %s, want %s", step.Subject, refused.Subject, want)
	}
	return refused, err
}

func TestVerifierShort(t *testing.T) {
	refused, err := refusedProgram(t, "out_of_bounds")
	text := err.Error()
	// verbose() of check_mem_region_access, kernel/bpf/verifier.c
	for _, part := range []string{`program "out_of_bounds": BPF_PROG_LOAD: permission denied (EACCES): `, "R2 unbounded memory access, make sure to bounds check any such access", "return table[row] & 1;", " more lines]"} {
		if !strings.Contains(text, part) {
			t.Errorf("text %q lacks %q", text, part)
		}
	}
	if strings.Contains(text, "\n") {
		t.Errorf("text of several lines: %q", text)
	}
	for _, verb := range []string{"%v", "%s"} {
		if got := fmt.Sprintf(verb, refused); got != refused.Error() {
			t.Errorf("%s gives %q", verb, got)
		}
	}
	all := fmt.Sprintf("%+v", refused)
	if !strings.Contains(all, refused.Log) || !strings.HasPrefix(all, `program "out_of_bounds": BPF_PROG_LOAD: permission denied (EACCES)`) {
		t.Errorf("%%+v lacks the log: %q", all)
	}
}

// TestVerifierLong: a log that does not fit the first buffer comes whole.
func TestVerifierLong(t *testing.T) {
	kerneltest.NeedLinux(t, "6.12", "the log as it begins now")
	refused, err := refusedProgram(t, "long_log")
	if len(refused.Log) <= firstLog {
		t.Errorf("log of %d bytes, want more than %d", len(refused.Log), firstLog)
	}
	lines := strings.Split(strings.TrimSpace(refused.Log), "\n")
	if !strings.Contains(strings.Join(lines[:4], "\n"), "0: R1=ctx()") {
		t.Errorf("the log begins with %q", lines[:4])
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "processed ") {
		t.Errorf("the log ends with %q", last)
	}
	if !strings.Contains(err.Error(), "outside of the allowed memory range") || len(err.Error()) > 1000 {
		t.Errorf("text of %d bytes: %.200s", len(err.Error()), err)
	}
}

// TestVerifierBTF: BTF that the kernel refuses has a log too.
func TestVerifierBTF(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	p := plan(t, "task_local", nil)
	blob := []byte("\x9f\xeb\x01\x00 no types, but a magic number and a version")
	if nativeOrder().Uint16(blob) != 0xeb9f {
		blob[0], blob[1] = blob[1], blob[0]
	}
	p.Steps[0].Attr = &sys.BTFLoadAttr{BTF: sys.Bytes(blob), BTFSize: uint32(len(blob))}
	_, err := p.Load()
	var refused *VerifierError
	if !errors.As(err, &refused) || refused.Subject != "BTF" || refused.Log == "" {
		t.Errorf("error %v", err)
	}
}

func TestVerifierText(t *testing.T) {
	cause := &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: syscall.EACCES}
	for _, tt := range []struct{ name, log, want string }{
		{"cause alone", "R1 invalid mem access 'scalar'\n", "R1 invalid mem access 'scalar'"},
		{"with statistics", "R1 bad\nprocessed 9 insns (limit 1000000)\nmark_precise 1\n", "R1 bad [2 more lines]"},
		{"with instruction", "0: (b7) r0 = 0\n15: (61) r2 = *(u32 *)(r1 +0)\nR1 bad\n", "R1 bad (at 15: (61) r2 = *(u32 *)(r1 +0)) [1 more lines]"},
		{"with source", "; return table[row]; @ x.c:13\n15: (61) r2 = 1\nR1 bad", "R1 bad (at 15: (61) r2 = 1; return table[row]; @ x.c:13)"},
		{"statistics alone", "processed 9 insns", "processed 9 insns"},
	} {
		e := &VerifierError{Subject: "BTF", Log: tt.log, Err: cause}
		if got, want := e.Error(), "BPF_PROG_LOAD: permission denied (EACCES): "+tt.want; got != want {
			t.Errorf("%s: %q, want %q", tt.name, got, want)
		}
	}
}

// plan makes a plan for the running kernel.
func plan(t testing.TB, object string, opts *Options) *Plan {
	t.Helper()
	k, err := Running()
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	p, err := mustParse(t, readObject(t, object, nativeOrder())).Plan(k, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestVerifierReport: from Linux 7.3 on the kernel writes a report behind the log,
// in which the last line is no cause. testdata/verifier_7.3.log is what Linux 7.3.4
// wrote when it refused the program of testdata/notag.bpf.c.
func TestVerifierReport(t *testing.T) {
	log, err := os.ReadFile("testdata/verifier_7.3.log")
	if err != nil {
		t.Fatal(err)
	}
	refused := &VerifierError{Subject: `program "on_sys_enter"`, Log: string(log), Err: &sys.Error{Cmd: sys.BPF_PROG_LOAD, Errno: syscall.EACCES}}
	const want = "BPF_PROG_LOAD: permission denied (EACCES): R1 invalid mem access 'scalar' (at 15: (61) r2 = *(u32 *)(r1 +0); udata->result = udata->a + udata->b; @ task_local.h:19)"
	if got := refused.Error(); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
