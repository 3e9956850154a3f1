package sys

import "structs"

// BTFLoadAttr loads BTF: the anonymous struct of union bpf_attr (linux/bpf.h) "for BPF_BTF_LOAD".
// Opens an fd.
type BTFLoadAttr struct {
	_           structs.HostLayout
	BTF         Ptr      `c:"btf" bytes:"BTFSize"`
	BTFLogBuf   Ptr      `c:"btf_log_buf" bytes:"BTFLogSize"`
	BTFSize     uint32   `c:"btf_size"`     // bytes
	BTFLogSize  uint32   `c:"btf_log_size"` // bytes
	BTFLogLevel LogLevel `c:"btf_log_level"`
}

// Cmd is BPF_BTF_LOAD.
func (*BTFLoadAttr) Cmd() Cmd { return BPF_BTF_LOAD }
