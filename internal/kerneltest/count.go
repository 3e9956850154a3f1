package kerneltest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"kptr/sys"
)

// FDs lists the open fds of this process with what /proc/self/fd says that they refer to.
func FDs() (map[int]string, error) {
	startPoller()
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	fds := make(map[int]string, len(names))
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil || n == int(dir.Fd()) {
			continue
		}
		target, err := os.Readlink("/proc/self/fd/" + name)
		if err != nil {
			continue // closed meanwhile
		}
		fds[n] = target
	}
	return fds, nil
}

// startPoller has the Go runtime open the fds of its network poller, which it does at the first
// pollable file and never closes: no test should be blamed for them.
var startPoller = sync.OnceFunc(func() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
})

// Object is a BPF object of the machine.
type Object struct {
	Kind sys.ObjKind
	ID   uint32
}

// BPFObjects lists the maps, programs, BTFs and links of the machine. It takes CAP_SYS_ADMIN.
func BPFObjects() (map[Object]bool, error) {
	objects := make(map[Object]bool)
	for _, kind := range []sys.ObjKind{sys.ObjMap, sys.ObjProg, sys.ObjBTF, sys.ObjLink} {
		for id := uint32(0); ; {
			next, err := sys.NextID(kind, id)
			if errors.Is(err, syscall.ENOENT) {
				break
			}
			if err != nil {
				return nil, err
			}
			objects[Object{kind, next}] = true
			id = next
		}
	}
	return objects, nil
}

// String describes the object as the kernel does, by name and type where it has them.
func (o Object) String() string {
	s := fmt.Sprintf("%v %d", o.Kind, o.ID)
	fd, err := sys.FDByID(o.Kind, o.ID)
	if err != nil {
		return s + " (" + err.Error() + ")"
	}
	defer fd.Close()
	detail, err := describe(o.Kind, fd)
	if err != nil {
		return s + " (" + err.Error() + ")"
	}
	return s + detail
}

func describe(kind sys.ObjKind, fd *sys.FD) (string, error) {
	switch kind {
	case sys.ObjMap:
		var info sys.MapInfo
		err := sys.ObjInfo(fd, &info)
		return fmt.Sprintf(" %q (%v)", info.Name, info.Type), err
	case sys.ObjProg:
		var info sys.ProgInfo
		err := sys.ObjInfo(fd, &info)
		return fmt.Sprintf(" %q (%v)", info.Name, info.Type), err
	case sys.ObjBTF:
		var info sys.BTFInfo
		err := sys.ObjInfo(fd, &info)
		return fmt.Sprintf(" (%d bytes)", info.BTFSize), err
	default:
		var info sys.LinkInfo
		err := sys.ObjInfo(fd, &info)
		return fmt.Sprintf(" of prog %d (%v)", info.ProgID, info.Type), err
	}
}

// PinnedPages counts the page pins that are out on the machine: nr_foll_pin_acquired less
// nr_foll_pin_released of /proc/vmstat, after the per-CPU counts were summed up by reading
// /proc/sys/vm/stat_refresh, which takes root.
func PinnedPages() (int64, error) {
	if _, err := os.ReadFile("/proc/sys/vm/stat_refresh"); err != nil {
		return 0, err
	}
	b, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0, err
	}
	return pinned(b)
}

// errNoPinCount says that /proc/vmstat lacks one of the two counters.
var errNoPinCount = errors.New("/proc/vmstat: no nr_foll_pin_acquired and nr_foll_pin_released")

func pinned(vmstat []byte) (int64, error) {
	var acquired, released int64
	found := 0
	lines := bufio.NewScanner(bytes.NewReader(vmstat))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		var into *int64
		switch name {
		case "nr_foll_pin_acquired":
			into = &acquired
		case "nr_foll_pin_released":
			into = &released
		default:
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/vmstat: %s: %w", name, err)
		}
		*into = n
		found++
	}
	if found != 2 {
		return 0, errNoPinCount
	}
	return acquired - released, nil
}
