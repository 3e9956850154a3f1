package kptr_test

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"kptr"
	"kptr/bpfobj"
	"kptr/sys"
)

// BenchmarkStore sets one hint: through a share, through one of a broker, and through a bare pointer to the Go heap.
func BenchmarkStore(b *testing.B) {
	obj := loadTest(b, "sharing")
	slots := open[Slot](b, obj.Map("slots"))
	values := open[Value](b, loadLocal(b).Map("datamap"))
	lockThread(b)
	plain := share(b, values, kptr.ThisThread())
	atomics := share(b, slots, kptr.ThisThread())
	brokered := share(b, dial[Value](b, loadLocal(b).Map("datamap")), kptr.ThisThread())
	brokeredAtomics := share(b, dial[Slot](b, loadTest(b, "sharing").Map("slots")), kptr.ThisThread())
	bare, bareAtomic := new(Hint), new(Block)
	b.Run("plain/bare", func(b *testing.B) { storePlain(b, bare) })
	b.Run("plain/api", func(b *testing.B) { storePlain(b, plain.Value().Udata) })
	b.Run("plain/broker", func(b *testing.B) { storePlain(b, brokered.Value().Udata) })
	b.Run("plain/api-value", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			plain.Value().Udata.A = int32(i)
		}
	})
	b.Run("atomic/bare", func(b *testing.B) { storeAtomic(b, bareAtomic) })
	b.Run("atomic/api", func(b *testing.B) { storeAtomic(b, atomics.Value().Block) })
	b.Run("atomic/broker", func(b *testing.B) { storeAtomic(b, brokeredAtomics.Value().Block) })
}

func storePlain(b *testing.B, h *Hint) {
	b.ReportAllocs()
	for i := range b.N {
		h.A = int32(i)
	}
}

func storeAtomic(b *testing.B, h *Block) {
	b.ReportAllocs()
	for i := range b.N {
		h.Scratch.Store(uint64(i))
	}
}

// A rawTasks does what a program without this package would do.
type rawTasks struct {
	fd  uint32
	key [4]byte
}

func newRawTasks(b *testing.B, m *bpfobj.Map) *rawTasks {
	b.Helper()
	fd, err := m.FD()
	must(b, err)
	return &rawTasks{fd: fd.Uint32()}
}

func (r *rawTasks) open(b *testing.B, tid int) *sys.FD {
	pidfd, err := sys.PidfdOpen(tid, sys.PIDFD_THREAD)
	if err != nil {
		b.Fatal(err)
	}
	binary.NativeEndian.PutUint32(r.key[:], pidfd.Uint32())
	return pidfd
}

func (r *rawTasks) update(b *testing.B, value []byte) {
	if _, err := sys.BPF(&sys.MapUpdateElemAttr{MapFD: r.fd, Key: sys.Bytes(r.key[:]), Value: sys.Bytes(value)}); err != nil {
		b.Fatal(err)
	}
}

