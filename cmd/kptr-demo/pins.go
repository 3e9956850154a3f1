package main

import (
	"errors"
	"fmt"
	"path"
	"syscall"

	"kptr/bpfobj"
	"kptr/sys"
)

// The maps that programs register in, by the names that kptr_hint.h gives them, and where a scheduler pins them.
const (
	hintMap       = "kptr_hint"
	gcMap         = "kptr_gc"
	defaultPinDir = "/sys/fs/bpf/kptr"
)

func pinFlag(fs *flags, dir *string) {
	*dir = defaultPinDir
	fs.value("pin", "DIR", "where in a bpffs the maps are pinned (default "+defaultPinDir+")", func(s string) error {
		if *dir = s; s == "" {
			return errors.New("DIR is empty")
		}
		return nil
	})
}

// openPin opens a map that a scheduler has pinned.
func openPin(dir, name string) (*bpfobj.Map, error) {
	m, err := bpfobj.OpenPinned(path.Join(dir, name))
	switch {
	case errors.Is(err, syscall.ENOENT):
		if _, lacks := bpfobj.HonouredTag(); errors.Is(lacks, sys.ErrNotSupported) {
			return nil, lacks
		}
		return nil, fmt.Errorf("%w: no scheduler has pinned it (kptr-demo sched does)", err)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%w: -pin is to name the directory of the pins", err)
	}
	return m, err
}
