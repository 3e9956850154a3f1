package kptr

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kptr/internal/kerneltest"
)

func TestBundles(t *testing.T) {
	for _, row := range []struct {
		name  string
		sizes []uintptr
		unit  uintptr
		want  []uintptr // sizes of slots
	}{
		{"one", []uintptr{12}, 64, []uintptr{64}},
		{"one, dense", []uintptr{12}, 8, []uintptr{16}},
		{"a line", []uintptr{64}, 64, []uintptr{64}},
		{"a line and a byte", []uintptr{65}, 64, []uintptr{128}},
		{"several in a line", []uintptr{12, 12, 32}, 64, []uintptr{64}},
		{"several lines", []uintptr{40, 40}, 64, []uintptr{128}},
		{"a page", []uintptr{4096}, 64, []uintptr{4096}},
		{"a page and more", []uintptr{4096, 8}, 64, []uintptr{4096, 64}},
		{"two pages", []uintptr{4000, 100}, 64, []uintptr{4032, 128}},
		{"almost a page", []uintptr{4090}, 64, []uintptr{4096}},
	} {
		t.Run(row.name, func(t *testing.T) {
			fields := make([]field, len(row.sizes))
			for i := range fields {
				fields[i].size = row.sizes[i]
			}
			got := bundles(fields, 4096, row.unit)
			if len(got) != len(row.want) {
				t.Fatalf("got %+v, want sizes %v", got, row.want)
			}
			next := 0
			for i, b := range got {
				if b.size != row.want[i] {
					t.Errorf("bundle %d has %d bytes, want %d", i, b.size, row.want[i])
				}
				for _, p := range b.blocks {
					if p.field != next || p.offset%blockAlign != 0 || p.offset+row.sizes[p.field] > b.size {
						t.Errorf("block %+v in %+v", p, b)
					}
					next++
				}
			}
		})
	}
}

func testArena(t testing.TB, pageSize int, size uintptr) *arena {
	a := newArena(holder{}, pageSize, []bundle{{size: size}})
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// classOf gives the only class of a test's arena.
func classOf(a *arena) *class {
	for _, c := range a.classes {
		return c
	}
	return nil
}

func mustTake(t testing.TB, a *arena, size uintptr) (slot, []byte) {
	t.Helper()
	s, mem, err := a.take(size)
	if err != nil {
		t.Fatal(err)
	}
	return s, mem
}

// TestArenaPacks takes many slots, for each page size that Linux has.
func TestArenaPacks(t *testing.T) {
	for _, pageSize := range []int{4096, 16384, 65536} {
		for _, size := range []uintptr{8, 24, 64, 192, 1088, 4096} {
			t.Run(strconv.Itoa(pageSize)+"/"+strconv.Itoa(int(size)), func(t *testing.T) {
				a := testArena(t, pageSize, size)
				const n = 10000
				taken := make(map[uintptr]bool, n)
				pages := make(map[*page]bool)
				for range n {
					s, mem := mustTake(t, a, size)
					first := addrOf(mem)
					if taken[first] || uintptr(len(mem)) != size || first%blockAlign != 0 {
						t.Fatalf("slot of %d bytes at %#x", len(mem), first)
					}
					// Pages larger than the host's are aligned to the host's only.
					if at := first - addrOf(s.page.mem); at+size > uintptr(pageSize) || at%size != 0 {
						t.Fatalf("slot of %d bytes at %#x of its page", size, at)
					}
					taken[first], pages[s.page] = true, true
				}
				perPage := pageSize / int(size)
				if want := (n + perPage - 1) / perPage; len(pages) != want {
					t.Errorf("%d pages, want %d", len(pages), want)
				}
			})
		}
	}
}

// TestArenaGivesBack: a page without live slots has no memory, except one for the next share.
func TestArenaGivesBack(t *testing.T) {
	a := testArena(t, os.Getpagesize(), 64)
	before := shmem(t)
	var slots []slot
	n := 100 * os.Getpagesize() / 64
	for range n {
		s, _ := mustTake(t, a, 64)
		slots = append(slots, s)
	}
	if got := shmem(t) - before; got < 100*os.Getpagesize() {
		t.Errorf("%d bytes of memory after %d slots", got, n)
	}
	rand.Shuffle(n, func(i, j int) { slots[i], slots[j] = slots[j], slots[i] })
	for _, s := range slots {
		a.quarantine(s)
	}
	if got := shmem(t) - before; got > 4*os.Getpagesize() {
		t.Errorf("%d bytes of memory are left", got)
	}
	if len(classOf(a).pages) > 1 || len(a.chunks) != 1 {
		t.Errorf("%d pages and %d chunks are left", len(classOf(a).pages), len(a.chunks))
	}
}

// shmem gives the anonymous shared memory that the process has mapped in, in bytes: the Rss of such mappings in
// /proc/self/smaps. RssShmem of /proc/self/status is a per-CPU counter, and off by some pages.
func shmem(t *testing.T) int {
	t.Helper()
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	kb, anonymous := 0, false
	for line := range strings.Lines(string(smaps)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case strings.Contains(name, "-"): // the line of addresses: a new mapping
			anonymous = strings.Contains(line, "/dev/zero (deleted)") // shmem_zero_setup, mm/shmem.c
		case anonymous && name == "Rss":
			n, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				t.Fatal(err)
			}
			kb += n
		}
	}
	return 1024 * kb
}

