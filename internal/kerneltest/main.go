package kerneltest

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// lockedEnv tells the processes that a test starts that their parent holds the lock.
const lockedEnv = "KPTR_KERNEL_TESTS_LOCKED"

// Main runs the tests of a package while no other package's are running under Main, and exits. It
// is to be called as the last thing in TestMain, with the files that the tests read, if any.
func Main(m *testing.M, files Files) {
	asGuest(m, files)
	if err := lock(filepath.Join(os.TempDir(), "kptr-kernel-tests.lock")); err != nil {
		fmt.Fprintln(os.Stderr, "kerneltest:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// MainUnlocked is Main for a package whose tests make no BPF objects: it waits for nobody.
func MainUnlocked(m *testing.M, files Files) {
	asGuest(m, files)
	os.Exit(m.Run())
}

// lock takes the lock for the life of the process.
func lock(path string) error {
	if os.Getenv(lockedEnv) != "" {
		return nil
	}
	fd, err := openLock(path)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	for {
		err := syscall.Flock(fd, syscall.LOCK_EX)
		if err == nil {
			return os.Setenv(lockedEnv, "1")
		}
		if err != syscall.EINTR {
			return &os.PathError{Op: "flock", Path: path, Err: err}
		}
	}
}

// openLock opens the file as a bare fd: an os.File would close it, and so unlock it, when collected.
func openLock(path string) (int, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CREAT|syscall.O_CLOEXEC, 0o644)
	if err == syscall.EACCES {
		// Another user's file in a sticky directory refuses O_CREAT (fs.protected_regular), root's too.
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	}
	return fd, err
}
