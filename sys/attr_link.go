package sys

import "structs"

// RawTracepointOpenAttr attaches a raw_tp, tp_btf, fentry, fexit or lsm program: struct
// raw_tracepoint of union bpf_attr (linux/bpf.h). Name is NULL where the program was loaded for
// its target (attach_btf_id). Opens an fd.
type RawTracepointOpenAttr struct {
	_      structs.HostLayout
	Name   Ptr    `c:"raw_tracepoint.name" text:"nul"`
	ProgFD uint32 `c:"raw_tracepoint.prog_fd"`
}

// Cmd is BPF_RAW_TRACEPOINT_OPEN.
func (*RawTracepointOpenAttr) Cmd() Cmd { return BPF_RAW_TRACEPOINT_OPEN }

// LinkCreateAttr attaches a program, or a struct_ops map whose fd goes to ProgFD, where nothing
// more is to be said: struct link_create of union bpf_attr (linux/bpf.h), "used by BPF_LINK_CREATE
// command". Opens an fd.
type LinkCreateAttr struct {
	_          structs.HostLayout
	ProgFD     uint32     `c:"link_create.prog_fd"`
	TargetFD   uint32     `c:"link_create.target_fd"`
	AttachType AttachType `c:"link_create.attach_type"`
	Flags      uint32     `c:"link_create.flags"`
}

// Cmd is BPF_LINK_CREATE.
func (*LinkCreateAttr) Cmd() Cmd { return BPF_LINK_CREATE }

// IterCreateAttr makes one walk of an iterator that a link stands for: struct iter_create of union
// bpf_attr (linux/bpf.h), "used by BPF_ITER_CREATE command". Opens an fd to read from.
type IterCreateAttr struct {
	_      structs.HostLayout
	LinkFD uint32 `c:"iter_create.link_fd"`
	Flags  uint32 `c:"iter_create.flags"`
}

// Cmd is BPF_ITER_CREATE.
func (*IterCreateAttr) Cmd() Cmd { return BPF_ITER_CREATE }
