package bpfobj

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"kptr/sys"
)

// A VerifierError is a program or BTF that the kernel refused, with the log that
// says why. Its text is the cause and the lines that tell most; %+v prints the
// whole log.
type VerifierError struct {
	Subject string // `program "sys_enter"`, or "BTF"
	Log     string // whole, as the kernel wrote it; empty if it wrote none
	Err     error  // a *sys.Error
}

func (e *VerifierError) Error() string {
	cause, context := e.telling()
	s := fmt.Sprintf("%v: %s", e.Err, cause)
	if len(context) > 0 {
		s += " (at " + strings.Join(context, "; ") + ")"
	}
	if left := strings.Count(strings.TrimSpace(e.Log), "\n") - len(context); left > 0 {
		s += fmt.Sprintf(" [%d more lines]", left)
	}
	return s
}

// reportHead is how Linux 7.3 begins the report that it writes behind the log.
const reportHead = "\n\nVerification failed: "

// telling gives the last line of the log before statistics and report, which is
// the cause, and the instruction and the source line that stand nearest before it.
func (e *VerifierError) telling() (cause string, context []string) {
	log, _, _ := strings.Cut(e.Log, reportHead)
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for len(lines) > 1 && isStatistics(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	last := len(lines) - 1
	var insn, source string
	for i := last - 1; i >= 0 && (insn == "" || source == ""); i-- {
		switch line := lines[i]; {
		case insn == "" && isInstruction(line):
			insn = line
		case source == "" && strings.HasPrefix(line, "; "):
			source = line[2:]
		}
	}
	if access := missingAccess(log, lines[last], insn); access != "" {
		lines[last], insn = "this kernel has nothing that matches the CO-RE access "+access, ""
	}
	context = slices.DeleteFunc([]string{insn, source}, func(line string) bool { return line == "" })
	return lines[last], context
}

// badCORE is the function that bpf_core_patch_insn (tools/lib/bpf/relo_core.c, which the kernel is built with) has a program call
// in place of an access that it cannot relocate.
const badCORE = "invalid func unknown#195896080"

// missingAccess finds the C access behind a call of badCORE in what bpf_core_apply wrote to the log before, as in
//
//	prog '': relo #0: <byte_off> [5] STRUCT task_struct___part.no_such_field (0:0 @ offset 0)
//	prog '': relo #0: substituting insn #1 w/ invalid insn
func missingAccess(log, cause, insn string) string {
	if !strings.HasPrefix(cause, badCORE) {
		return ""
	}
	insn, _, _ = strings.Cut(insn, ":")
	before, _, ok := strings.Cut(log, ": substituting insn #"+insn+" w/ invalid insn")
	if !ok {
		return ""
	}
	relo := before[strings.LastIndexByte(before, '\n')+1:] + ": <"
	_, access, _ := strings.Cut(log, relo)
	kind, access, ok := strings.Cut(access, "> [")
	if !ok {
		return ""
	}
	access, _, _ = strings.Cut(access, "\n")
	_, access, _ = strings.Cut(access, "] ")
	_, access, _ = strings.Cut(access, " ")   // STRUCT, or another kind of type
	access, _, _ = strings.Cut(access, " (")  // how it is found
	access, _, _ = strings.Cut(access, " = ") // of an enumerator: the value it was compiled with
	return access + " (" + kind + ")"
}

// isInstruction recognises the lines of bpf_verbose_insn, "15: (61) r2 = ...".
func isInstruction(line string) bool {
	number, rest, ok := strings.Cut(line, ": (")
	return ok && rest != "" && strings.Trim(number, "0123456789") == ""
}

// isStatistics recognises what the verifier writes behind the cause.
func isStatistics(line string) bool {
	starts := []string{"processed ", "verification time ", "stack depth ", "mark_precise", "insns processed "}
	return slices.ContainsFunc(starts, func(start string) bool { return strings.HasPrefix(line, start) })
}

// Format makes %+v print the whole log.
func (e *VerifierError) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('+') {
		fmt.Fprintf(f, "%s: %v\n%s", e.Subject, e.Err, e.Log)
		return
	}
	fmt.Fprint(f, e.Error())
}

// Unwrap gives ErrVerifier and the kernel's answer.
func (e *VerifierError) Unwrap() []error { return []error{ErrVerifier, e.Err} }

// Sizes in bytes of the log buffer: where it starts, and where it ends even if the
// kernel would say more. Up to Linux 6.3 a log that does not fit fails with ENOSPC.
const (
	firstLog = 1 << 18
	maxLog   = 1 << 26
)

// openWithLog issues a command that opens an fd; a program or BTF that the kernel refuses is loaded once more, with the log on.
func openWithLog(subject string, attr sys.Attr) (*sys.FD, error) {
	fd, err := sys.OpenFD(attr)
	for size := firstLog; err != nil && !errors.Is(err, syscall.EPERM) && size <= maxLog; size *= 4 {
		buf := make([]byte, size)
		logged := withLog(attr, buf)
		if logged == nil {
			break
		}
		fd, again := sys.OpenFD(logged)
		if errors.Is(again, syscall.ENOSPC) {
			continue
		}
		log, _, _ := bytes.Cut(buf, []byte{0}) // most of it is room
		switch {
		case again == nil: // a passing refusal, such as ENOMEM
			return fd, nil
		case len(log) == 0:
			return nil, err
		}
		return nil, &VerifierError{Subject: subject, Log: string(log), Err: again}
	}
	return fd, err
}

// withLog gives a copy that asks for a log; nil if the command has none.
func withLog(attr sys.Attr, buf []byte) sys.Attr {
	switch a := attr.(type) {
	case *sys.ProgLoadAttr:
		c := *a
		c.LogLevel, c.LogSize, c.LogBuf = sys.BPF_LOG_LEVEL1, uint32(len(buf)), sys.Bytes(buf)
		return &c
	case *sys.BTFLoadAttr:
		c := *a
		c.BTFLogLevel, c.BTFLogSize, c.BTFLogBuf = sys.BPF_LOG_LEVEL1, uint32(len(buf)), sys.Bytes(buf)
		return &c
	}
	return nil
}
