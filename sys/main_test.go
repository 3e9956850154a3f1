package sys_test

import (
	"os"
	"testing"

	"kptr/internal/kerneltest"
)

// childEnv chooses, in a process that a test started, what it does instead of testing.
const childEnv = "SYS_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "lowfd" {
		lowFDChild()
		os.Exit(0)
	}
	kerneltest.Main(m)
}
