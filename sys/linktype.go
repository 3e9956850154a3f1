package sys

// LinkType says what a link attaches: enum bpf_link_type in linux/bpf.h.
type LinkType uint32

// The link types that this project makes.
const (
	BPF_LINK_TYPE_RAW_TRACEPOINT LinkType = 1
	BPF_LINK_TYPE_TRACING        LinkType = 2
	BPF_LINK_TYPE_ITER           LinkType = 4
	BPF_LINK_TYPE_PERF_EVENT     LinkType = 7
	BPF_LINK_TYPE_STRUCT_OPS     LinkType = 9
)

var linkTypeNames = [...]string{
	BPF_LINK_TYPE_RAW_TRACEPOINT: "RAW_TRACEPOINT", BPF_LINK_TYPE_TRACING: "TRACING", BPF_LINK_TYPE_ITER: "ITER",
	BPF_LINK_TYPE_PERF_EVENT: "PERF_EVENT", BPF_LINK_TYPE_STRUCT_OPS: "STRUCT_OPS",
}

// String gives the C name, or the enum and the number of an unknown value.
func (t LinkType) String() string {
	return enumName("bpf_link_type", "BPF_LINK_TYPE_", linkTypeNames[:], uint32(t))
}