// TestArenaQuarantine walks one page through the states of its slots.
func TestArenaQuarantine(t *testing.T) {
	size := uintptr(os.Getpagesize() / 4)
	a := testArena(t, os.Getpagesize(), size) // four slots
	var slots [4]slot
	for i := range slots {
		slots[i], _ = mustTake(t, a, size)
	}
	keep := slots[0]
	if a.beginFence() {
		t.Error("a fence without anything to wait for")
	}
	a.quarantine(slots[1])
	a.abandon(slots[2])
	if !a.beginFence() || a.beginFence() {
		t.Error("want one fence at a time")
	}
	a.quarantine(slots[3]) // too late for the fence
	elsewhere, _ := mustTake(t, a, size)
	if elsewhere.page == keep.page {
		t.Errorf("got slot %d of a page in quarantine", elsewhere.index)
	}
	a.endFence(true)
	if got, _ := mustTake(t, a, size); got != slots[1] {
		t.Errorf("got slot %d, want 1, which the fence freed", got.index)
	}
	if n := classOf(a).count[slotWaiting]; n != 1 {
		t.Errorf("%d slots wait, want 1", n)
	}
	for len(classOf(a).open) > 0 {
		mustTake(t, a, size)
	}
	if !a.beginFence() {
		t.Error("no second fence")
	}
	a.endFence(false)
	if n := classOf(a).count[slotWaiting]; n != 1 {
		t.Errorf("%d slots wait after a fence in vain, want 1", n)
	}
	// The last live slots of the page: it is renewed, lost slot and all.
	a.quarantine(keep)
	a.quarantine(slots[1])
	if keep.page.class != nil {
		t.Error("the page was not renewed")
	}
}

// TestArenaLend: what lies in a live slot as a whole may be lent, and is lost then.
func TestArenaLend(t *testing.T) {
	pageSize := os.Getpagesize()
	a := testArena(t, pageSize, 64)
	s, mem := mustTake(t, a, 64)
	other, _ := mustTake(t, a, 64)
	at := addrOf(mem)
	var lent []*page
	for _, row := range []struct {
		name       string
		addr, size uintptr
		want       bool
	}{
		{"past the end", at + 56, 16, false},
		{"next slots, not in use", at + 128, 8, false},
		{"idle page", at + uintptr(pageSize), 8, false},
		{"before the chunk", a.chunks[0].mem.Addr() - 8, 8, false},
		{"after the chunk", a.chunks[0].mem.Addr() + chunkPages*uintptr(pageSize), 8, false},
		{"whole", at, 64, true},
		{"again, a part", at + 8, 8, true},
	} {
		p := a.lend(row.addr, row.size)
		if got := p != nil; got != row.want {
			t.Errorf("%s: got %v", row.name, got)
		}
		if p != nil {
			lent = append(lent, p)
		}
	}
	a.quarantine(s)
	a.quarantine(other)
	if lost, waiting := classOf(a).count[slotLost], classOf(a).count[slotWaiting]; lost != 1 || waiting != 1 {
		t.Errorf("%d lost, %d waiting", lost, waiting)
	}
	if a.lend(at, 64) != nil {
		t.Error("lent a slot that is not in use")
	}
	// The page stays as it is until the kernel has seen the address.
	var rest []slot
	for len(classOf(a).open) > 0 {
		s, _ := mustTake(t, a, 64)
		rest = append(rest, s)
	}
	for _, s := range rest {
		a.quarantine(s)
	}
	if s.page.class == nil {
		t.Error("the page was renewed while an update was under way")
	}
	if a.settle(lent); s.page.class != nil {
		t.Error("the page was not renewed after the update")
	}
}

