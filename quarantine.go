package kptr

import (
	"encoding/binary"
	"time"

	"kptr/sys"
)

// A fence tells when BPF has left every slot that was quarantined before it began, without any privilege.
//
// The kernel drops the pin of a deleted element's page after an RCU-tasks-trace and an RCU grace period
// (bpf_selem_free, kernel/bpf/bpf_local_storage.c), which is when every BPF program that could have found the element has
// ended. So an element that points to a page of a memfd, the sentinel, is set and deleted after those of the quarantined
// slots: when its page is no longer pinned, no program that could have found any of them is running. Whether a page of a
// memfd is pinned, F_ADD_SEALS tells: it refuses F_SEAL_WRITE with EBUSY (memfd_wait_for_pins, mm/memfd.c).
//
// The sentinel needs a task without an element. That is the one that is about to be shared: a fence begins when a share would
// take a new page while slots wait. The share does not wait for it, the next ones profit. BPF may see the sentinel's zeroes
// as the task's hint for a moment.

// fencePause is the wait before the first look at the sentinel; each next one is twice as long. Grace periods take 30 to 90 ms
// as a rule, and a look that finds it pinned costs a drain of all CPUs' page lists and 150 ms of waiting in the kernel. So a
// program that stays for minutes costs next to nothing.
const fencePause = 60 * time.Millisecond

// startFence begins a fence if one is worth it. The sentinel's element has so many bytes, the user kptr at an offset. An error is not
// one of the share: slots wait on.
func (a *arena) startFence(key *handle, flags sys.ElemFlags, size int, offset uintptr) {
	if !a.beginFence() {
		return
	}
	sentinel, err := sys.MemfdCreate("kptr fence", int64(a.pageSize), sys.MFD_NOEXEC_SEAL)
	if err == nil {
		err = a.plant(sentinel, key, flags, make([]byte, size), offset)
	}
	if err != nil {
		sentinel.Close()
		a.endFence(false)
		return
	}
	a.fences.Go(func() {
		defer sentinel.Close()
		a.endFence(a.unpinned(sentinel))
	})
}

// plant sets and deletes the sentinel's element.
func (a *arena) plant(sentinel *sys.FD, key *handle, flags sys.ElemFlags, value []byte, offset uintptr) error {
	mem, err := a.backend.mmap(sentinel, a.pageSize)
	if err != nil {
		return err
	}
	binary.NativeEndian.PutUint64(value[offset:], uint64(mem.Addr()))
	err = a.backend.update(key, value, flags)
	if err == nil {
		// Deleted by us, or it tells nothing: what goes with its task is unpinned at once, without a grace period
		// (bpf_selem_free with reuse_now).
		err = a.backend.remove(key)
	}
	// A mapping that could be written to would be a reason for EBUSY too.
	if unmap := a.backend.munmap(mem); err == nil {
		err = unmap
	}
	return err
}

// unpinned waits until nobody has a page of the memfd pinned; false if the arena is closed before.
func (a *arena) unpinned(fd *sys.FD) bool {
	for pause := fencePause; ; pause *= 2 {
		// Not time.After: a channel of time.Time would link that type's formatting into every program, 80 KB of it.
		over := make(chan struct{})
		timer := time.AfterFunc(pause, func() { close(over) })
		select {
		case <-a.done:
			timer.Stop()
			return false
		case <-over:
		}
		if sys.AddSeals(fd, sys.F_SEAL_WRITE) == nil {
			return true
		}
	}
}

// beginFence marks all waiting slots as what the fence is for, if a class is out of free slots and so many wait that freeing
// them saves a good part of a page.
func (a *arena) beginFence() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fencing || a.closed {
		return false
	}
	for _, c := range a.classes {
		if len(c.open) == 0 && c.count[slotWaiting] >= max(1, a.pageSize/int(c.size)/4) {
			a.fencing = true
			a.turn(slotWaiting, slotFenced)
			return true
		}
	}
	return false
}

// endFence frees the slots of the fence, or lets them wait on.
func (a *arena) endFence(done bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fencing = false
	if done {
		a.turn(slotFenced, slotFree)
	} else {
		a.turn(slotFenced, slotWaiting)
	}
}

// turn changes all slots of a state.
func (a *arena) turn(from, to slotState) {
	for _, c := range a.classes {
		for _, p := range c.pages {
			for i, s := range p.slots {
				if s == from {
					p.put(i, to)
				}
			}
		}
	}
}
