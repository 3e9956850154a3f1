package kptr_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/bpfobj"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// TestKernelCases has what the kernel's own tests of user kptrs assert, U1 to U23 (tools/testing/selftests/bpf,
// prog_tests/task_local_storage.c and progs/uptr_*.c), and R1 what the RFC's did.
func TestKernelCases(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"U1", caseTwoBlocks},
		{"U2", caseForkedChild},
		{"U3", caseSecondBlock},
		{"U4", caseAllNull},
		{"U5", caseFromNull},
		{"U6", caseLookup},
		{"U7", caseDelete},
		{"U8", caseMapFreed},
		{"U9", caseCgroup},
		{"U10", caseAcrossPages},
		{"U11", caseEndOfPage},
		{"U12", caseLockFlag},
		{"U13", caseExistOnNone},
		{"U14", caseNoexistTwice},
		{"U15", caseUnderLock},
		{"U16", caseLargePointee},
		{"U17", caseEmptyPointee},
		{"U18", caseKernelName},
		{"U19", refusedByVerifier("store_field")},
		{"U20", refusedByVerifier("store_nested")},
		{"U21", refusedByVerifier("no_null_check")},
		{"U22", refusedByVerifier("exchange_beside_kptr")},
		{"U23", refusedByVerifier("field_of_own_object")},
		{"R1", caseUnmappedAndStack},
	} {
		t.Run(c.name, c.run)
	}
}

// Two mirrors struct value of testdata/case_basic.bpf.c.
type Two struct {
	Data   *Hint `btf:"kptr_user"`
	Nested struct {
		Data *Hint `btf:"kptr_user"`
	}
	Plain uint64
}

func two(data, nested *Hint) *Two {
	v := &Two{Data: data}
	v.Nested.Data = nested
	return v
}

// magic is what the program of case_basic adds to a + b.
const magic = 1000

// A basic is the object case_basic, attached to the calling thread, and vouched memory: two private pages.
type basic struct {
	t      *testing.T
	obj    *bpfobj.Object
	m      *bpfobj.Map
	values *kptr.Map[Two]
	mem    *sys.Mapping
	region *kptr.Region
	task   kptr.Task
}

