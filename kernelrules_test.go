package kptr_test

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"kptr"
	"kptr/bpfobj"
	"kptr/btf"
	"kptr/internal/kerneltest"
	"kptr/sys"
)

// enotsupp is ENOTSUPP of include/linux/errno.h, which was not meant for user space and has no name there.
const enotsupp = syscall.Errno(524)

// TestKernelMapRules: which maps the kernel refuses to create, and what the library says to the same object. Rules with tests
// of their own: TestKernelValueSize, TestKernelMapWithoutCapability, and U16 for a pointee larger than a page.
func TestKernelMapRules(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	for _, row := range []struct {
		name   string
		object string
		mapped string // map, "datamap" if empty
		change func(*sys.MapCreateAttr)
		errno  syscall.Errno
		rule   error // of the library, nil if the row is about the kernel alone
	}{
		{"task storage", "uptr", "", nil, 0, nil},
		{"BPF_F_CLONE", "uptr", "", func(a *sys.MapCreateAttr) { a.MapFlags |= sys.BPF_F_CLONE }, 0, nil},
		{"another map type", "bad_maptype", "", nil, syscall.EOPNOTSUPP, bpfobj.ErrMapType},
		{"inode storage", "uptr", "", func(a *sys.MapCreateAttr) { a.MapType = sys.BPF_MAP_TYPE_INODE_STORAGE }, syscall.EOPNOTSUPP, nil},
		{"empty pointee", "bad_emptypointee", "", nil, syscall.EINVAL, bpfobj.ErrPointeeEmpty},
		{"name of a kernel struct", "bad_kernelname", "", nil, syscall.EINVAL, bpfobj.ErrPointeeName},
		{"without BPF_F_NO_PREALLOC", "bad_prealloc", "", nil, syscall.EINVAL, bpfobj.ErrNoPrealloc},
		{"another flag", "bad_flags", "", nil, syscall.EINVAL, bpfobj.ErrNoPrealloc},
		{"max_entries", "bad_maxentries", "", nil, syscall.EINVAL, bpfobj.ErrNoPrealloc},
		{"key of 8 bytes", "bad_key", "", nil, syscall.EINVAL, bpfobj.ErrNoPrealloc},
		{"value size is not that of the type", "uptr", "", func(a *sys.MapCreateAttr) { a.ValueSize += 8 }, syscall.EINVAL, nil},
		{"no BTF id of the key", "uptr", "", func(a *sys.MapCreateAttr) { a.BTFKeyTypeID = 0 }, syscall.EINVAL, nil},
		{"no BTF id of the value", "uptr", "", func(a *sys.MapCreateAttr) { a.BTFValueTypeID = 0 }, syscall.EINVAL, nil},
		{"no BTF", "uptr", "", func(a *sys.MapCreateAttr) { a.BTFFD, a.BTFKeyTypeID, a.BTFValueTypeID = 0, 0, 0 }, syscall.EINVAL, nil},
		{"value of 66 KiB", "bad_hugevalue", "", nil, syscall.E2BIG, bpfobj.ErrValueSize},
		{"bpf_timer", "bad_timer", "", nil, syscall.EOPNOTSUPP, bpfobj.ErrFieldBeside},
		{"bpf_wq", "case_beside", "wq", nil, syscall.EOPNOTSUPP, bpfobj.ErrFieldBeside},
		{"bpf_list_head", "case_beside", "list", nil, syscall.EOPNOTSUPP, bpfobj.ErrFieldBeside},
		{"bpf_rb_root", "case_beside", "tree", nil, syscall.EOPNOTSUPP, bpfobj.ErrFieldBeside},
		{"bpf_refcount", "case_beside", "refcount", nil, 0, nil},
		{"bpf_spin_lock", "case_beside", "lock", nil, 0, nil},
		{"lock, kptr, plain data, nested structs and arrays", "case_beside", "everything", nil, 0, nil},
		{"const pointee", "constpointee", "", nil, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.name == "inode storage" {
				kerneltest.NeedJIT(t) // it is of CONFIG_BPF_LSM, which depends on it
			}
			kerneltest.NoLeaks(t)
			if row.mapped == "" {
				row.mapped = "datamap"
			}
			spec := parseTest(t, row.object)
			fd, err := kernelCreate(t, spec, row.mapped, row.change)
			if row.errno == 0 {
				must(t, err)
				if !recognised(t, fd, int(spec.Map(row.mapped).ValueSize)) {
					t.Error("the map is plain")
				}
				mustClose(t, fd)
				return
			}
			if err == nil {
				mustClose(t, fd)
			}
			want(t, err, row.errno, 0)
			if row.rule == nil {
				return
			}
			err = loadMap(t, spec, row.mapped)
			want(t, err, row.rule, row.errno)
			var broken *bpfobj.RuleError
			if !errors.As(err, &broken) || broken.Map != row.mapped {
				t.Errorf("%#v", err)
			}
		})
	}
}

