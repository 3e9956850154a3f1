package sys

// The src_reg of a BPF_LD|BPF_IMM|BPF_DW or BPF_JMP|BPF_CALL instruction says what its imm is:
// BPF_PSEUDO_* in linux/bpf.h.
const (
	BPF_PSEUDO_BTF_ID        = 3 // imm: BTF id of a kernel variable
	BPF_PSEUDO_FUNC          = 4 // imm: instructions from the next one to a static callback
	BPF_PSEUDO_MAP_IDX       = 5 // imm: index into fd_array
	BPF_PSEUDO_MAP_IDX_VALUE = 6 // imm: index into fd_array, next imm: offset in its value
	BPF_PSEUDO_CALL          = 1 // imm: instructions from the next one to a subprogram
	BPF_PSEUDO_KFUNC_CALL    = 2 // imm: BTF id of a kernel function
)