func newBasic(t *testing.T) *basic {
	t.Helper()
	obj := loadTest(t, "case_basic")
	lockThread(t)
	b := &basic{t: t, obj: obj, m: obj.Map("values"), values: open[Two](t, obj.Map("values")), task: kptr.Thread(kptr.Gettid())}
	b.mem = mapMemory(t, 2, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	var err error
	b.region, err = b.values.Vouch("two pages", b.mem.Bytes())
	must(t, err)
	b.set("owner", kptr.Gettid())
	b.set("trigger_pid", kptr.Gettid())
	must(t, obj.Attach())
	return b
}

func (b *basic) set(name string, n int) {
	b.t.Helper()
	must(b.t, b.obj.Variable(name).Set(int32(n)))
}

func (b *basic) get(name string) (n int32) {
	b.t.Helper()
	must(b.t, b.obj.Variable(name).Get(&n))
	return n
}

// block gives a block of the vouched memory, set to a and b.
func (b *basic) block(offset int, first, second int32) *Hint {
	b.t.Helper()
	h, err := kptr.At[Hint](b.region, offset)
	must(b.t, err)
	*h = Hint{A: first, B: second}
	return h
}

func (b *basic) update(v *Two, flags sys.ElemFlags) {
	b.t.Helper()
	must(b.t, b.values.Update(b.task, v, flags))
}

// trigger runs the program, which is to find the user kptrs whose bits are set.
func (b *basic) trigger(blocks int32) {
	b.t.Helper()
	before := b.get("runs")
	kptr.Gettid()
	if b.get("runs") == before {
		b.t.Fatal("the program did not run")
	}
	if got := b.get("blocks"); got != blocks {
		b.t.Errorf("the program finds blocks %02b, want %02b", got, blocks)
	}
}

func (b *basic) wantResults(what string, want int32, blocks ...*Hint) {
	b.t.Helper()
	for i, h := range blocks {
		if h.Result != want {
			b.t.Errorf("%s: result %d of block %d, want %d", what, h.Result, i, want)
		}
	}
}

// caseTwoBlocks: BPF_NOEXIST with two user kptrs in the value, one of them nested in a struct.
func caseTwoBlocks(t *testing.T) {
	b := newBasic(t)
	first, second := b.block(0, 1, 2), b.block(64, 1, 2)
	b.update(two(first, second), sys.BPF_NOEXIST)
	b.trigger(0b11)
	b.wantResults("both", magic+3, first, second)
}

// caseForkedChild: a child of fork(2) overwrites its copy of private memory; BPF, which the child triggers, goes on reading and
// writing the parent's.
func caseForkedChild(t *testing.T) {
	b := newBasic(t)
	first, second := b.block(0, 1, 2), b.block(64, 30, 40)
	b.update(two(first, second), sys.BPF_NOEXIST)
	b.set("trigger_pid", 0)
	runs := b.get("runs")
	pid, errno := forkAndOverwrite(first, second)
	if errno != 0 {
		t.Fatal(errno)
	}
	child := &forked{pid: pid}
	defer child.kill()
	must(t, child.wait(syscall.WUNTRACED))
	if got := childHint(t, pid, first); !child.status.Stopped() || got.A != 7 || got.B != 8 {
		t.Fatalf("the child, with status %#x, has %+v", child.status, got)
	}
	b.set("trigger_tgid", pid)
	must(t, syscall.Kill(pid, syscall.SIGCONT))
	must(t, child.wait(0))
	if !child.status.Exited() || b.get("runs") == runs {
		t.Fatalf("the child, with status %#x, did not run the program", child.status)
	}
	b.wantResults("parent's", magic+3, first)
	b.wantResults("parent's nested one", magic+70, second)
	if got := b.get("sum"); got != 2*magic+73 {
		t.Errorf("the program read %d, want %d", got, 2*magic+73)
	}
}

// forkAndOverwrite forks a child that stores other numbers in its copies of two blocks, stops until it gets SIGCONT, makes a
// system call and ends.
//
// The child is a copy of the Go program with one of its threads, so no code that the runtime has a part in may run there: no
// stack growth (nosplit), no race detector (norace), no allocation, no write barrier (the blocks hold no pointers), no Go
// signal handler (SIGSTOP and SIGCONT have none; signals of the runtime are sent to threads, and the child has no pending
// ones), raw system calls alone.
//
//go:nosplit
//go:norace
func forkAndOverwrite(first, second *Hint) (pid int, errno syscall.Errno) {
	child, errno := rawFork()
	if child != 0 || errno != 0 {
		return child, errno
	}
	first.A, first.B, second.A, second.B = 7, 8, 7, 8
	self, _, _ := syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_KILL, self, uintptr(syscall.SIGSTOP), 0)
	syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// A forked is a child of fork(2). It has this process's file descriptors, the lock of the tests among them, so it must not
// outlive a test that fails.
type forked struct {
	pid    int
	status syscall.WaitStatus
	reaped bool
}

func (f *forked) wait(options int) error {
	_, err := syscall.Wait4(f.pid, &f.status, options, nil)
	f.reaped = err == nil && !f.status.Stopped()
	return err
}

func (f *forked) kill() {
	if !f.reaped {
		_ = syscall.Kill(f.pid, syscall.SIGKILL)
		_ = f.wait(0)
	}
}

// rawFork is fork(2): 0 in the child.
//
//go:nosplit
//go:norace
func rawFork() (pid int, errno syscall.Errno) {
	flags, stack := uintptr(syscall.SIGCHLD), uintptr(0)
	if runtime.GOARCH == "s390x" { // clone(2): CONFIG_CLONE_BACKWARDS2
		flags, stack = stack, flags
	}
	child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, flags, stack, 0, 0, 0, 0)
	return int(child), errno
}