func (r *rawTasks) delete(b *testing.B) {
	if _, err := sys.BPF(&sys.MapDeleteElemAttr{MapFD: r.fd, Key: sys.Bytes(r.key[:])}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCycle registers n threads and then releases them. One operation is one thread. As benchmarks run one after the other,
// ratios are best taken from several runs (-count).
//
//   - raw: pidfd_open, update, delete, close
//   - raw-keep: pidfd_open, update, close, as of a program that leaves the element to the thread's end; the update replaces it
//   - api: Share, Close
func BenchmarkCycle(b *testing.B) {
	obj := loadTest(b, "sharing")
	slots := open[Slot](b, obj.Map("slots"))
	raw := newRawTasks(b, obj.Map("slots"))
	value := make([]byte, 16)
	binary.NativeEndian.PutUint64(value, uint64(anonymous(b, 1).Addr()))
	for _, n := range []int{1, 100, 10000} {
		debug.SetMaxThreads(2*n + 10000)
		tids, stop := startThreads(n)
		runtime.GC()
		register := func(tid int) *sys.FD {
			pidfd := raw.open(b, tid)
			raw.update(b, value)
			return pidfd
		}
		b.Run(fmt.Sprintf("%d/raw", n), func(b *testing.B) {
			cycle(b, tids, register, func(pidfd *sys.FD) {
				binary.NativeEndian.PutUint32(raw.key[:], pidfd.Uint32())
				raw.delete(b)
				pidfd.Close()
			})
		})
		b.Run(fmt.Sprintf("%d/api", n), func(b *testing.B) {
			cycle(b, tids, func(tid int) *kptr.Shared[Slot] {
				s, err := slots.Share(kptr.Thread(tid))
				if err != nil {
					b.Fatal(err)
				}
				return s
			}, func(s *kptr.Shared[Slot]) {
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(fmt.Sprintf("%d/raw-keep", n), func(b *testing.B) {
			cycle(b, tids, register, func(pidfd *sys.FD) { pidfd.Close() })
		})
		stop()
	}
}

// cycle registers all threads, then releases them all, until b.N are done. It reports the two halves apart as well.
func cycle[S any](b *testing.B, tids []int, register func(int) S, release func(S)) {
	b.ReportAllocs()
	shares := make([]S, 0, len(tids))
	var registering, releasing time.Duration
	for done := 0; done < b.N; {
		shares = shares[:0]
		start := time.Now()
		for _, tid := range tids[:min(len(tids), b.N-done)] {
			shares = append(shares, register(tid))
		}
		middle := time.Now()
		for _, s := range shares {
			release(s)
		}
		registering += middle.Sub(start)
		releasing += time.Since(middle)
		done += len(shares)
	}
	b.ReportMetric(float64(registering.Nanoseconds())/float64(b.N), "register-ns/op")
	b.ReportMetric(float64(releasing.Nanoseconds())/float64(b.N), "release-ns/op")
}

// BenchmarkHint is what it takes to tell BPF something new about a thread: an update of plain fields through a share, and what
// users have without user kptrs.
func BenchmarkHint(b *testing.B) {
	obj, maps := loadTest(b, "sharing"), loadTest(b, "maps")
	slots := open[Slot](b, obj.Map("slots"))
	lockThread(b)
	tid := kptr.Gettid()
	b.Run("store", func(b *testing.B) {
		s := shareAs(b, slots, tid)
		b.ReportAllocs()
		for i := range b.N {
			s.Value().Block.Scratch.Store(uint64(i))
		}
	})
	b.Run("update-share", func(b *testing.B) {
		s := shareAs(b, slots, tid)
		b.ReportAllocs()
		for i := range b.N {
			s.Value().Plain = uint64(i)
			must(b, s.Update())
		}
	})
	b.Run("update-plain", func(b *testing.B) {
		raw := newRawTasks(b, maps.Map("task_storage"))
		pidfd := raw.open(b, tid)
		defer pidfd.Close()
		value := make([]byte, 16)
		b.ReportAllocs()
		for i := range b.N {
			binary.NativeEndian.PutUint64(value, uint64(i))
			raw.update(b, value)
		}
		raw.delete(b)
	})
	b.Run("update-hash", func(b *testing.B) {
		key, value := make([]byte, 16), make([]byte, 16)
		b.ReportAllocs()
		for i := range b.N {
			binary.NativeEndian.PutUint64(value, uint64(i))
			must(b, maps.Map("a_hash").Update(key, value, sys.BPF_ANY))
		}
	})
	b.Run("setpriority", func(b *testing.B) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer syscall.Setpriority(syscall.PRIO_PROCESS, 0, 0)
		b.ReportAllocs()
		for i := range b.N {
			must(b, syscall.Setpriority(syscall.PRIO_PROCESS, 0, i%2))
		}
	})
	b.Run("gettid", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			kptr.Gettid()
		}
	})
}

func shareAs(b *testing.B, slots *kptr.Map[Slot], tid int) *kptr.Shared[Slot] {
	b.Helper()
	return share(b, slots, kptr.Thread(tid))
}
