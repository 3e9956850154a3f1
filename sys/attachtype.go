package sys

// AttachType says where a program is attached: enum bpf_attach_type in linux/bpf.h.
type AttachType uint32

// The attach types that this project uses.
const (
	BPF_TRACE_RAW_TP  AttachType = 23
	BPF_TRACE_FENTRY  AttachType = 24
	BPF_TRACE_FEXIT   AttachType = 25
	BPF_MODIFY_RETURN AttachType = 26
	BPF_LSM_MAC       AttachType = 27
	BPF_TRACE_ITER    AttachType = 28
	BPF_PERF_EVENT    AttachType = 41
	BPF_STRUCT_OPS    AttachType = 44
)

var attachTypeNames = [...]string{
	BPF_TRACE_RAW_TP: "TRACE_RAW_TP", BPF_TRACE_FENTRY: "TRACE_FENTRY", BPF_TRACE_FEXIT: "TRACE_FEXIT",
	BPF_MODIFY_RETURN: "MODIFY_RETURN", BPF_LSM_MAC: "LSM_MAC", BPF_TRACE_ITER: "TRACE_ITER",
	BPF_PERF_EVENT: "PERF_EVENT", BPF_STRUCT_OPS: "STRUCT_OPS",
}

// String gives the C name, or the enum and the number of an unknown value.
func (t AttachType) String() string {
	return enumName("bpf_attach_type", "BPF_", attachTypeNames[:], uint32(t))
}