// childHint reads what a process has where this one has a block.
func childHint(t *testing.T, pid int, h *Hint) (got Hint) {
	t.Helper()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	must(t, err)
	defer mem.Close()
	var raw [12]byte
	_, err = mem.ReadAt(raw[:], int64(kptr.AddrForTest(h)))
	must(t, err)
	_, err = binary.Decode(raw[:], binary.NativeEndian, &got)
	must(t, err)
	return got
}

// caseSecondBlock: BPF_EXIST to another block, which BPF writes from then on.
func caseSecondBlock(t *testing.T) {
	b := newBasic(t)
	old, next := b.block(0, 1, 2), b.block(os.Getpagesize(), 3, 4)
	b.update(two(old, nil), sys.BPF_NOEXIST)
	b.trigger(0b01)
	b.update(two(next, nil), sys.BPF_EXIST)
	old.Result = 0
	b.trigger(0b01)
	b.wantResults("old", 0, old)
	b.wantResults("new", magic+7, next)
}

// caseAllNull: BPF_EXIST with every pointer NULL. Nothing is written any more.
func caseAllNull(t *testing.T) {
	b := newBasic(t)
	first, second := b.block(0, 1, 2), b.block(64, 1, 2)
	b.update(two(first, second), sys.BPF_NOEXIST)
	b.update(two(nil, nil), sys.BPF_EXIST)
	first.Result, second.Result = 0, 0
	b.trigger(0)
	b.wantResults("dropped", 0, first, second)
	if b.get("has_element") != 1 {
		t.Error("the element is gone")
	}
}

// caseFromNull: from NULL back to a block, which is written again.
func caseFromNull(t *testing.T) {
	b := newBasic(t)
	first, second := b.block(0, 1, 2), b.block(64, 1, 2)
	b.update(two(nil, nil), sys.BPF_NOEXIST)
	b.trigger(0)
	b.update(two(first, second), sys.BPF_EXIST)
	b.trigger(0b11)
	b.wantResults("both", magic+3, first, second)
}

// caseLookup: the kernel gives every user kptr as 0, and what stands beside them as it is.
func caseLookup(t *testing.T) {
	b := newBasic(t)
	v := two(b.block(0, 1, 2), b.block(64, 1, 2))
	v.Plain = 5
	b.update(v, sys.BPF_NOEXIST)
	got, err := kernelLookup(t, b.m, thisPidfd(t))
	must(t, err)
	if want := words(0, 0, 5); !reflect.DeepEqual(got, want) {
		t.Errorf("the kernel gives %v, want %v", got, want)
	}
	typed, err := b.values.Lookup(b.task)
	if must(t, err); typed != (Two{Plain: 5}) {
		t.Errorf("Lookup gives %+v", typed)
	}
	b.trigger(0b11) // they are still there
}

// caseDelete: after the delete BPF writes nothing.
func caseDelete(t *testing.T) {
	b := newBasic(t)
	first, second := b.block(0, 1, 2), b.block(64, 1, 2)
	b.update(two(first, second), sys.BPF_NOEXIST)
	must(t, b.values.Delete(b.task))
	first.Result, second.Result = 0, 0
	b.trigger(0)
	b.wantResults("deleted", 0, first, second)
	if b.get("has_element") != 0 {
		t.Error("the element is still there")
	}
}

// caseMapFreed: the map is freed with an element in it, and the page is unpinned.
func caseMapFreed(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_SYS_ADMIN) // to count pinned pages
	b := newBasic(t)
	before, err := kerneltest.PinnedPages()
	must(t, err)
	b.update(two(b.block(0, 1, 2), b.block(os.Getpagesize(), 1, 2)), sys.BPF_NOEXIST)
	during, err := kerneltest.PinnedPages()
	if must(t, err); during != before+2 {
		t.Errorf("%d pages are pinned, want 2", during-before)
	}
	must(t, b.values.Close())
	must(t, b.obj.Close())
	kerneltest.Eventually(t, "the pages to be unpinned", func() bool {
		after, err := kerneltest.PinnedPages()
		must(t, err)
		return after <= before
	})
}