// TestArenaRandom compares the arena with a model: no slot is handed out that was not free, and what is handed out is zero.
func TestArenaRandom(t *testing.T) {
	size := os.Getpagesize() / 16
	for seed := range uint64(5) {
		a := testArena(t, os.Getpagesize(), uintptr(size))
		rnd := rand.New(rand.NewPCG(seed, 0))
		type use struct {
			slot slot
			mem  []byte
		}
		var live []use
		owner := make(map[uintptr]string)
		for step := range 5000 {
			switch n := rnd.IntN(100); {
			case n < 48:
				s, mem := mustTake(t, a, uintptr(size))
				if was := owner[addrOf(mem)]; was == "live" || was == "lost" && s.page.slots[s.index] == slotLost {
					t.Fatalf("seed %d, step %d: slot handed out while %s", seed, step, was)
				}
				if !bytes.Equal(mem, make([]byte, size)) {
					t.Fatalf("seed %d, step %d: not zero", seed, step)
				}
				mem[rnd.IntN(size)] = 1
				owner[addrOf(mem)] = "live"
				live = append(live, use{s, mem})
			case n < 98 && len(live) > 0:
				i := rnd.IntN(len(live))
				u := live[i]
				live[i] = live[len(live)-1]
				live = live[:len(live)-1]
				owner[addrOf(u.mem)] = "lost"
				switch rnd.IntN(10) {
				case 0:
					a.abandon(u.slot)
				case 1:
					a.unused(u.slot)
				default:
					a.quarantine(u.slot)
				}
			case n == 98:
				a.beginFence()
			case n == 99 && a.fencing:
				a.endFence(rnd.IntN(2) == 0)
			}
			if step%16 == 0 {
				checkArena(t, a, len(live))
			}
		}
	}
}

func checkArena(t *testing.T, a *arena, live int) {
	t.Helper()
	var count [slotLost + 1]int
	c := classOf(a)
	for at, p := range c.pages {
		if p.at != at || p.class != c || p.has(slotFree) != slices.Contains(c.open, p) {
			t.Fatalf("page %+v", p)
		}
		for state := range count {
			count[state] += bytes.Count(p.slots, []byte{slotState(state)})
		}
	}
	for i, p := range c.open {
		if p.class != c || slices.Contains(c.open[:i], p) {
			t.Fatalf("open page %+v", p)
		}
	}
	if count != c.count || count[slotLive]+count[slotLent] != live {
		t.Fatalf("%v slots in each state, counted as %v, want %d live ones", count, c.count, live)
	}
}

func TestArenaClosed(t *testing.T) {
	a := newArena(holder{}, os.Getpagesize(), []bundle{{size: 64}})
	s, _ := mustTake(t, a, 64)
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	a.quarantine(s)
	if _, _, err := a.take(64); err != ErrClosed {
		t.Errorf("got %v", err)
	}
	if a.beginFence() || a.lend(1, 1) != nil {
		t.Error("a closed arena does something")
	}
	a.endFence(true)
}

// TestArenaLocked: memory that is locked cannot be given back (madvise(2): EINVAL). Its slots wait for a fence all the same.
func TestArenaLocked(t *testing.T) {
	size := uintptr(os.Getpagesize())
	a := testArena(t, int(size), size)
	s, mem := mustTake(t, a, size)
	err := syscall.Mlock(mem)
	if errors.Is(err, syscall.ENOMEM) { // RLIMIT_MEMLOCK, of which CAP_IPC_LOCK makes free: mlock(2)
		err = syscall.EPERM
	}
	kerneltest.Require(t, err)
	a.quarantine(s)
	if s.page.class == nil || classOf(a).count[slotWaiting] != 1 {
		t.Fatal("the page was renewed")
	}
	if other, _ := mustTake(t, a, size); other.page == s.page {
		t.Error("the slot was handed out")
	}
	if !a.beginFence() {
		t.Error("no fence")
	}
	a.endFence(true)
	if again, _ := mustTake(t, a, size); again != s {
		t.Error("the slot was not handed out after the fence")
	}
	if err := syscall.Munlock(mem); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkArena(b *testing.B) {
	a := testArena(b, os.Getpagesize(), 64)
	b.ReportAllocs()
	for range b.N {
		s, _, err := a.take(64)
		if err != nil {
			b.Fatal(err)
		}
		a.quarantine(s)
	}
}