// TestKernelValueSize: the largest value, about 65.4 KB, is what BPF_LOCAL_STORAGE_MAX_VALUE_SIZE (linux/bpf_local_storage.h)
// leaves of 16 bits beside the kernel's own struct.
func TestKernelValueSize(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	needUserKptrs(t)
	k, err := bpfobj.Running()
	must(t, err)
	defer k.Close()
	kernel, err := btf.Decode(k.BTF)
	must(t, err)
	elem, err := kernel.Find(btf.KindStruct, "bpf_local_storage_elem")
	must(t, err)
	largest := 1<<16 - 1 - kernel.Type(elem).Size

	spec := parseTest(t, "bad_hugevalue")
	m := spec.Map("datamap")
	value := spec.Types().Type(m.Value)
	rest := spec.Types().Type(value.Members[1].Type)
	for _, row := range []struct {
		name  string
		size  uint32
		errno syscall.Errno
	}{{"largest", largest, 0}, {"a byte more", largest + 1, syscall.E2BIG}} {
		m.ValueSize, value.Size, rest.Count = row.size, row.size, row.size-8
		fd, err := kernelCreate(t, spec, "datamap", nil)
		if row.errno == 0 {
			must(t, err)
			if !recognised(t, fd, int(row.size)) {
				t.Errorf("%s, %d bytes: the map is plain", row.name, row.size)
			}
			mustClose(t, fd)
			must(t, loadMap(t, spec, "datamap"))
			continue
		}
		want(t, err, row.errno, 0)
		want(t, loadMap(t, spec, "datamap"), bpfobj.ErrValueSize, row.errno)
	}
}

// loadMap gives the error that the library has for one map of an object.
func loadMap(t *testing.T, spec *bpfobj.Spec, name string) error {
	t.Helper()
	k, err := bpfobj.Running()
	must(t, err)
	defer k.Close()
	k.Tag, err = bpfobj.HonouredTag()
	must(t, err)
	plan, err := spec.Plan(k, &bpfobj.Options{KeepGoing: true})
	must(t, err)
	for i, err := range plan.Try() {
		if plan.Steps[i].Subject == `map "`+name+`"` {
			return err
		}
	}
	t.Fatalf("no step for map %q", name)
	return nil
}

// TestKernelMapWithoutCapability: a special field takes CAP_BPF, in a map of any type, even with BTF that another thread has
// loaded. Whether a map without one takes it too is the host's choice (unprivileged_bpf_disabled).
func TestKernelMapWithoutCapability(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	needUserKptrs(t)
	anybody, err := os.ReadFile("/proc/sys/kernel/unprivileged_bpf_disabled")
	must(t, err)
	t.Logf("unprivileged_bpf_disabled is %s", anybody)
	ofAnybody := syscall.EPERM
	if string(anybody) == "0\n" {
		ofAnybody = 0
	}
	for _, row := range []struct {
		name    string
		mapType sys.MapType
		field   func(b fieldTypes) btf.ID
		errno   syscall.Errno
	}{
		{"user kptr", sys.BPF_MAP_TYPE_TASK_STORAGE, func(b fieldTypes) btf.ID { return b.kptr(b.data) }, syscall.EPERM},
		{"bpf_spin_lock", sys.BPF_MAP_TYPE_ARRAY, func(b fieldTypes) btf.ID {
			return b.structOf("bpf_spin_lock", 4, b.integer, 0)
		}, syscall.EPERM},
		{"kptr", sys.BPF_MAP_TYPE_ARRAY, func(b fieldTypes) btf.ID {
			return b.wrap(btf.KindPtr, b.tagged("kptr_untrusted", b.structOf("task_struct", 4, b.integer, 0)))
		}, syscall.EPERM},
		{"plain", sys.BPF_MAP_TYPE_ARRAY, func(b fieldTypes) btf.ID { return b.integer }, ofAnybody},
	} {
		b := newFieldTypes(t)
		field := row.field(b)
		size, err := b.Size(field)
		must(t, err)
		value := b.structOf("value", uint32(size), field, 0)
		create := func(create func(*sys.MapCreateAttr) error) error {
			return withBTF(t, b.Spec, value, func(a *sys.MapCreateAttr) error {
				if a.MapType = row.mapType; row.mapType == sys.BPF_MAP_TYPE_ARRAY {
					a.MaxEntries, a.MapFlags = 1, 0
				}
				return create(a)
			})
		}
		if err := create(createAndClose); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		err = create(func(a *sys.MapCreateAttr) error { return unprivileged(t, func() error { return createAndClose(a) }) })
		if row.errno == 0 && err != nil || row.errno != 0 && !errors.Is(err, row.errno) {
			t.Errorf("%s, without capabilities: got %v, want %v", row.name, err, row.errno)
		}
	}
	err = unprivileged(t, func() error {
		obj, err := parseTest(t, "uptr").Load(nil)
		if err == nil {
			obj.Close()
		}
		return err
	})
	want(t, err, bpfobj.ErrPermission, syscall.EPERM)
}