// WithCgroup mirrors struct value of testdata/case_cgroup.bpf.c.
type WithCgroup struct {
	Data   *Hint  `btf:"kptr_user"`
	Cgroup uint64 // struct cgroup __kptr *
	Nested struct {
		Data *Hint `btf:"kptr_user"`
	}
}

// caseCgroup: a __kptr stands beside the user kptrs. The program exchanges it, and calls functions of the kernel.
func caseCgroup(t *testing.T) {
	needUserKptrs(t)
	kerneltest.NeedJIT(t)
	obj := loadTest(t, "case_cgroup")
	values := open[WithCgroup](t, obj.Map("values"))
	lockThread(t)
	s := share(t, values, kptr.ThisThread())
	v := s.Value()
	v.Data.A, v.Nested.Data.A = 1, 10
	target(t, obj)
	// counts gives how often the program has put the cgroup into the value, and how often there was none before.
	counts := func() (exchanged, none int32) {
		var returned int32
		must(t, obj.Variable("exchanged").Get(&exchanged))
		must(t, obj.Variable("returned").Get(&returned))
		return exchanged, exchanged - returned
	}
	kptr.Gettid()
	kptr.Gettid()
	if v.Data.Result != 1 || v.Nested.Data.Result != 10 {
		t.Errorf("results %d and %d, want 1 and 10", v.Data.Result, v.Nested.Data.Result)
	}
	if exchanged, none := counts(); exchanged < 2 || none != 1 {
		t.Errorf("the kptr was exchanged %d times, and %d times there was none, want 1", exchanged, none)
	}
	var level int32
	must(t, obj.Variable("level").Get(&level))
	if level != 0 {
		t.Errorf("bpf_cgroup_ancestor gives level %d, want 0", level)
	}
	must(t, s.Update()) // which drops the kptr
	kptr.Gettid()
	if _, none := counts(); none != 2 {
		t.Errorf("%d times there was none, want 2", none)
	}
}

// caseAcrossPages: a block whose first member ends where a page does.
func caseAcrossPages(t *testing.T) {
	b := newBasic(t)
	v := two(b.block(os.Getpagesize()-4, 1, 2), nil) // offsetof(struct user_data, b)
	want(t, b.values.Update(b.task, v, sys.BPF_NOEXIST), kptr.ErrPageCrossing, syscall.EOPNOTSUPP)
	err := kernelUpdate(t, b.m, thisPidfd(t), words(kptr.AddrForTest(v.Data), 0, 0), sys.BPF_NOEXIST)
	want(t, err, syscall.EOPNOTSUPP, 0)
	b.trigger(0)
}

// caseEndOfPage: the last bytes of a page.
func caseEndOfPage(t *testing.T) {
	b := newBasic(t)
	h := b.block(os.Getpagesize()-12, 1, 2) // sizeof(struct user_data)
	b.update(two(h, nil), sys.BPF_NOEXIST)
	b.trigger(0b01)
	b.wantResults("end of page", magic+3, h)
}

// caseLockFlag: BPF_F_LOCK, for a value that has the bpf_spin_lock that it needs.
func caseLockFlag(t *testing.T) {
	obj := loadTest(t, "values")
	lockThread(t)
	values := open[Everything](t, obj.Map("values"))
	pidfd := thisPidfd(t)
	for _, flags := range []sys.ElemFlags{sys.BPF_F_LOCK, sys.BPF_F_LOCK | sys.BPF_NOEXIST, sys.BPF_F_LOCK | sys.BPF_EXIST} {
		want(t, values.Update(kptr.ThisThread(), &Everything{}, flags), kptr.ErrFlags, syscall.EOPNOTSUPP)
		want(t, kernelUpdate(t, obj.Map("values"), pidfd, make([]byte, obj.Map("values").ValueSize()), flags), syscall.EOPNOTSUPP, 0)
	}
}

