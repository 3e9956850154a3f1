package sys

import "strconv"

// ElemFlags go with a map element: the flags of BPF_MAP_UPDATE_ELEM and BPF_MAP_LOOKUP_ELEM in
// linux/bpf.h. BPF_NOEXIST and BPF_EXIST exclude each other.
type ElemFlags uint64

const (
	BPF_ANY     ElemFlags = 0 // create or replace
	BPF_NOEXIST ElemFlags = 1 // EEXIST if the element exists
	BPF_EXIST   ElemFlags = 2 // ENOENT if it does not
	BPF_F_LOCK  ElemFlags = 4 // take the value's bpf_spin_lock
)

// String joins the names of the set flags with "|".
func (f ElemFlags) String() string {
	if f == BPF_ANY {
		return "BPF_ANY"
	}
	return joinFlags(elemFlagNames[:], uint64(f))
}

var elemFlagNames = [...]flagName{
	{uint64(BPF_NOEXIST), "BPF_NOEXIST"},
	{uint64(BPF_EXIST), "BPF_EXIST"},
	{uint64(BPF_F_LOCK), "BPF_F_LOCK"},
}

// MapFlags go with BPF_MAP_CREATE (map_flags) and, those about access, with BPF_OBJ_GET
// (file_flags) and BPF_MAP_GET_FD_BY_ID (open_flags): the anonymous enum of linux/bpf.h.
type MapFlags uint32

const (
	BPF_F_NO_PREALLOC MapFlags = 1 << 0
	BPF_F_NUMA_NODE   MapFlags = 1 << 2 // numa_node says where
	BPF_F_RDONLY      MapFlags = 1 << 3 // no writes through the fd
	BPF_F_WRONLY      MapFlags = 1 << 4 // no reads through the fd
	BPF_F_RDONLY_PROG MapFlags = 1 << 7 // no writes by programs
	BPF_F_WRONLY_PROG MapFlags = 1 << 8
	BPF_F_CLONE       MapFlags = 1 << 9
	BPF_F_MMAPABLE    MapFlags = 1 << 10
	BPF_F_LINK        MapFlags = 1 << 13 // a link attaches the struct_ops map
)

// String joins the names of the set flags with "|".
func (f MapFlags) String() string { return joinFlags(mapFlagNames[:], uint64(f)) }

var mapFlagNames = [...]flagName{
	{uint64(BPF_F_NO_PREALLOC), "BPF_F_NO_PREALLOC"},
	{uint64(BPF_F_NUMA_NODE), "BPF_F_NUMA_NODE"},
	{uint64(BPF_F_RDONLY), "BPF_F_RDONLY"},
	{uint64(BPF_F_WRONLY), "BPF_F_WRONLY"},
	{uint64(BPF_F_RDONLY_PROG), "BPF_F_RDONLY_PROG"},
	{uint64(BPF_F_WRONLY_PROG), "BPF_F_WRONLY_PROG"},
	{uint64(BPF_F_CLONE), "BPF_F_CLONE"},
	{uint64(BPF_F_MMAPABLE), "BPF_F_MMAPABLE"},
	{uint64(BPF_F_LINK), "BPF_F_LINK"},
}

// ProgFlags go with BPF_PROG_LOAD (prog_flags) in linux/bpf.h.
type ProgFlags uint32

// BPF_F_SLEEPABLE lets the program sleep: section names that end in ".s".
const BPF_F_SLEEPABLE ProgFlags = 1 << 4

// String joins the names of the set flags with "|".
func (f ProgFlags) String() string { return joinFlags(progFlagNames[:], uint64(f)) }

var progFlagNames = [...]flagName{{uint64(BPF_F_SLEEPABLE), "BPF_F_SLEEPABLE"}}

// TestRunFlags go with BPF_PROG_TEST_RUN in linux/bpf.h.
type TestRunFlags uint32

// BPF_F_TEST_RUN_ON_CPU runs a raw_tp program on the CPU that the attribute cpu names.
const BPF_F_TEST_RUN_ON_CPU TestRunFlags = 1 << 0

// String joins the names of the set flags with "|".
func (f TestRunFlags) String() string { return joinFlags(testRunFlagNames[:], uint64(f)) }

var testRunFlagNames = [...]flagName{{uint64(BPF_F_TEST_RUN_ON_CPU), "BPF_F_TEST_RUN_ON_CPU"}}

// LogLevel is the log_level of BPF_PROG_LOAD: BPF_LOG_* in the kernel's linux/bpf_verifier.h,
// which is no UAPI header; the values are fixed by use.
type LogLevel uint32

const (
	BPF_LOG_LEVEL1 LogLevel = 1 // the failing path
	BPF_LOG_LEVEL2 LogLevel = 2 // every path
	BPF_LOG_STATS  LogLevel = 4 // sums at the end
)

// String joins the names of the set bits with "|".
func (l LogLevel) String() string { return joinFlags(logLevelNames[:], uint64(l)) }

var logLevelNames = [...]flagName{
	{uint64(BPF_LOG_LEVEL1), "BPF_LOG_LEVEL1"},
	{uint64(BPF_LOG_LEVEL2), "BPF_LOG_LEVEL2"},
	{uint64(BPF_LOG_STATS), "BPF_LOG_STATS"},
}

type flagName struct {
	bit  uint64
	name string
}

// joinFlags names the bits of v in the order of the table; what is left over follows in hex.
func joinFlags(names []flagName, v uint64) string {
	if v == 0 {
		return "0"
	}
	var s string
	for _, n := range names {
		if v&n.bit != 0 {
			s = joinFlag(s, n.name)
			v &^= n.bit
		}
	}
	if v != 0 {
		s = joinFlag(s, "0x"+strconv.FormatUint(v, 16))
	}
	return s
}

func joinFlag(s, name string) string {
	if s == "" {
		return name
	}
	return s + "|" + name
}
