package sys_test

import (
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

func TestProgInfo(t *testing.T) {
	kerneltest.NoLeaks(t)
	fd := open(t, returnZero(sys.BPF_PROG_TYPE_SOCKET_FILTER))
	var got sys.ProgInfo
	if err := sys.ObjInfo(fd, &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != sys.BPF_PROG_TYPE_SOCKET_FILTER || got.Name.String() != "test" || got.ID == 0 ||
		got.XlatedProgLen != 16 || got.LoadTime == 0 || got.NrMapIDs != 0 || got.Tag == [8]byte{} {
		t.Errorf("got %+v", got)
	}
	byID, err := sys.FDByID(sys.ObjProg, got.ID)
	kerneltest.Require(t, err)
	defer byID.Close()
	var again sys.ProgInfo
	if err := sys.ObjInfo(byID, &again); err != nil || again.Tag != got.Tag {
		t.Errorf("by id %+v, %v", again, err)
	}
}

func TestTestRun(t *testing.T) {
	kerneltest.NoLeaks(t)
	a := progLoad(sys.BPF_PROG_TYPE_SYSCALL, insn{op: movK, imm: 42}, insn{op: exit0})
	a.ProgFlags = sys.BPF_F_SLEEPABLE
	prog := open(t, a)
	run := &sys.TestRunAttr{ProgFD: prog.Uint32()}
	do(t, run)
	if run.Retval != 42 {
		t.Errorf("got %d, want 42", run.Retval)
	}
}

// TestLogLevels checks the values of BPF_LOG_*, which no UAPI header has, by what the verifier
// writes: the path at levels 1 and 2, sums alone at BPF_LOG_STATS.
func TestLogLevels(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	refuse := progLoad(sys.BPF_PROG_TYPE_SOCKET_FILTER, insn{op: exit0}) // R0 is not set
	accept := returnZero(sys.BPF_PROG_TYPE_SOCKET_FILTER)
	tests := []struct {
		name    string
		a       *sys.ProgLoadAttr
		level   sys.LogLevel
		has, no string
	}{
		{"refusal", refuse, sys.BPF_LOG_LEVEL1, "R0 !read_ok", "peak_states 9"},
		{"all paths", accept, sys.BPF_LOG_LEVEL2, "exit", "R0 !read_ok"},
		{"sums", accept, sys.BPF_LOG_STATS, "processed 2 insns", "exit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := make([]byte, 4096)
			tt.a.LogLevel, tt.a.LogSize, tt.a.LogBuf = tt.level, uint32(len(log)), sys.Bytes(log)
			if tt.a == refuse {
				refused(t, tt.a, syscall.EACCES)
			} else {
				open(t, tt.a)
			}
			text := string(log)
			if !strings.Contains(text, tt.has) || strings.Contains(text, tt.no) {
				t.Errorf("log %q has not %q or has %q", strings.TrimRight(text, "\x00"), tt.has, tt.no)
			}
		})
	}
}

func TestBTF(t *testing.T) {
	kerneltest.NoLeaks(t)
	s := btf.New(kernelBTF(t).ByteOrder())
	s.Add(btf.Type{Kind: btf.KindInt, Name: "int", Size: 4, Bits: 32, Encoding: btf.IntSigned})
	blob, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	fd := open(t, &sys.BTFLoadAttr{BTF: sys.Bytes(blob), BTFSize: uint32(len(blob))})
	got, err := sys.BTFBlob(fd)
	if err != nil || !slices.Equal(got, blob) {
		t.Errorf("read back %x, %v, want %x", got, err, blob)
	}
	var info sys.BTFInfo
	if err := sys.ObjInfo(fd, &info); err != nil {
		t.Fatal(err)
	}
	if info.BTFSize != uint32(len(blob)) || info.KernelBTF != 0 {
		t.Errorf("got %+v", info)
	}
	byID, err := sys.FDByID(sys.ObjBTF, info.ID)
	kerneltest.Require(t, err)
	defer byID.Close()
	typed := open(t, &sys.MapCreateAttr{
		MapType: sys.BPF_MAP_TYPE_ARRAY, KeySize: 4, ValueSize: 4, MaxEntries: 1,
		BTFFD: byID.Uint32(), BTFKeyTypeID: 1, BTFValueTypeID: 1,
	})
	var m sys.MapInfo
	if err := sys.ObjInfo(typed, &m); err != nil || m.BTFID != info.ID || m.BTFKeyTypeID != 1 || m.BTFValueTypeID != 1 {
		t.Errorf("got %+v, %v, want BTF %d", m, err, info.ID)
	}
}

func TestBTFBlobError(t *testing.T) {
	if b, err := sys.BTFBlob(nil); b != nil || !errors.Is(err, syscall.EBADFD) {
		t.Errorf("got %x, %v, want EBADFD", b, err)
	}
}

func TestLinks(t *testing.T) {
	kerneltest.NoLeaks(t)
	s := kernelBTF(t)
	tests := []struct {
		name string
		open func(t *testing.T) *sys.FD
		want sys.LinkType
	}{
		{"raw tracepoint", func(t *testing.T) *sys.FD {
			prog := open(t, returnZero(sys.BPF_PROG_TYPE_RAW_TRACEPOINT))
			return open(t, &sys.RawTracepointOpenAttr{Name: sys.CString("sys_enter"), ProgFD: prog.Uint32()})
		}, sys.BPF_LINK_TYPE_RAW_TRACEPOINT},
		{"tp_btf", func(t *testing.T) *sys.FD {
			prog := open(t, tracing(t, s, sys.BPF_TRACE_RAW_TP, btf.KindTypedef, "btf_trace_sys_enter"))
			return open(t, &sys.RawTracepointOpenAttr{ProgFD: prog.Uint32()})
		}, sys.BPF_LINK_TYPE_RAW_TRACEPOINT},
		{"tp_btf by link_create", func(t *testing.T) *sys.FD {
			prog := open(t, tracing(t, s, sys.BPF_TRACE_RAW_TP, btf.KindTypedef, "btf_trace_sys_enter"))
			return open(t, &sys.LinkCreateAttr{ProgFD: prog.Uint32(), AttachType: sys.BPF_TRACE_RAW_TP})
		}, sys.BPF_LINK_TYPE_RAW_TRACEPOINT},
		{"tracepoint", func(t *testing.T) *sys.FD {
			prog := open(t, returnZero(sys.BPF_PROG_TYPE_TRACEPOINT))
			return open(t, &sys.LinkCreateAttr{ProgFD: prog.Uint32(), TargetFD: sysEnterEvent(t).Uint32(), AttachType: sys.BPF_PERF_EVENT})
		}, sys.BPF_LINK_TYPE_PERF_EVENT},
		{"iterator", func(t *testing.T) *sys.FD {
			prog := open(t, tracing(t, s, sys.BPF_TRACE_ITER, btf.KindFunc, "bpf_iter_task"))
			return iterLink(t, prog)
		}, sys.BPF_LINK_TYPE_ITER},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			link := tt.open(t)
			checkCloseOnExec(t, link)
			var got sys.LinkInfo
			if err := sys.ObjInfo(link, &got); err != nil {
				t.Fatal(err)
			}
			if got.Type != tt.want || got.ID == 0 || got.ProgID == 0 {
				t.Errorf("got %+v, want type %v", got, tt.want)
			}
		})
	}
}