func caseExistOnNone(t *testing.T) {
	b := newBasic(t)
	want(t, b.values.Update(b.task, two(b.block(0, 1, 2), nil), sys.BPF_EXIST), kptr.ErrNoElement, syscall.ENOENT)
}

func caseNoexistTwice(t *testing.T) {
	b := newBasic(t)
	v := two(b.block(0, 1, 2), nil)
	b.update(v, sys.BPF_NOEXIST)
	want(t, b.values.Update(b.task, v, sys.BPF_NOEXIST), kptr.ErrExists, syscall.EEXIST)
	_, err := b.values.Share(b.task)
	want(t, err, kptr.ErrExists, syscall.EEXIST)
	b.trigger(0b01)
}

// caseUnderLock: a syscall program follows a user kptr while it holds the bpf_spin_lock.
func caseUnderLock(t *testing.T) {
	obj := loadTest(t, "values")
	values := open[Everything](t, obj.Map("values"))
	lockThread(t)
	s := share(t, values, kptr.ThisThread())
	s.Value().Data.A, s.Value().Data.B = 4, 5
	wrote, err := obj.Program("add_under_lock").Run(nil)
	if must(t, err); wrote != 1 || s.Value().Data.Result != 9 {
		t.Errorf("the program gives %d, result %d: want 1 and 9", wrote, s.Value().Data.Result)
	}
}

// caseLargePointee: a pointee of a page and 4 bytes. That of the object is made for pages of 4 KiB.
func caseLargePointee(t *testing.T) {
	spec := parseTest(t, "bad_bigpointee")
	types := spec.Types() // of no other Spec
	id, err := types.Find(btf.KindStruct, "big_data")
	must(t, err)
	big := types.Type(id)
	big.Size = uint32(os.Getpagesize() + 4)
	types.Type(big.Members[0].Type).Count = big.Size / 4
	refusedMap(t, spec, bpfobj.ErrPointeeSize, syscall.E2BIG)
}

func caseEmptyPointee(t *testing.T) {
	refusedMap(t, parseTest(t, "bad_emptypointee"), bpfobj.ErrPointeeEmpty, syscall.EINVAL)
}

// caseKernelName: the name of a struct of the kernel, struct cgroup, whatever its layout.
func caseKernelName(t *testing.T) {
	refusedMap(t, parseTest(t, "bad_kernelname"), bpfobj.ErrPointeeName, syscall.EINVAL)
}

