package main

import (
	"errors"
	"fmt"
	"path"
	"syscall"

	"kptr/bpfobj"
	"kptr/sys"
)

// pins are those that a scheduler makes or finds, and what of them it has made.
type pins struct {
	dir  string
	mode uint32
	made []string // the directory first
}

// A pinReport is one of them in a document.
type pinReport struct {
	Path string `json:"path"`
	Made bool   `json:"made"` // else it was there, with what programs have registered
}

// load makes the directory if there is none, has the loader make the pins that are missing, and gives those their mode.
func (p *pins) load(load func() (*bpfobj.Object, error)) (obj *bpfobj.Object, reports []pinReport, err error) {
	if err := p.makeDir(); err != nil {
		return nil, nil, err
	}
	for _, name := range []string{hintMap, gcMap} {
		file := path.Join(p.dir, name)
		reports = append(reports, pinReport{file, !sys.Exists(file)})
	}
	if obj, err = load(); err != nil {
		return nil, nil, errors.Join(err, p.undo())
	}
	for _, r := range reports {
		if r.Made {
			p.made = append(p.made, r.Path)
		}
	}
	for _, r := range reports {
		if !r.Made {
			continue
		}
		if err := syscall.Chmod(r.Path, p.mode); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%s: chmod: %w", r.Path, err), obj.Close(), p.undo())
		}
	}
	return obj, reports, nil
}

func (p *pins) makeDir() error {
	there, in := sys.Exists(p.dir), p.dir
	if !there {
		in = path.Dir(path.Clean(p.dir)) // of "x/" Dir is "x"
	}
	if ok, err := sys.IsBPFFS(in); err != nil {
		return err
	} else if !ok {
		return fmt.Errorf("%s: %w", in, bpfobj.ErrNotBPFFS)
	}
	if there {
		return nil
	}
	if err := syscall.Mkdir(p.dir, 0o755); err != nil {
		return fmt.Errorf("%s: mkdir: %w", p.dir, err)
	}
	p.made = append(p.made, p.dir)
	return nil
}

// undo removes what was made, for a scheduler that did not come to run.
func (p *pins) undo() error {
	var errs []error
	for i := len(p.made) - 1; i >= 0; i-- {
		remove := syscall.Unlink
		if p.made[i] == p.dir {
			remove = syscall.Rmdir
		}
		if err := remove(p.made[i]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.made[i], err))
		}
	}
	p.made = nil
	return errors.Join(errs...)
}