// tracing loads a program that does nothing for a target in the kernel's BTF.
func tracing(t *testing.T, s *btf.Spec, at sys.AttachType, kind btf.Kind, target string) *sys.ProgLoadAttr {
	t.Helper()
	id, err := s.Find(kind, target)
	if err != nil {
		t.Fatal(err)
	}
	a := returnZero(sys.BPF_PROG_TYPE_TRACING)
	a.ExpectedAttachType, a.AttachBTFID = at, uint32(id)
	return a
}

// sysEnterEvent opens a perf event on the tracepoint raw_syscalls/sys_enter.
func sysEnterEvent(t *testing.T) *sys.FD {
	t.Helper()
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN)
	dir := t.TempDir()
	mount(t, "tracefs", dir)
	b, err := os.ReadFile(dir + "/events/raw_syscalls/sys_enter/id")
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := sys.PerfEventOpenTracepoint(id)
	kerneltest.Require(t, err)
	t.Cleanup(func() { fd.Close() })
	checkCloseOnExec(t, fd)
	return fd
}

func TestPerfEventError(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_PERFMON)
	fd, err := sys.PerfEventOpenTracepoint(1 << 40)
	var call *os.SyscallError
	if fd != nil || !errors.As(err, &call) || call.Syscall != "perf_event_open" {
		t.Errorf("got %v, %v", fd, err)
	}
}

