package broker_test

import (
	"os/exec"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
)

// TestPidNamespace: a client whose ids mean nothing to the broker is served like any other, and gets at no thread outside.
func TestPidNamespace(t *testing.T) {
	kerneltest.NeedRoot(t)
	s := serve(t, nil)
	p := start(t, "client "+s.path, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID}
		asNobody(cmd)
	})
	for _, word := range []string{"share", "adds", "all", "close"} {
		if got := p.tell(word); got != "ok" {
			t.Errorf("%s: %s", word, got)
		}
		if has := hasElement(t, s, p.pid()); has != (word != "close") {
			t.Errorf("after %s: element %t", word, has)
		}
	}
}