func createAndClose(a *sys.MapCreateAttr) error {
	fd, err := sys.OpenFD(a)
	if err == nil {
		err = fd.Close()
	}
	return err
}

// recognised tells whether the kernel knows user kptrs in every word of a value: it looks at addresses before it looks at
// the key, which here is no file descriptor. EOPNOTSUPP: the block at 0x10 would cross a page.
func recognised(t *testing.T, fd *sys.FD, size int) bool {
	t.Helper()
	err := updateFD(fd, -1, low(size), sys.BPF_ANY)
	switch {
	case errors.Is(err, syscall.EFAULT), errors.Is(err, syscall.EOPNOTSUPP):
		return true
	case !errors.Is(err, syscall.EBADF):
		t.Errorf("the update says %v", err)
	}
	return false
}

// low gives a value with the address 0x10, which is nobody's, at every multiple of 8.
func low(size int) []byte {
	b := make([]byte, size)
	for i := 0; i < size; i += 8 {
		copy(b[i:], words(0x10))
	}
	return b
}

// TestKernelPlainMaps: maps that the kernel creates without their user kptrs, as Linux 6.18 does. Nothing is pinned then, and
// BPF_MAP_LOOKUP_ELEM hands the address back. The library refuses each object on any kernel, by the rule that it breaks.
func TestKernelPlainMaps(t *testing.T) {
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	for _, row := range []struct {
		name   string
		object string
		rule   error
		knows  string // the version since which the kernel skips a tag that it does not know, and finds the user kptr
	}{
		{"unknown tag", "bad_unknowntag", bpfobj.ErrTagUnknown, ""},
		{"unknown tag on a pointer beside", "case_mixedtags", bpfobj.ErrTagUnknown, "7.2"},
		{"two tags", "bad_twotags", bpfobj.ErrTagTwice, "7.2"},
		{"int", "bad_intpointee", bpfobj.ErrPointeeKind, ""},
		{"void", "bad_voidpointee", bpfobj.ErrPointeeKind, ""},
		{"union", "bad_unionpointee", bpfobj.ErrPointeeKind, ""},
		{"enum", "bad_enumpointee", bpfobj.ErrPointeeKind, ""},
		{"only declared", "fwd", bpfobj.ErrPointeeDeclared, ""},
		{"only declared behind a kptr beside", "case_fwdkptr", bpfobj.ErrPlainMap, ""},
		{"12 special fields", "bad_toomany", bpfobj.ErrFieldCount, ""},
		{"bare pointer", "bad_barevalue", bpfobj.ErrNotStruct, ""},
		{"const pointer", "bad_const", bpfobj.ErrFieldConst, ""},
		{"pointer to pointer", "bad_ptrptr", bpfobj.ErrPointeeKind, ""},
		{"inside a union", "bad_union", bpfobj.ErrFieldUnion, ""},
		{"misaligned", "bad_misaligned", bpfobj.ErrFieldAlign, ""},
		{"no tag", "notag", bpfobj.ErrTagMissing, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			kerneltest.NoLeaks(t)
			lockThread(t)
			spec := parseTest(t, row.object)
			fd, err := kernelCreate(t, spec, "datamap", nil)
			must(t, err)
			defer fd.Close()
			size := int(spec.Map("datamap").ValueSize)
			knows := row.knows != "" && kernelIs(t, row.knows)
			if got := recognised(t, fd, size); got != knows {
				t.Errorf("the kernel finds a user kptr: %v, want %v", got, knows)
			} else if !knows {
				checkPlain(t, fd, size)
			}
			_, err = spec.Load(nil)
			want(t, err, row.rule, 0)
			var broken *bpfobj.RuleError
			if !errors.As(err, &broken) || broken.Map != "datamap" {
				t.Errorf("%#v", err)
			}
		})
	}
}

