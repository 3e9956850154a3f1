package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kptr"
	"kptr/bpfobj"
	"kptr/bpfobj/prebuilt"
)

// registered iterates over who has registered.
type registered struct {
	obj  *bpfobj.Object
	link *bpfobj.Link
}

// openRegistered looks for the pins first: the loader would make those that are missing.
func openRegistered(dir string) (*registered, error) {
	for _, name := range []string{hintMap, gcMap} {
		m, err := openPin(dir, name)
		if err != nil {
			return nil, err
		}
		m.Close()
	}
	obj, err := bpfobj.Load(prebuilt.Registered(), &bpfobj.Options{PinDir: dir})
	if err != nil {
		return nil, err
	}
	link, err := obj.Program("on_task").Attach()
	if err != nil {
		return nil, errors.Join(err, obj.Close())
	}
	return &registered{obj, link}, nil
}

func (r *registered) close() error { return errors.Join(r.link.Close(), r.obj.Close()) }

// A registration is what one thread has registered.
type registration struct {
	Thread  uint32     `json:"thread"`
	Process uint32     `json:"process"`
	Command string     `json:"command"` // name of the thread
	Level   string     `json:"level"`   // "process" for the first thread of one, else "thread"
	Hint    *hintWords `json:"hint"`    // null: none
	GC      *gcWord    `json:"gc"`      // null: none
}

// hintWords are the fields of struct kptr_hint; those beyond its size are 0.
type hintWords struct {
	Version    uint16 `json:"version"` // 0: not filled in
	Size       uint16 `json:"size"`    // in bytes
	Background uint32 `json:"background"`
	Critical   uint32 `json:"critical"`
	Latency    uint32 `json:"latency"`
	Weight     uint32 `json:"weight"`
	Yield      uint32 `json:"yield"`
	Keep       uint32 `json:"keep"`
}

type gcWord struct {
	Marking uint32 `json:"marking"`
}

// list makes one run of the iterator.
func (r *registered) list() ([]registration, error) {
	run, err := r.link.Iter()
	if err != nil {
		return nil, err
	}
	defer run.Close()
	var all []byte
	chunk := make([]byte, 64<<10)
	for {
		n, err := run.Read(chunk)
		all = append(all, chunk[:n]...)
		switch {
		case err == io.EOF:
			return decodeRegistered(all)
		case err != nil:
			return nil, fmt.Errorf("iterate over tasks: %w", err)
		}
	}
}

// Sizes of what registered.bpf.c writes, in bytes, and the bits of its field "has".
const (
	registeredSize = 32
	hasHint        = 1
	hasGC          = 2
)

var errCut = errors.New("iterate over tasks: a record is cut short")

// decodeRegistered reads struct registered, each with the struct kptr_hint that may follow it.
func decodeRegistered(b []byte) ([]registration, error) {
	list := []registration{}
	for len(b) > 0 {
		if len(b) < registeredSize {
			return nil, errCut
		}
		r := registration{Thread: u32(b, 0), Process: u32(b, 4), Command: printable(b[8:24]), Level: "thread"}
		if r.Thread == r.Process {
			r.Level = "process"
		}
		has, marking := u32(b, 24), u32(b, 28)
		b = b[registeredSize:]
		if has&hasGC != 0 {
			r.GC = &gcWord{marking}
		}
		if has&hasHint != 0 {
			if len(b) < kptr.HintSize {
				return nil, errCut
			}
			r.Hint = decodeHint(b[:kptr.HintSize])
			b = b[kptr.HintSize:]
		}
		list = append(list, r)
	}
	return list, nil
}

// decodeHint reads what a scheduler would of a struct kptr_hint.
func decodeHint(b []byte) *hintWords {
	h := &hintWords{Version: binary.NativeEndian.Uint16(b), Size: binary.NativeEndian.Uint16(b[2:])}
	if h.Version != 0 {
		for i, word := range []*uint32{&h.Background, &h.Critical, &h.Latency, &h.Weight, &h.Yield, &h.Keep} {
			if at := 4 + 4*i; int(h.Size) >= at+4 {
				*word = u32(b, at)
			}
		}
	}
	return h
}

func u32(b []byte, offset int) uint32 { return binary.NativeEndian.Uint32(b[offset:]) }

// printable gives a thread's name without what could change the terminal: any process may call itself anything.
func printable(name []byte) string {
	name, _, _ = bytes.Cut(name, []byte{0})
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, string(name))
}
