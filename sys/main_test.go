package sys_test

import (
	"embed"
	"os"
	"testing"
	"time"

	"kptr/internal/kerneltest"
)

// childEnv chooses, in a process that a test started, what it does instead of testing.
const childEnv = "SYS_TEST_CHILD"

//go:embed *.go testdata/layout.txt
var files embed.FS

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "lowfd":
		lowFDChild()
		os.Exit(0)
	case "sleep":
		time.Sleep(time.Minute)
		os.Exit(0)
	}
	kerneltest.Main(m, kerneltest.Files{"": files})
}