// kernelIs tells whether the running kernel is of a version or a later one.
func kernelIs(t *testing.T, version string) bool {
	t.Helper()
	release, err := sys.Release()
	must(t, err)
	have, err := sys.ParseVersion(release)
	must(t, err)
	since, err := sys.ParseVersion(version)
	must(t, err)
	return !have.Before(since)
}

// checkPlain stores an address that is nobody's, so that it cannot be pinned, and reads it back.
func checkPlain(t *testing.T, fd *sys.FD, size int) {
	t.Helper()
	key := thisPidfd(t)
	must(t, updateFD(fd, key, low(size), sys.BPF_NOEXIST))
	got := make([]byte, size)
	_, err := sys.BPF(&sys.MapLookupElemAttr{
		MapFD: fd.Uint32(), Key: sys.Bytes(word32(key)), Value: sys.Bytes(got), KeySize: 4, ValueSize: uint32(size),
	})
	if must(t, err); !bytes.Equal(got, low(size)) {
		t.Errorf("lookup gives %x, want the address 0x10", got)
	}
}

// TestKernelTag: a kernel refuses the tag that it honours in a hash map, and takes another one for a remark.
func TestKernelTag(t *testing.T) {
	kerneltest.NoLeaks(t)
	kerneltest.NeedCaps(t, sys.CAP_BPF)
	hash := func(a *sys.MapCreateAttr) { a.MapType, a.MaxEntries = sys.BPF_MAP_TYPE_HASH, 1 }
	_, err := kernelCreate(t, parseTest(t, "uptr"), "datamap", hash)
	want(t, err, syscall.EOPNOTSUPP, 0)
	fd, err := kernelCreate(t, parseTest(t, "bad_unknowntag"), "datamap", hash)
	must(t, err)
	mustClose(t, fd)
}

// TestKernelUpdateFlags asks the kernel; TestUpdateFlags asks the library. EAGAIN and ENOMEM of bpf_local_storage_update are
// not here: the first takes a race within the kernel, the second that it has no memory left for 100 bytes.
func TestKernelUpdateFlags(t *testing.T) {
	b := newBasic(t)
	key := thisPidfd(t)
	first, second := b.block(0, 1, 2), b.block(os.Getpagesize(), 3, 4)
	to := func(h *Hint) []byte { return words(kptr.AddrForTest(h), 0, 7) }
	for _, row := range []struct {
		name  string
		value []byte
		flags sys.ElemFlags
		errno syscall.Errno
		sees  *Hint // the block that the program finds afterwards
	}{
		{"EXIST on none", to(first), sys.BPF_EXIST, syscall.ENOENT, nil},
		{"NOEXIST on none", to(first), sys.BPF_NOEXIST, 0, first},
		{"NOEXIST on one", to(second), sys.BPF_NOEXIST, syscall.EEXIST, first},
		{"both", to(second), sys.BPF_EXIST | sys.BPF_NOEXIST, syscall.EINVAL, first},
		{"unknown", to(second), 1 << 20, syscall.EINVAL, first},
		{"LOCK", to(second), sys.BPF_F_LOCK, syscall.EINVAL, first}, // without a bpf_spin_lock in the value; with one U12
		{"crosses a page", words(kptr.AddrForTest(second)-4, 0, 7), sys.BPF_ANY, syscall.EOPNOTSUPP, first},
		{"not mapped", words(0x10, 0, 7), sys.BPF_ANY, syscall.EFAULT, first},
		{"second not mapped", words(kptr.AddrForTest(second), 0x10, 7), sys.BPF_ANY, syscall.EFAULT, first},
		{"EXIST on one", to(second), sys.BPF_EXIST, 0, second},
		{"ANY", to(first), sys.BPF_ANY, 0, first},
		{"NULL", words(0, 0, 7), sys.BPF_ANY, 0, nil},
	} {
		err := kernelUpdate(t, b.m, key, row.value, row.flags)
		if row.errno == 0 && err != nil || row.errno != 0 && !errors.Is(err, row.errno) {
			t.Errorf("%s: got %v, want %v", row.name, err, row.errno)
		}
		first.Result, second.Result = 0, 0
		kptr.Gettid()
		for _, h := range []*Hint{first, second} {
			if seen := h.Result != 0; seen != (h == row.sees) {
				t.Errorf("%s: the program wrote to %+v: %v", row.name, *h, seen)
			}
		}
	}
}