func iterLink(t *testing.T, prog *sys.FD) *sys.FD {
	t.Helper()
	return open(t, &sys.LinkCreateAttr{ProgFD: prog.Uint32(), AttachType: sys.BPF_TRACE_ITER})
}

func TestIter(t *testing.T) {
	kerneltest.NoLeaks(t)
	prog := open(t, tracing(t, kernelBTF(t), sys.BPF_TRACE_ITER, btf.KindFunc, "bpf_iter_task"))
	walk := open(t, &sys.IterCreateAttr{LinkFD: iterLink(t, prog).Uint32()})
	checkCloseOnExec(t, walk)
	if b, err := io.ReadAll(walk); len(b) != 0 || err != nil {
		t.Errorf("got %q, %v, want the end of the walk", b, err)
	}
}

// TestProgLoadRetry keeps the loading thread busy with signals, so that the verifier gives up with
// EAGAIN, and checks that the loader tries again, and not for ever.
func TestProgLoadRetry(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	const rounds = 300_000 // verified one by one: enough time for a signal
	a := progLoad(sys.BPF_PROG_TYPE_SOCKET_FILTER,
		insn{op: movK, dst: 1}, insn{op: addK, dst: 1, imm: 1}, insn{op: jltK, dst: 1, off: -2, imm: rounds},
		insn{op: movK}, insn{op: exit0})
	var results []error
	sys.SetTrace(func(_ sys.Attr, _ int, err error) { results = append(results, err) })
	defer sys.SetTrace(nil)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stop := signalThread(sys.Gettid())
	fd, err := sys.OpenFD(a)
	stop()
	if err == nil {
		fd.Close()
	}
	for i, r := range results[:len(results)-1] {
		if !errors.Is(r, syscall.EAGAIN) {
			t.Errorf("call %d: %v, want EAGAIN: there was another call", i+1, r)
		}
	}
	if len(results) < 2 || len(results) > sys.ProgLoadTries {
		t.Errorf("%d calls, want 2 to %d", len(results), sys.ProgLoadTries)
	}
	if errors.Is(err, syscall.EAGAIN) && len(results) != sys.ProgLoadTries {
		t.Errorf("gave up after %d calls", len(results))
	}
}

// signalThread sends SIGURG, which the Go runtime takes for a preemption, to a thread of this
// process until the function that it gives is called.
func signalThread(tid int) (stop func()) {
	done := make(chan struct{})
	var sender sync.WaitGroup
	sender.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				syscall.Syscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(tid), uintptr(syscall.SIGURG))
			}
		}
	})
	return func() { close(done); sender.Wait() }
}

func TestTrace(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	type call struct {
		cmd    sys.Cmd
		result int
		err    error
	}
	var got []call
	sys.SetTrace(func(a sys.Attr, result int, err error) { got = append(got, call{a.Cmd(), result, err}) })
	defer sys.SetTrace(nil)
	fd := hashMap(t)
	_, err := sys.BPF(&sys.MapLookupElemAttr{MapFD: fd.Uint32(), Key: key32(1), Value: value64(1)})
	sys.SetTrace(nil)
	do(t, &sys.MapFreezeAttr{MapFD: fd.Uint32()})
	want := []call{{sys.BPF_MAP_CREATE, fd.Int(), nil}, {sys.BPF_MAP_LOOKUP_ELEM, -1, err}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
