package sys

// ProgType says what kind of program it is: enum bpf_prog_type in linux/bpf.h.
type ProgType uint32

// The program types that this project loads.
const (
	BPF_PROG_TYPE_SOCKET_FILTER  ProgType = 1
	BPF_PROG_TYPE_TRACEPOINT     ProgType = 5
	BPF_PROG_TYPE_RAW_TRACEPOINT ProgType = 17
	BPF_PROG_TYPE_TRACING        ProgType = 26
	BPF_PROG_TYPE_STRUCT_OPS     ProgType = 27
	BPF_PROG_TYPE_LSM            ProgType = 29
	BPF_PROG_TYPE_SYSCALL        ProgType = 31
)

// progTypeNames goes up to Linux 6.18, so that a message can name the type in an object that this project does not load.
var progTypeNames = [...]string{
	"UNSPEC", "SOCKET_FILTER", "KPROBE", "SCHED_CLS", "SCHED_ACT", "TRACEPOINT", "XDP", "PERF_EVENT",
	"CGROUP_SKB", "CGROUP_SOCK", "LWT_IN", "LWT_OUT", "LWT_XMIT", "SOCK_OPS", "SK_SKB", "CGROUP_DEVICE", "SK_MSG",
	"RAW_TRACEPOINT", "CGROUP_SOCK_ADDR", "LWT_SEG6LOCAL", "LIRC_MODE2", "SK_REUSEPORT", "FLOW_DISSECTOR",
	"CGROUP_SYSCTL", "RAW_TRACEPOINT_WRITABLE", "CGROUP_SOCKOPT", "TRACING", "STRUCT_OPS", "EXT", "LSM",
	"SK_LOOKUP", "SYSCALL", "NETFILTER",
}

// String gives the C name, or the enum and the number of an unknown value.
func (t ProgType) String() string {
	return enumName("bpf_prog_type", "BPF_PROG_TYPE_", progTypeNames[:], uint32(t))
}
