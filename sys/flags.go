package sys

import (
	"strconv"
	"strings"
)

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

var elemFlagNames = [...]string{"BPF_NOEXIST", "BPF_EXIST", "BPF_F_LOCK"}

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

var mapFlagNames = [...]string{
	0: "BPF_F_NO_PREALLOC", 2: "BPF_F_NUMA_NODE", 3: "BPF_F_RDONLY", 4: "BPF_F_WRONLY", 7: "BPF_F_RDONLY_PROG",
	8: "BPF_F_WRONLY_PROG", 9: "BPF_F_CLONE", 10: "BPF_F_MMAPABLE", 13: "BPF_F_LINK",
}

// ProgFlags go with BPF_PROG_LOAD (prog_flags) in linux/bpf.h.
type ProgFlags uint32

// BPF_F_SLEEPABLE lets the program sleep: section names that end in ".s".
const BPF_F_SLEEPABLE ProgFlags = 1 << 4

// String joins the names of the set flags with "|".
func (f ProgFlags) String() string { return joinFlags(progFlagNames[:], uint64(f)) }

var progFlagNames = [...]string{4: "BPF_F_SLEEPABLE"}

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

var logLevelNames = [...]string{"BPF_LOG_LEVEL1", "BPF_LOG_LEVEL2", "BPF_LOG_STATS"}

// joinFlags names the bits of v, whose names stand at their numbers; what has no name follows in hex.
func joinFlags(names []string, v uint64) string {
	var set []string
	for bit, name := range names {
		if name != "" && v&(1<<bit) != 0 {
			set = append(set, name)
			v &^= 1 << bit
		}
	}
	switch {
	case v != 0:
		set = append(set, "0x"+strconv.FormatUint(v, 16))
	case len(set) == 0:
		return "0"
	}
	return strings.Join(set, "|")
}