// caseUnmappedAndStack: of two blocks one was mapped, and is not any more when BPF reads it, and the other lies on the stack.
// A child process triggers, and the sum of both arrives.
//
// The stack is the one that the kernel gave the process, far below what its first thread uses of it: goroutines have theirs
// in the Go heap, and move them.
func caseUnmappedAndStack(t *testing.T) {
	b := newBasic(t)
	child := startEcho(t)
	page, err := sys.Mmap(nil, 0, os.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	must(t, err)
	defer page.Close()
	mapped, err := b.values.Vouch("mapping", page.Bytes())
	must(t, err)
	stack, err := b.values.Vouch("stack", processStack(t))
	must(t, err)
	first, err := kptr.At[Hint](mapped, 0)
	must(t, err)
	second, err := kptr.At[Hint](stack, 64)
	must(t, err)
	*first, *second = Hint{A: 1, B: 2}, Hint{A: 30, B: 40}
	b.update(two(first, second), sys.BPF_NOEXIST)
	mapped.Withdraw()
	must(t, page.Close())
	b.set("trigger_pid", 0)
	before := b.get("runs")
	b.set("trigger_tgid", child.pid)
	child.poke()
	if b.get("runs") == before {
		t.Fatal("the child did not run the program")
	}
	if got := b.get("sum"); got != 2*magic+73 {
		t.Errorf("sum %d, want %d", got, 2*magic+73)
	}
	b.wantResults("stack", magic+70, second)
	got, err := kernelLookup(t, b.m, thisPidfd(t))
	if must(t, err); !reflect.DeepEqual(got, words(0, 0, 0)) {
		t.Errorf("the kernel gives pointers: %v", got)
	}
}

// refusedMap loads an object whose map the library refuses, and has the kernel refuse it too.
func refusedMap(t *testing.T, spec *bpfobj.Spec, rule error, errno syscall.Errno) {
	t.Helper()
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	fd, err := kernelCreate(t, spec, "datamap", nil)
	if err == nil {
		mustClose(t, fd)
	}
	want(t, err, errno, 0)
	_, err = spec.Load(nil)
	want(t, err, rule, errno)
	var broken *bpfobj.RuleError
	if !errors.As(err, &broken) || broken.Map != "datamap" || broken.Struct != "value_type" || broken.Field != "udata" {
		t.Errorf("%#v", err)
	}
}

// verifierCases has what the verifier says to each program of testdata/case_verifier.bpf.c; where there is no errno it loads.
// The texts are those of Linux 6.18 (check_map_kptr_access and its callers, kernel/bpf/verifier.c).
var verifierCases = []struct {
	program string
	errno   syscall.Errno
	log     []string
}{
	{"use_inside", 0, nil},
	{"pass_memory", 0, nil},
	{"store_field", syscall.EACCES, []string{"store to uptr disallowed"}},
	{"store_nested", syscall.EACCES, []string{"store to uptr disallowed"}},
	{"no_null_check", syscall.EACCES, []string{"invalid mem access 'mem_or_null'"}},
	{"exchange_field", syscall.EINVAL, []string{"has no valid kptr"}},
	{"exchange_beside_kptr", syscall.EACCES, []string{"off=0 doesn't point to kptr"}},
	{"field_of_own_object", syscall.EACCES, []string{"invalid mem access 'scalar'"}},
	{"out_of_bounds", syscall.EACCES, []string{"invalid access to memory, mem_size=12 off=12 size=4", "min value is outside of the allowed memory range"}},
	{"load_half", syscall.EACCES, []string{"uptr access size must be BPF_DW"}},
	{"load_misaligned", syscall.EACCES, []string{"uptr access misaligned expected=0 off=4"}},
	{"load_variable_offset", syscall.EACCES, []string{"uptr access cannot have variable offset"}},
	{"pass_field", syscall.EACCES, []string{"uptr cannot be accessed indirectly by helper"}},
	{"follow_pointer", syscall.EACCES, []string{"invalid mem access 'scalar'"}},
}

// TestKernelVerifier loads each program on its own.
func TestKernelVerifier(t *testing.T) {
	for _, row := range verifierCases {
		t.Run(row.program, refusedByVerifier(row.program))
	}
}

// refusedByVerifier loads one program.
func refusedByVerifier(program string) func(t *testing.T) {
	return func(t *testing.T) {
		needUserKptrs(t)
		kerneltest.NoLeaks(t)
		kerneltest.NeedCaps(t, sys.CAP_BPF, sys.CAP_PERFMON)
		for _, row := range verifierCases {
			if row.program != program {
				continue
			}
			obj, err := parseTest(t, "case_verifier").Load(&bpfobj.Options{Programs: []string{program}})
			if row.errno == 0 {
				kerneltest.Require(t, err)
				mustClose(t, obj)
				return
			}
			if errors.Is(err, sys.ErrNotSupported) {
				kerneltest.Require(t, err)
			}
			want(t, err, bpfobj.ErrVerifier, row.errno)
			var refused *bpfobj.VerifierError
			if !errors.As(err, &refused) || !strings.Contains(refused.Subject, program) {
				t.Fatalf("%#v", err)
			}
			for _, text := range row.log {
				if !strings.Contains(refused.Log, text) {
					t.Errorf("the log lacks %q:\n%s", text, refused.Log)
				}
			}
			return
		}
		t.Fatalf("no program %q", program)
	}
}
