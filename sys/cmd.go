package sys

import "strconv"

// Cmd is a command of bpf(2): enum bpf_cmd in linux/bpf.h.
type Cmd uint32

// The commands that this project issues.
const (
	BPF_MAP_CREATE          Cmd = 0
	BPF_MAP_LOOKUP_ELEM     Cmd = 1
	BPF_MAP_UPDATE_ELEM     Cmd = 2
	BPF_MAP_DELETE_ELEM     Cmd = 3
	BPF_PROG_LOAD           Cmd = 5
	BPF_OBJ_PIN             Cmd = 6
	BPF_OBJ_GET             Cmd = 7
	BPF_PROG_TEST_RUN       Cmd = 10
	BPF_PROG_GET_NEXT_ID    Cmd = 11
	BPF_MAP_GET_NEXT_ID     Cmd = 12
	BPF_PROG_GET_FD_BY_ID   Cmd = 13
	BPF_MAP_GET_FD_BY_ID    Cmd = 14
	BPF_OBJ_GET_INFO_BY_FD  Cmd = 15
	BPF_RAW_TRACEPOINT_OPEN Cmd = 17
	BPF_BTF_LOAD            Cmd = 18
	BPF_BTF_GET_FD_BY_ID    Cmd = 19
	BPF_MAP_FREEZE          Cmd = 22
	BPF_BTF_GET_NEXT_ID     Cmd = 23
	BPF_LINK_CREATE         Cmd = 28
	BPF_LINK_GET_FD_BY_ID   Cmd = 30
	BPF_LINK_GET_NEXT_ID    Cmd = 31
	BPF_ITER_CREATE         Cmd = 33
)

var cmdNames = [...]string{
	"MAP_CREATE", "MAP_LOOKUP_ELEM", "MAP_UPDATE_ELEM", "MAP_DELETE_ELEM", "MAP_GET_NEXT_KEY", "PROG_LOAD", "OBJ_PIN", "OBJ_GET",
	"PROG_ATTACH", "PROG_DETACH", "PROG_TEST_RUN", "PROG_GET_NEXT_ID", "MAP_GET_NEXT_ID", "PROG_GET_FD_BY_ID",
	"MAP_GET_FD_BY_ID", "OBJ_GET_INFO_BY_FD", "PROG_QUERY", "RAW_TRACEPOINT_OPEN", "BTF_LOAD", "BTF_GET_FD_BY_ID",
	"TASK_FD_QUERY", "MAP_LOOKUP_AND_DELETE_ELEM", "MAP_FREEZE", "BTF_GET_NEXT_ID", "MAP_LOOKUP_BATCH",
	"MAP_LOOKUP_AND_DELETE_BATCH", "MAP_UPDATE_BATCH", "MAP_DELETE_BATCH", "LINK_CREATE", "LINK_UPDATE",
	"LINK_GET_FD_BY_ID", "LINK_GET_NEXT_ID", "ENABLE_STATS", "ITER_CREATE",
}

// String gives the C name, or the enum and the number of a later command.
func (c Cmd) String() string { return enumName("bpf_cmd", "BPF_", cmdNames[:], uint32(c)) }

// enumName gives the C name of v, the prefix and that of names; a value without a name prints as "enum(v)".
func enumName(enum, prefix string, names []string, v uint32) string {
	if uint64(v) < uint64(len(names)) && names[v] != "" {
		return prefix + names[v]
	}
	return enum + "(" + strconv.FormatUint(uint64(v), 10) + ")"
}
