package sys

import "structs"

// ProgLoadAttr loads a program: the anonymous struct of union bpf_attr (linux/bpf.h) "used by
// BPF_PROG_LOAD command". Opens an fd.
type ProgLoadAttr struct {
	_                  structs.HostLayout
	ProgType           ProgType   `c:"prog_type"`
	InsnCnt            uint32     `c:"insn_cnt"` // slots of 8 bytes: a 64-bit immediate takes two
	Insns              Ptr        `c:"insns" bytes:"InsnCnt*8"`
	License            Ptr        `c:"license" text:"nul"`
	LogLevel           LogLevel   `c:"log_level"`
	LogSize            uint32     `c:"log_size"` // bytes
	LogBuf             Ptr        `c:"log_buf" bytes:"LogSize"`
	KernVersion        uint32     `c:"kern_version"` // not used by the kernel
	ProgFlags          ProgFlags  `c:"prog_flags"`
	ProgName           ObjName    `c:"prog_name"`
	ProgIfindex        uint32     `c:"prog_ifindex"`
	ExpectedAttachType AttachType `c:"expected_attach_type"`
	ProgBTFFD          uint32     `c:"prog_btf_fd"`
	FuncInfoRecSize    uint32     `c:"func_info_rec_size"` // bytes
	FuncInfo           Ptr        `c:"func_info" bytes:"FuncInfoCnt*FuncInfoRecSize"`
	FuncInfoCnt        uint32     `c:"func_info_cnt"`
	LineInfoRecSize    uint32     `c:"line_info_rec_size"` // bytes
	LineInfo           Ptr        `c:"line_info" bytes:"LineInfoCnt*LineInfoRecSize"`
	LineInfoCnt        uint32     `c:"line_info_cnt"`
	AttachBTFID        uint32     `c:"attach_btf_id"`
	AttachBTFObjFD     uint32     `c:"attach_btf_obj_fd"` // a module's BTF, 0 for vmlinux; in C united with attach_prog_fd
	CoreReloCnt        uint32     `c:"core_relo_cnt"`
	FDArray            Ptr        `c:"fd_array"` // of int; the instructions say how many
	CoreRelos          Ptr        `c:"core_relos" bytes:"CoreReloCnt*CoreReloRecSize"`
	CoreReloRecSize    uint32     `c:"core_relo_rec_size"` // bytes
}

// Cmd is BPF_PROG_LOAD.
func (*ProgLoadAttr) Cmd() Cmd { return BPF_PROG_LOAD }

// TestRunAttr runs a program once: struct test of union bpf_attr (linux/bpf.h), "used by
// BPF_PROG_TEST_RUN command". The kernel writes Retval, Duration and the sizes that are
// outputs.
type TestRunAttr struct {
	_           structs.HostLayout
	ProgFD      uint32 `c:"test.prog_fd"`
	Retval      uint32 `c:"test.retval"`        // output
	DataSizeIn  uint32 `c:"test.data_size_in"`  // bytes
	DataSizeOut uint32 `c:"test.data_size_out"` // bytes; in: room, out: used
	DataIn      Ptr    `c:"test.data_in" bytes:"DataSizeIn"`
	DataOut     Ptr    `c:"test.data_out" bytes:"DataSizeOut"`
	Repeat      uint32 `c:"test.repeat"`
	Duration    uint32 `c:"test.duration"`     // output, ns
	CtxSizeIn   uint32 `c:"test.ctx_size_in"`  // bytes
	CtxSizeOut  uint32 `c:"test.ctx_size_out"` // bytes; in: room, out: used
	CtxIn       Ptr    `c:"test.ctx_in" bytes:"CtxSizeIn"`
	CtxOut      Ptr    `c:"test.ctx_out" bytes:"CtxSizeOut"`
	Flags       uint32 `c:"test.flags"`
	CPU         uint32 `c:"test.cpu"`
}

// Cmd is BPF_PROG_TEST_RUN.
func (*TestRunAttr) Cmd() Cmd { return BPF_PROG_TEST_RUN }
