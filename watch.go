package kptr

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// checkInterval is how often the number of threads is looked at. The end of a thread is seen at once.
const checkInterval = time.Second

// watch runs until Close.
func (a *Threads[V]) watch() {
	next := time.Now().Add(checkInterval)
	for {
		ended, err := a.ends.Wait(time.Until(next))
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				a.note(err) // a bug here: epoll_wait(2) has no other reason
			}
			return
		}
		a.end(ended)
		if time.Until(next) > 0 {
			continue
		}
		a.note(a.look())
		next = time.Now().Add(checkInterval)
	}
}

func (a *Threads[V]) note(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// look shares the threads that are not yet: those whose other share was closed, and those that are new. Mostly there are none, and
// it costs a system call.
func (a *Threads[V]) look() error {
	removed := a.m.shares.removed()
	if removed == a.looked && !a.changed() {
		return a.Err()
	}
	a.looked = removed
	a.mu.Lock()
	tids := slices.Collect(maps.Keys(a.others))
	a.mu.Unlock()
	err := a.add(tids) // forgets those that have ended
	if !a.changed() {
		return err
	}
	if tids, err = list(); err != nil {
		return err
	}
	return a.add(tids)
}

// changed tells whether the process has threads that are not known. The ends of the known ones are seen, so that the number of
// threads tells: it is that of the subdirectories of /proc/self/task (proc_task_getattr, fs/proc/base.c), which costs one
// system call however many there are, and counts the threads that are not Go's too.
func (a *Threads[V]) changed() bool {
	var st syscall.Stat_t
	err := syscall.Stat("/proc/self/task", &st)
	a.mu.Lock()
	defer a.mu.Unlock()
	return err != nil || int(st.Nlink)-2 != len(a.byTid)+len(a.others)
}

// list gives the ids of all threads of the process.
func list() ([]int, error) {
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil, err
	}
	tids := make([]int, len(entries))
	for i, entry := range entries {
		if tids[i], err = strconv.Atoi(entry.Name()); err != nil {
			return nil, err
		}
	}
	return tids, nil
}
