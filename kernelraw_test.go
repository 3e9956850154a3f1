package kptr_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr/bpfobj"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// What the tests of the kernel's rules share. The functions kernelXxx ask the kernel alone, where the library would have refused
// before: a test then shows that the kernel has the rule, and that it answers with the errno that the library's error carries.

func kernelUpdate(t testing.TB, m *bpfobj.Map, key int, value []byte, flags sys.ElemFlags) error {
	t.Helper()
	fd, err := m.FD()
	must(t, err)
	return updateFD(fd, key, value, flags)
}

func updateFD(fd *sys.FD, key int, value []byte, flags sys.ElemFlags) error {
	_, err := sys.BPF(&sys.MapUpdateElemAttr{
		MapFD: fd.Uint32(), Key: sys.Bytes(word32(key)), Value: sys.Bytes(value), Flags: flags, KeySize: 4, ValueSize: uint32(len(value)),
	})
	return err
}

func kernelLookup(t testing.TB, m *bpfobj.Map, key int) ([]byte, error) {
	t.Helper()
	fd, err := m.FD()
	must(t, err)
	value := make([]byte, m.ValueSize())
	_, err = sys.BPF(&sys.MapLookupElemAttr{
		MapFD: fd.Uint32(), Key: sys.Bytes(word32(key)), Value: sys.Bytes(value), KeySize: 4, ValueSize: uint32(len(value)),
	})
	return value, err
}

func kernelDelete(t testing.TB, m *bpfobj.Map, key int) error {
	t.Helper()
	fd, err := m.FD()
	must(t, err)
	_, err = sys.BPF(&sys.MapDeleteElemAttr{MapFD: fd.Uint32(), Key: sys.Bytes(word32(key)), KeySize: 4})
	return err
}

// kernelCreate creates a map of an object whose user kptrs carry the tag that the kernel honours. change, if there is one,
// changes what the object says of the map.
func kernelCreate(t testing.TB, spec *bpfobj.Spec, name string, change func(*sys.MapCreateAttr)) (*sys.FD, error) {
	t.Helper()
	tag, err := bpfobj.HonouredTag()
	kerneltest.Require(t, err)
	types := spec.Types().Clone()
	types.Retag(bpfobj.TagKptrUser, tag)
	types.Retag(bpfobj.TagUptr, tag)
	blob, err := types.Encode()
	must(t, err)
	fd, err := sys.OpenFD(&sys.BTFLoadAttr{BTF: sys.Bytes(blob), BTFSize: uint32(len(blob))})
	if err != nil {
		return nil, err
	}
	defer fd.Close()
	m := spec.Map(name)
	attr := sys.MapCreateAttr{
		MapType: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: m.MaxEntries, MapFlags: m.Flags,
		MapName: sys.MakeObjName(name), BTFFD: fd.Uint32(), BTFKeyTypeID: uint32(m.Key), BTFValueTypeID: uint32(m.Value),
	}
	if change != nil {
		change(&attr)
	}
	return sys.OpenFD(&attr)
}

// parseTest parses an object of bpfobj's testdata.
func parseTest(t testing.TB, name string) *bpfobj.Spec {
	t.Helper()
	b, err := os.ReadFile(testObject(name))
	must(t, err)
	spec, err := bpfobj.Parse(b)
	must(t, err)
	return spec
}

func word32(n int) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }

// words gives the value of a map as numbers of 8 bytes.
func words(numbers ...uintptr) []byte {
	var b []byte
	for _, n := range numbers {
		b = binary.NativeEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// thisPidfd gives a pidfd of the calling thread.
func thisPidfd(t testing.TB) int {
	t.Helper()
	fd, err := sys.PidfdOpen(sys.Gettid(), sys.PIDFD_THREAD)
	must(t, err)
	t.Cleanup(func() { mustClose(t, fd) })
	return fd.Int()
}

// echoEnv makes this test program one that sends back what it reads and does nothing else: a process to be the task of an
// element, or to trigger a BPF program. The kernels that the tests run on may have no other program.
const echoEnv = "KPTR_TEST_ECHO"

func init() {
	if os.Getenv(echoEnv) == "" {
		return
	}
	var b [1]byte
	for {
		if n, err := syscall.Read(0, b[:]); n != 1 || err != nil {
			os.Exit(0)
		}
		if n, err := syscall.Write(1, b[:]); n != 1 || err != nil {
			os.Exit(0)
		}
	}
}

// An echo is a child process that makes system calls when it is told to.
type echo struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	pid int
}

func startEcho(t testing.TB) *echo {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), echoEnv+"=1")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	e := &echo{t, cmd, in, bufio.NewReader(out), cmd.Process.Pid}
	t.Cleanup(func() { in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	e.poke() // it has started
	return e
}

// poke has the child make system calls, and returns when it has.
func (e *echo) poke() {
	e.t.Helper()
	_, err := e.in.Write([]byte{'.'})
	must(e.t, err)
	_, err = e.out.ReadByte()
	must(e.t, err)
}

// kernelCommand issues a command of bpf(2) that package sys does not have. The attributes lie in memory outside the Go heap,
// and what they point to must.
func kernelCommand(t testing.TB, cmd uintptr, attr ...[]byte) error {
	t.Helper()
	mem := anonymous(t, 1)
	size := 0
	for _, field := range attr {
		size += copy(mem.Bytes()[size:], field)
	}
	_, _, errno := unix.Syscall(unix.SYS_BPF, cmd, mem.Addr(), uintptr(size))
	if errno == 0 {
		return nil
	}
	return errno
}
