package kptr_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"kptr"
	"kptr/sys"
)

// TestUpdateMemory has a row for each kind of memory that Update looks at.
func TestUpdateMemory(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	task := kptr.Thread(kptr.Gettid()) // subtests run on other threads
	page := os.Getpagesize()
	vouch := func(name string, mem *sys.Mapping) *kptr.Region {
		r, err := hints.Vouch(name, mem.Bytes())
		must(t, err)
		return r
	}
	const read = syscall.PROT_READ
	good := vouch("good", anonymous(t, 2))
	readOnly := vouch("read-only", mapMemory(t, 1, read, syscall.MAP_SHARED))
	noAccess := vouch("no access", mapMemory(t, 1, 0, syscall.MAP_PRIVATE))
	unvouched := anonymous(t, 1)
	withdrawn := vouch("withdrawn", unvouched)
	withdrawn.Withdraw()
	at := func(r *kptr.Region, offset int) *Hint {
		h, err := kptr.At[Hint](r, offset)
		must(t, err)
		return h
	}
	for _, row := range []struct {
		name  string
		hint  *Hint
		rule  error
		errno syscall.Errno
	}{
		{"nil", nil, nil, 0},
		{"vouched", at(good, 0), nil, 0},
		{"end of a page", at(good, page-12), nil, 0},
		{"end of the region", at(good, 2*page-12), nil, 0},
		{"Go heap", new(Hint), kptr.ErrMemory, 0},
		{"withdrawn", at(withdrawn, 0), kptr.ErrMemory, 0},
		{"misaligned", misaligned(good), kptr.ErrMisaligned, 0},
		{"crosses a page", at(good, page-8), kptr.ErrPageCrossing, syscall.EOPNOTSUPP},
		{"read-only", at(readOnly, 0), kptr.ErrUnpinned, syscall.EFAULT},
		{"no access", at(noAccess, 0), kptr.ErrUnpinned, syscall.EFAULT},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := hints.Update(task, &Value{Udata: row.hint}, sys.BPF_ANY)
			if row.rule == nil {
				must(t, err)
				return
			}
			want(t, err, row.rule, row.errno)
			t.Log(err)
			var memory *kptr.MemoryError
			if errors.As(err, &memory) && (memory.Field != "Udata" || memory.Size != 12 || !strings.Contains(err.Error(), "Udata")) {
				t.Errorf("%v", err)
			}
		})
	}
	must(t, hints.Delete(kptr.ThisThread()))
}

// misaligned gives a Hint at an odd offset, which neither At nor Go gives.
func misaligned(r *kptr.Region) *Hint {
	type odd struct {
		_    [2]byte
		hint [12]byte
	}
	o, err := kptr.At[odd](r, 0)
	if err != nil {
		panic(err)
	}
	return kptr.TypedForTest[Hint](o.hint[:])
}

// TestUpdateSharesBlock: a block of a share may be given to another task of the process; its slot is not reused then.
func TestUpdateSharesBlock(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	s := share(t, hints, kptr.ThisThread())
	elsewhere(func() {
		err := hints.Update(kptr.ThisThread(), &Value{Udata: s.Value().Udata}, sys.BPF_NOEXIST)
		if err == nil {
			err = hints.Delete(kptr.ThisThread())
		}
		if err != nil {
			t.Error(err)
		}
	})
	block := *s.Value()
	must(t, s.Close())
	if got := hints.Stats(); got.Lost != 1 || got.Quarantine != 0 {
		t.Errorf("%+v", got)
	}
	want(t, hints.Update(kptr.ThisThread(), &block, sys.BPF_ANY), kptr.ErrMemory, 0)
}

func TestUpdateFlags(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	lockThread(t)
	task := kptr.Thread(kptr.Gettid()) // subtests run on other threads
	for _, row := range []struct {
		name  string
		flags sys.ElemFlags
		rule  error
		errno syscall.Errno
	}{
		{"EXIST on none", sys.BPF_EXIST, kptr.ErrNoElement, syscall.ENOENT},
		{"NOEXIST on none", sys.BPF_NOEXIST, nil, 0},
		{"NOEXIST on one", sys.BPF_NOEXIST, kptr.ErrExists, syscall.EEXIST},
		{"EXIST on one", sys.BPF_EXIST, nil, 0},
		{"ANY", sys.BPF_ANY, nil, 0},
		{"LOCK", sys.BPF_F_LOCK, kptr.ErrFlags, syscall.EOPNOTSUPP},
		{"LOCK and EXIST", sys.BPF_F_LOCK | sys.BPF_EXIST, kptr.ErrFlags, syscall.EOPNOTSUPP},
		{"both", sys.BPF_EXIST | sys.BPF_NOEXIST, kptr.ErrFlags, syscall.EINVAL},
		{"unknown", 1 << 20, kptr.ErrFlags, syscall.EINVAL},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := hints.Update(task, &Value{}, row.flags)
			if row.rule == nil {
				must(t, err)
				return
			}
			want(t, err, row.rule, row.errno)
		})
	}
	must(t, hints.Delete(kptr.ThisThread()))
}

func TestVouchRefuses(t *testing.T) {
	hints := open[Value](t, loadLocal(t).Map("datamap"))
	mem := anonymous(t, 1).Bytes()
	_, err := hints.Vouch("", mem)
	want(t, err, kptr.ErrVouch, 0)
	_, err = hints.Vouch("nothing", nil)
	want(t, err, kptr.ErrVouch, 0)
	r, err := hints.Vouch("page", mem)
	must(t, err)
	for offset, rule := range map[int]error{-8: kptr.ErrMemory, len(mem) - 8: kptr.ErrMemory, len(mem) + 4: kptr.ErrMemory, 2: kptr.ErrMisaligned} {
		_, err := kptr.At[Hint](r, offset)
		want(t, err, rule, 0)
	}
}