// TestKernelReplacesWhole: an update drops a user kptr that it leaves 0, and overwrites the plain fields.
func TestKernelReplacesWhole(t *testing.T) {
	b := newBasic(t)
	v := two(b.block(0, 1, 2), b.block(os.Getpagesize(), 3, 4))
	v.Plain = 5
	b.update(v, sys.BPF_NOEXIST)
	b.trigger(0b11)
	b.update(two(v.Data, nil), sys.BPF_EXIST)
	b.trigger(0b01)
	var plain uint64
	must(t, b.obj.Variable("plain").Get(&plain))
	if plain != 0 {
		t.Errorf("plain field %d, want 0", plain)
	}
}

// TestKernelKeys: what may be the key of an element. The library says the same by names: TestTaskRefused, TestTaskOfOp.
func TestKernelKeys(t *testing.T) {
	b := newBasic(t)
	proc, err := os.Open("/proc/self")
	must(t, err)
	defer proc.Close()
	leader, err := sys.PidfdOpen(os.Getpid(), 0)
	must(t, err)
	defer leader.Close()
	_, err = sys.PidfdOpen(kptr.Gettid(), 0) // of a thread that is no leader: EINVAL before Linux 6.13
	want(t, err, syscall.ENOENT, 0)
	reaped, _ := endedThread(t)
	defer reaped.Close()
	zombie := zombiePidfd(t)
	for _, row := range []struct {
		name  string
		key   int
		errno syscall.Errno
	}{
		{"pidfd of a thread", thisPidfd(t), 0},
		{"pidfd of the process", leader.Int(), 0},
		{"zombie", zombie, 0},
		{"reaped task", reaped.Int(), syscall.ENOENT},
		{"directory of /proc", int(proc.Fd()), syscall.EBADF},
		{"PIDFD_SELF_THREAD", -10000, syscall.EBADF}, // linux/pidfd.h
		{"PIDFD_SELF_THREAD_GROUP", -10001, syscall.EBADF},
		{"not open", 1 << 20, syscall.EBADF},
	} {
		value := words(kptr.AddrForTest(b.block(0, 1, 2)), 0, 0)
		for what, err := range map[string]error{
			"update": kernelUpdate(t, b.m, row.key, value, sys.BPF_ANY),
			"lookup": errorOf(kernelLookup(t, b.m, row.key)),
		} {
			if row.errno == 0 && err != nil || row.errno != 0 && !errors.Is(err, row.errno) {
				t.Errorf("%s: %s: got %v, want %v", row.name, what, err, row.errno)
			}
		}
		// The pin comes before the look at the key: a bad address hides a bad pidfd.
		if err := kernelUpdate(t, b.m, row.key, words(0x10, 0, 0), sys.BPF_ANY); !errors.Is(err, syscall.EFAULT) {
			t.Errorf("%s: update with a bad address: got %v, want EFAULT", row.name, err)
		}
		if err := kernelDelete(t, b.m, row.key); row.errno == 0 && err != nil || row.errno != 0 && !errors.Is(err, row.errno) {
			t.Errorf("%s: delete: got %v, want %v", row.name, err, row.errno)
		}
		if row.errno == 0 {
			want(t, kernelDelete(t, b.m, row.key), syscall.ENOENT, 0)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// zombiePidfd gives the pidfd of a process that has ended and is not reaped before the end of the test.
func zombiePidfd(t *testing.T) int {
	t.Helper()
	child := startEcho(t)
	pidfd, err := sys.PidfdOpen(child.pid, 0)
	must(t, err)
	t.Cleanup(func() { mustClose(t, pidfd) })
	child.in.Close()
	kerneltest.Eventually(t, "the child to end", func() bool {
		events, err := sys.Poll(pidfd.Int())
		must(t, err)
		return events&sys.POLLIN != 0
	})
	return pidfd.Int()
}

// TestKernelAlignment: the kernel takes any alignment; the library does not.
func TestKernelAlignment(t *testing.T) {
	b := newBasic(t)
	h := b.block(0, 1, 2)
	for offset := uintptr(1); offset < 4; offset++ {
		must(t, kernelUpdate(t, b.m, thisPidfd(t), words(kptr.AddrForTest(h)+offset, 0, 0), sys.BPF_ANY))
		odd := two(kptr.TypedForTest[Hint](b.mem.Bytes()[offset:]), nil)
		want(t, b.values.Update(b.task, odd, sys.BPF_ANY), kptr.ErrMisaligned, 0)
	}
}

// TestKernelWhoseMemory: the address is one of the process that makes the call, whichever task the pidfd names; and nobody
// asks whose element it is, not even a thread without capabilities.
func TestKernelWhoseMemory(t *testing.T) {
	b := newBasic(t)
	child := startEcho(t)
	task := kptr.Process(child.pid)
	b.set("owner", child.pid)
	b.set("trigger_pid", 0)
	first, second := b.block(0, 1, 2), b.block(os.Getpagesize(), 3, 4)
	must(t, b.values.Update(task, two(first, nil), sys.BPF_NOEXIST))
	b.set("trigger_tgid", child.pid)
	child.poke()
	b.wantResults("child's element", magic+3, first)

	must(t, unprivileged(t, func() error { return b.values.Update(task, two(second, nil), sys.BPF_ANY) }))
	first.Result = 0
	child.poke()
	b.wantResults("overwritten", 0, first)
	b.wantResults("attacker's", magic+7, second)
	must(t, unprivileged(t, func() error { return b.values.Delete(task) }))
}

// TestKernelRefusedCommands: the only enumeration of task storage is an iter/task program, and nothing maps or freezes it.
func TestKernelRefusedCommands(t *testing.T) {
	b := newBasic(t)
	fd, err := b.m.FD()
	must(t, err)
	b.update(two(b.block(0, 1, 2), nil), sys.BPF_NOEXIST)
	key, value := anonymous(t, 1), anonymous(t, 1)
	copy(key.Bytes(), word32(thisPidfd(t)))
	word := func(p *sys.Mapping) []byte { return words(p.Addr()) }
	// The structs of union bpf_attr "used by BPF_MAP_*_ELEM commands" and "used by BPF_MAP_*_BATCH commands".
	elem := [][]byte{word32(fd.Int()), word32(0), word(key), word(value)}
	batch := [][]byte{words(0, 0), word(key), word(value), word32(1), word32(fd.Int()), words(0, 0)}
	for _, row := range []struct {
		name string
		cmd  uintptr // enum bpf_cmd
		attr [][]byte
	}{
		{"BPF_MAP_GET_NEXT_KEY", 4, elem},
		{"BPF_MAP_LOOKUP_AND_DELETE_ELEM", 21, elem},
		{"BPF_MAP_LOOKUP_BATCH", 24, batch},
		{"BPF_MAP_LOOKUP_AND_DELETE_BATCH", 25, batch},
		{"BPF_MAP_UPDATE_BATCH", 26, batch},
		{"BPF_MAP_DELETE_BATCH", 27, batch},
	} {
		want(t, kernelCommand(t, row.cmd, row.attr...), enotsupp, 0)
	}
	_, err = sys.BPF(&sys.MapFreezeAttr{MapFD: fd.Uint32()})
	want(t, err, enotsupp, 0)
	_, err = unix.Mmap(fd.Int(), 0, os.Getpagesize(), syscall.PROT_READ, syscall.MAP_SHARED)
	want(t, err, enotsupp, 0)
	// Nothing of this has touched the element.
	if got, err := kernelLookup(t, b.m, thisPidfd(t)); err != nil || !reflect.DeepEqual(got, words(0, 0, 0)) {
		t.Errorf("the element is %v, %v", got, err)
	}
}
