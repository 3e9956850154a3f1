package sys_test

import (
	"os"
	"testing"
	"time"

	"kptr/internal/kerneltest"
)

// childEnv chooses, in a process that a test started, what it does instead of testing.
const childEnv = "SYS_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "lowfd":
		lowFDChild()
		os.Exit(0)
	case "sleep":
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	kerneltest.Main(m)
}
